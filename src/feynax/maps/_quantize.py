"""Networks and fields read as quantum systems."""

import functools
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Bool, Float

from .._checks import check
from .._citation import cites
from ..equations import AffineField, ReLUField
from ..networks import CTRNN
from ..quantum import QuadraticHamiltonian
from ._cancelled import warn_of_cancellation
from ._relu_field import linearised, relu_field

Regime = Bool[ArrayLike, " units"] | Iterable[int] | None


@cites("kohli2020")
@functools.singledispatch
def quantize(
    net: Any,
    *,
    regime: Regime = None,
    at: Float[ArrayLike, " n"] | None = None,
    hbar: float = 1.0,
    poisson: Float[ArrayLike, "n n"] | None = None,
    tol: float | None = None,
) -> QuadraticHamiltonian:
    r"""Read a recurrent network as a quantum system: the Hamiltonian whose flow it follows.

    A ReLU network is affine while the same units are on; the Hamiltonian is that of one such
    regime, and it says nothing about the others ([`feynax.quantum.leakage`][] measures how much
    of a packet has left). A smooth network is read to second order about a state.

    Open for registration: `@fx.quantize.register` on a function of your class.

    **Arguments:**

    - `net`: a [`feynax.networks.CTRNN`][], a [`feynax.equations.ReLUField`][], or a
      [`feynax.equations.AffineField`][].
    - `regime`: which units are on, for networks of ReLUs; by default all of them.
    - `at`: for smooth networks, the state about which to linearise (a fixed point, where the
      Hamiltonian is to have no linear term).
    - `hbar`: Planck's constant, in units of the product of two components.
    - `poisson`: the matrix of brackets; see [`feynax.quantum.QuadraticHamiltonian.from_field`][].
    - `tol`: how far from Hamiltonian the field may be; by default 1e-10, and 1e-5 for weights
      held in single precision.

    **Returns:**

    A [`feynax.quantum.QuadraticHamiltonian`][].

    **Raises:**

    - [`feynax.NotHamiltonianError`][] where the regime has no Hamiltonian.
    - `ValueError` for arguments that do not fit the network.
    - `TypeError` for classes without a rule, naming how to add one.

    Warns with [`feynax.quantum.ConditionWarning`][] where rounding decides the class or the levels.

    ```python
    import feynax as fx
    net = fx.networks.CTRNN.from_arrays([[1.5, -1.0], [1.0, 0.5]], activation="relu")
    ham = fx.quantize(net, regime=(1, 1))
    assert ham.kind == "elliptic"
    ```

    Source: P. Kohli and A. Haslam (2020), with the corrections that
    `tests/quantum/test_quadratic.py` shows.
    """
    raise TypeError(
        f"quantize has no rule for {type(net).__name__}: register one with "
        "`feynax.quantize.register`."
    )


@quantize.register
def _(net: AffineField, *, hbar=1.0, poisson=None, tol=None) -> QuadraticHamiltonian:
    tol = 1e-10 if tol is None else tol
    return QuadraticHamiltonian.from_field(net, poisson=poisson, hbar=hbar, tol=tol)


@quantize.register
def _(net: ReLUField, *, regime=None, hbar=1.0, poisson=None, tol=None) -> QuadraticHamiltonian:
    mask = np.ones(net.units, bool) if regime is None else regime
    tol = _tolerance(net) if tol is None else tol
    field = net.regime(mask)
    hamiltonian = quantize(field, hbar=hbar, poisson=poisson, tol=tol)
    if hamiltonian.modes == 1:
        warn_of_cancellation(net, mask, field.matrix)
    return hamiltonian


@quantize.register
def _(
    net: CTRNN, *, regime=None, at=None, hbar=1.0, poisson=None, tol=None
) -> QuadraticHamiltonian:
    tol = _tolerance(net) if tol is None else tol
    if net.activation == "relu":
        check(at is None, "at", "be left out for a network of ReLUs: name a `regime`", "a state")
        return quantize(relu_field(net), regime=regime, hbar=hbar, poisson=poisson, tol=tol)
    check(regime is None, "regime", "be left out for a smooth network: say `at` which state", "one")
    check(at is not None, "at", "be given for a smooth network", at)
    return quantize(linearised(net, at), hbar=hbar, poisson=poisson, tol=tol)


def _tolerance(net: Any) -> float:
    single = any(getattr(leaf, "dtype", None) == np.float32 for leaf in jax.tree.leaves(net))
    return 1e-5 if single else 1e-10
