"""Paths as weights of one-hidden-layer networks, and back."""

from ._abstract import AbstractWeights as AbstractWeights
from ._modes import ModeWeights as ModeWeights
from ._slopes import (
    AbstractSlopes as AbstractSlopes,
    ReLUWeights as ReLUWeights,
    StepWeights as StepWeights,
)
from ._uneven import uneven_action as uneven_action
