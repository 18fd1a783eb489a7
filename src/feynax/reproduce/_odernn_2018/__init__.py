"""Claims of the document of 2018 on recurrent networks as integrators, in its order."""

from . import (  # isort: skip
    _introduction as _introduction,
    _conjugate_pair as _conjugate_pair,
    _definition as _definition,
    _lstm as _lstm,
    _gru as _gru,
    _other_networks as _other_networks,
    _anti_hermitian as _anti_hermitian,
    _quantum as _quantum,
    _theorem_4 as _theorem_4,
    _qunn as _qunn,
    _comparison as _comparison,
)
from ._claims import CLAIMS as CLAIMS
