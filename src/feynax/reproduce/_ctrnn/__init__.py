"""Claims of "The Wavefunction of Continuous-Time Recurrent Neural Networks", in its order."""

from . import (  # isort: skip
    _network as _network,
    _classical as _classical,
    _quantised as _quantised,
    _solutions as _solutions,
    _conditions as _conditions,
    _discussion as _discussion,
)
from ._claims import CLAIMS as CLAIMS
