"""Claims of the later document on recurrent networks as integrators, in its order."""

from . import (  # isort: skip
    _overview as _overview,
    _definition as _definition,
    _methods as _methods,
    _stability as _stability,
    _lstm as _lstm,
    _gru as _gru,
    _units as _units,
    _antihermitian as _antihermitian,
    _quantum as _quantum,
    _qunn as _qunn,
    _discussion as _discussion,
    _clock as _clock,
    _machine as _machine,
)
from ._claims import CLAIMS as CLAIMS
