"""Claims of "Analogous View Between Residual Networks and PDEs", in its order."""

from . import (  # isort: skip
    _introduction as _introduction,
    _quantum as _quantum,
    _feynman as _feynman,
    _slices as _slices,
    _kernel as _kernel,
    _blocks as _blocks,
    _path_sum as _path_sum,
    _action as _action,
    _experiment as _experiment,
    _tables as _tables,
    _evolution as _evolution,
    _neural_ode as _neural_ode,
)
from ._claims import CLAIMS as CLAIMS
