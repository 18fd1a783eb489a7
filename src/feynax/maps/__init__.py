"""The verbs that join the parts: read one kind of object as another."""

from . import _paths_layers as _paths_layers, _paths_pde as _paths_pde
from ._as_paths import PathSample as PathSample, PathSum as PathSum, as_paths as as_paths
from ._paths_record import Recorder as Recorder, Step as Step, record as record
