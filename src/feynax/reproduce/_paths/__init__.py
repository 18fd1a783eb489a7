"""Claims of "Neural network representation of quantum systems", in its order."""

from . import _weights as _weights
from ._claims import CLAIMS as CLAIMS
