"""The verbs that join the parts: read one kind of object as another."""

from ._as_paths import PathSample as PathSample, PathSum as PathSum, as_paths as as_paths
from ._paths_record import Recorder as Recorder, Step as Step, record as record
