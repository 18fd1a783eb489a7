"""Everything that one network says: of an image, along data, in time, or as a quantum system."""

from ._abstract import summary as summary
from ._curve_read import CurveReading as CurveReading, read_curve as read_curve
from ._ensemble_read import read_ensemble as read_ensemble
from ._ensemble_reading import (
    Curve as Curve,
    EnsembleReading as EnsembleReading,
    PathPicture as PathPicture,
)
from ._flow_read import is_flow as is_flow, read_flow as read_flow
from ._flow_reading import FlowReading as FlowReading, SolverReading as SolverReading
from ._page import page as page, write_report as write_report
from ._read import read as read
from ._reading import Depth as Depth, Reading as Reading
from ._recurrent_read import is_recurrent as is_recurrent, read_recurrent as read_recurrent
from ._recurrent_reading import (
    CellReading as CellReading,
    Memory as Memory,
    RecurrentReading as RecurrentReading,
)
from ._spectrum_read import read_spectrum as read_spectrum
from ._spectrum_reading import (
    Condition as Condition,
    OpenReading as OpenReading,
    PacketReading as PacketReading,
    RegimeReading as RegimeReading,
    SpectrumReading as SpectrumReading,
)
from ._templates import render as render
