"""Cells that are Hamiltonian by their own numbers, read in double precision."""

import jax
import numpy as np

from ..networks import HamiltonianCTRNN
from ..quantum import QuadraticHamiltonian
from ._quantize import quantize


@quantize.register
def _(net: HamiltonianCTRNN, *, hbar=1.0, poisson=None, tol=None) -> QuadraticHamiltonian:
    with jax.enable_x64(True):  # weights in single precision would be off by their rounding
        double = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), net)
        poisson = net.poisson if poisson is None else poisson
        return quantize(double.plain(), hbar=hbar, poisson=poisson, tol=tol)
