"""Networks that no Hamiltonian of their own size has: read as open systems, or doubled."""

import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from .._checks import check, check_shape
from ..equations import AffineField, ReLUField
from ..networks import CTRNN
from ..quantum import Doubled, Lindblad
from ._quantize import Regime
from ._relu_field import linearised, relu_field


@functools.singledispatch
def open_system(
    net: Any,
    *,
    regime: Regime = None,
    at: Float[ArrayLike, " n"] | None = None,
    hbar: float = 1.0,
    poisson: Float[ArrayLike, "n n"] | None = None,
    noise: Float[ArrayLike, "n n"] | None = None,
) -> Lindblad:
    r"""Read any recurrent network as an open quantum system, one affine field at a time.

    Where [`feynax.quantize`][] needs a field that keeps volumes, this takes every one, and says
    what it loses as quantum jumps. It is valid in one regime of a ReLU network, or to first order
    about a state of a smooth one.

    Open for registration: `@fx.maps.open_system.register` on a function of your class.

    **Arguments:**

    - `net`, `regime`, `at`: as in [`feynax.quantize`][].
    - `hbar`, `poisson`, `noise`: as in [`feynax.quantum.Lindblad.from_field`][]; for an odd number
      of units `poisson` counts one more.

    **Raises:**

    - `ValueError` for arguments that do not fit the network.
    - `TypeError` for classes without a rule, naming how to add one.

    ```python
    import feynax as fx
    net = fx.networks.CTRNN.from_arrays([[0.5, -1.0], [1.0, 0.2]], activation="relu")
    assert round(fx.maps.open_system(net).rate, 6) == -1.3
    ```
    """
    raise TypeError(
        f"open_system has no rule for {type(net).__name__}: register one with "
        "`feynax.maps.open_system.register`."
    )


@open_system.register
def _(net: AffineField, *, hbar=1.0, poisson=None, noise=None) -> Lindblad:
    return Lindblad.from_field(net, poisson=poisson, hbar=hbar, noise=noise)


@open_system.register
def _(net: ReLUField, *, regime=None, hbar=1.0, poisson=None, noise=None) -> Lindblad:
    mask = np.ones(net.units, bool) if regime is None else regime
    return open_system(net.regime(mask), hbar=hbar, poisson=poisson, noise=noise)


@open_system.register
def _(net: CTRNN, *, regime=None, at=None, hbar=1.0, poisson=None, noise=None) -> Lindblad:
    if net.activation == "relu":
        check(at is None, "at", "be left out for a network of ReLUs: name a `regime`", "a state")
        return open_system(relu_field(net), regime=regime, hbar=hbar, poisson=poisson, noise=noise)
    check(regime is None, "regime", "be left out for a smooth network: say `at` which state", "one")
    check(at is not None, "at", "be given for a smooth network", at)
    return open_system(linearised(net, at), hbar=hbar, poisson=poisson, noise=noise)


def doubled(
    net: CTRNN, x: Float[ArrayLike, " input"] | Callable[[Array], Array] | None = None
) -> Doubled:
    r"""Read a continuous-time network as the closed system $H = p \cdot f(t, y)$ of twice its size.

    **Arguments:**

    - `net`: of any activation. Networks of ReLUs under a constant input are solved exactly.
    - `x`: an input that is held, or a function of time; zeros by default.

    ```python
    import feynax as fx
    net = fx.networks.CTRNN.from_arrays([[0.5, -1.0], [1.0, 0.2]], activation="relu")
    path, p = fx.maps.doubled(net).flow([0.1, 0.2], [1.0, 0.0], 0.5)
    assert path.shape == (2,)
    ```
    """
    if callable(x):
        return Doubled(_Driven(net, x))
    if x is not None:
        check_shape("x", x, (net.input_size,))
    if net.activation == "relu" and bool(np.all(np.asarray(net.gain) > 0)):
        return Doubled(relu_field(net, x))
    held = np.zeros(net.input_size) if x is None else np.asarray(x, np.float64)
    return Doubled(_Driven(net, _Held(held)))


class _Held(eqx.Module):
    value: np.ndarray

    def __call__(self, t: Any) -> Array:
        return jnp.asarray(self.value)


class _Driven(eqx.Module):
    """The field of a network under an input, in Diffrax's order of arguments."""

    net: CTRNN
    x: Callable[[Any], Any]

    def __call__(self, t: Any, y: Array, args: Any = None) -> Array:
        return self.net.field(y, jnp.asarray(self.x(t), y.dtype))
