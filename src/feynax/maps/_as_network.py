"""Quantum systems read as networks: propagators as recurrent ones, paths as one hidden layer."""

import functools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Inexact

from .._checks import check
from .._citation import cites
from ..networks import CayleyRNN, ExpRNN, SymplecticRNN
from ..quantum import AbstractPropagator, Cayley, ExactPropagator, SymplecticEuler, Verlet
from ._wave_network import PropagatorCell, WaveNetwork

Wave = Inexact[ArrayLike, " d"] | None


@cites("odernn2018", "paths")
@functools.singledispatch
def as_network(thing: Any, *args: Any, **options: Any) -> Any:
    r"""Read a quantum system as a network: a propagator as a recurrent one that takes its steps.

    | propagator | network | weights |
    |---|---|---|
    | `SymplecticEuler`, `Verlet` | `SymplecticRNN` (the printed pair, linear) | $W = H$ |
    | `Cayley` of a matrix | `CayleyRNN` without signs and modReLU | $A = \delta G$ |
    | `ExactPropagator` | `ExpRNN` without modReLU | $A = \delta G$ |
    | all others | [`feynax.maps.PropagatorCell`][] | |

    with $\delta = dt/\hbar$ and the antisymmetric $G = [[\mathrm{Im} H, \mathrm{Re} H],
    [-\mathrm{Re} H, \mathrm{Im} H]]$ on $(P, C)$. The printed pair of the document, which is no
    symplectic map with its tanh, is one here: $W = W^T$ is linear.
    Networks are in the family, so that [`feynax.certify`][] and [`feynax.as_equation`][] speak
    about them, and they can be trained from there on.

    A path of a [`feynax.paths.PathEnsemble`][], given with it as `as_network(ensemble, path)`, is
    a [`feynax.networks.OneHidden`][] that can be asked at any time. It goes through all sites;
    between them it is straight with the `basis` `"relu"` (the default), constant with `"step"`,
    jumping half way, and trigonometric with `"modes"`. Closed paths repeat.

    Open for registration: `@fx.as_network.register` on a function of your class.

    **Arguments:**

    - `thing`: a propagator of `feynax.quantum`; its first further argument is `psi`, the wave
      function at first (zero where it is left out). Or an ensemble of paths; its further
      arguments are the path, of shape (dof, sites), and `basis`.

    **Returns:**

    A [`feynax.maps.WaveNetwork`][], or of a path a [`feynax.networks.OneHidden`][].

    **Raises:**

    - `TypeError` for classes without a rule, naming how to add one.
    - `ValueError` for split steps that go backwards: the step of a network is positive.

    Source: n-t-ODERNN document (2018), Theorem 4, corrected as
    [`feynax.quantum.SymplecticEuler`][] says. Paths: (3.6), (4.1) with the shift dt/2 in place of
    1/2, and (4.6) with the cases it leaves out, of the paths document
    (`tests/maps/test_path_network.py`).

    ```python
    import numpy as np, jax.numpy as jnp, feynax as fx
    H = np.array([[1.0, 1j], [-1j, 0.0]])
    net = fx.as_network(fx.quantum.Cayley(H, 0.1), [1.0, 0.0])
    outputs, last = fx.networks.run(net, jnp.zeros((50, 1)))
    assert jnp.allclose(jnp.linalg.norm(outputs, axis=1), 1.0, atol=1e-5)
    assert fx.certify(net, limit=1.0 + 1e-6)
    ```
    """
    raise TypeError(
        f"as_network has no rule for {type(thing).__name__}: register one with "
        "`feynax.as_network.register`."
    )


@as_network.register
def _(thing: AbstractPropagator, psi: Wave = None) -> WaveNetwork:
    return WaveNetwork.holding(PropagatorCell(thing), "counted", psi)


@as_network.register(SymplecticEuler)
@as_network.register(Verlet)
def _(thing: SymplecticEuler | Verlet, psi: Wave = None) -> WaveNetwork:
    if thing.action.matrix is None:
        return WaveNetwork.holding(PropagatorCell(thing), "counted", psi)
    forwards = thing.time_step > 0
    check(forwards, "thing", "go forwards: turn the sign of H instead", thing.time_step)
    weights = thing.action.matrix[None]
    cell = SymplecticRNN(
        1,
        thing.shape[0],
        step_size=thing.time_step / thing.hbar,
        scheme="verlet" if isinstance(thing, Verlet) else "symplectic_euler",
        outer="printed",
        activation="identity",
        dtype=weights.dtype,
        key=jax.random.key(0),
    )
    cell = eqx.tree_at(lambda c: (c.weights, c.weight_ih), cell, (weights, _deaf(cell)))
    return WaveNetwork.holding(cell, "pair", psi)


@as_network.register
def _(thing: Cayley, psi: Wave = None) -> WaveNetwork:
    if thing.action.matrix is None:
        return WaveNetwork.holding(PropagatorCell(thing), "counted", psi)
    size, real = 2 * thing.shape[0], jnp.finfo(thing.dtype).dtype
    key = jax.random.key(0)
    cell = CayleyRNN(1, size, negative=0, activation="identity", dtype=real, key=key)
    return _turning(cell, thing, psi)


@as_network.register
def _(thing: ExactPropagator, psi: Wave = None) -> WaveNetwork:
    size, real = 2 * thing.shape[0], jnp.finfo(thing.dtype).dtype
    cell = ExpRNN(1, size, activation="identity", dtype=real, key=jax.random.key(0))
    return _turning(cell, thing, psi)


def _turning(cell: CayleyRNN | ExpRNN, thing: Cayley | ExactPropagator, psi: Wave) -> WaveNetwork:
    """Return the orthogonal network of a propagator's antisymmetric generator."""
    upper = (thing.time_step / thing.hbar) * thing.generator()
    whole = jnp.asarray(np.triu(upper, 1)[None], cell.upper.dtype)
    cell = eqx.tree_at(lambda c: (c.upper, c.weight_ih), cell, (whole, _deaf(cell)))
    return WaveNetwork.holding(cell, "row", psi)


def _deaf(cell: Any) -> Array:
    """Weights of inputs that nothing listens to."""
    return jnp.zeros_like(cell.weight_ih)
