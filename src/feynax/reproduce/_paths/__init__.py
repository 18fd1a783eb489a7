"""Claims of "Neural network representation of quantum systems", in its order."""

from . import (  # isort: skip
    _cosine as _cosine,
    _weights as _weights,
    _interaction as _interaction,
    _activations as _activations,
    _euclidean as _euclidean,
    _gauge as _gauge,
    _langevin as _langevin,
)
from ._claims import CLAIMS as CLAIMS
