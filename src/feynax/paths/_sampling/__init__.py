"""The run: chains from wide starts through warm-up to estimates."""

from ._health import Health as Health
from ._run import Run as Run, Seconds as Seconds
from ._sample import sample as sample
