"""Everything that one network says about one image or along data, as a record and as a page."""

from ._page import page as page, write_report as write_report
from ._read import read as read
from ._reading import Depth as Depth, Reading as Reading
from ._recurrent_read import is_recurrent as is_recurrent, read_recurrent as read_recurrent
from ._recurrent_reading import (
    CellReading as CellReading,
    Memory as Memory,
    RecurrentReading as RecurrentReading,
)
from ._summary import summary as summary
