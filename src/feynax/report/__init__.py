"""Everything that one network says about one image, as a record and as a page."""

from ._page import page as page, write_report as write_report
from ._read import read as read
from ._reading import Depth as Depth, Reading as Reading
from ._words import summary as summary
