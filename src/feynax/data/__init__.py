"""Small real data sets, endless tasks, and readers that trust no header."""

from .._errors import FileFormatError as FileFormatError, MissingDataError as MissingDataError
from ._digits import digits as digits, from_folder as from_folder, mnist as mnist
from ._duffing import silverbox as silverbox
from ._fetch import fetch_mnist as fetch_mnist
from ._idx import read_idx as read_idx, write_idx as write_idx
from ._image_series import image_series as image_series
from ._images import ImageData as ImageData
from ._memory_tasks import (
    AddingProblem as AddingProblem,
    CopyMemory as CopyMemory,
    SelectiveCopy as SelectiveCopy,
    draw_series as draw_series,
)
from ._neurogym import neurogym_trials as neurogym_trials
from ._records import (
    characters as characters,
    co2 as co2,
    santa_fe_laser as santa_fe_laser,
    sunspots as sunspots,
    windows as windows,
)
from ._series import SeriesData as SeriesData
from ._ts import read_ts as read_ts
from ._vowels import japanese_vowels as japanese_vowels
