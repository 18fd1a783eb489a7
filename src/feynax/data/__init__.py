"""Small real data sets, and readers that trust no header."""

from .._errors import FileFormatError as FileFormatError, MissingDataError as MissingDataError
from ._digits import digits as digits, from_folder as from_folder, mnist as mnist
from ._fetch import fetch_mnist as fetch_mnist
from ._idx import read_idx as read_idx, write_idx as write_idx
from ._images import ImageData as ImageData
from ._series import SeriesData as SeriesData
from ._ts import read_ts as read_ts
from ._vowels import japanese_vowels as japanese_vowels
