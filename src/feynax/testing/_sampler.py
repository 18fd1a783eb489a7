"""Whether a sampler leaves an ensemble of paths invariant."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..paths import AbstractKernel, PathEnsemble
from ._demand import demand, distance
from ._exact_paths import ExactPaths, oscillator, quartic

_NEAR = 1e-10  # of the same numbers computed twice, in float64
_SIGMA = 5.5  # of a mean: passed by luck once in 26 million
_CHANCE = 1e-8  # of a whole distribution
_SOME = 16  # chains whose first step is looked at one by one


def check_sampler(
    kernel: AbstractKernel | Callable[[PathEnsemble], AbstractKernel],
    *,
    chains: int = 8192,
    steps: int = 8,
    seed: int = 0,
) -> None:
    r"""Check a sampler of yours (or ours) on closed paths of one degree of freedom.

    Chains begin at exact, independent draws, so that nothing waits for equilibrium: a few steps
    of many chains show at once what pulls them away. What is checked, in this order:

    1. it is an `AbstractKernel`; `start` begins at the given configuration; `step` keeps the
       structure of the state, and `adapted` that of the kernel;
    2. the same keys give the same chains, others other chains; a chain under `vmap` is the chain
       alone; acceptances lie between 0 and 1 and something moves;
    3. exact draws of an oscillator stay exact, with a reference that is not its own: the whitened
       modes and the action against their known laws (Kolmogorov-Smirnov);
    4. exact draws of $V = x^2/2 + x^4$ keep $\langle x^2\rangle$, $\langle x^4\rangle$ and a
       correlator, against [`feynax.paths.transfer_matrix`][];
    5. $\langle e^{-dH}\rangle = 1$ on both, for kernels that report an energy error.

    Means may be 5.5 of their standard errors off, distributions as unlikely as 1e-8: a good
    sampler fails less than once in a million seeds, and with a fixed `seed` always or never.

    **Arguments:**

    - `kernel`: an instance, or a function that makes one for an ensemble. Its step should be such
      that some proposals are refused.
    - `chains`, `steps`: how many, and how far; what is wrong by a share of $\epsilon$ standard
      deviations is found from about $30/\epsilon^2$ chains.
    - `seed`: of all draws.

    **Raises:**

    - `AssertionError` with one sentence that names what failed.

    ```python
    import feynax as fx
    fx.testing.check_sampler(fx.paths.Rotation(), chains=512, steps=2)
    ```
    """
    with jax.enable_x64(True):
        key = jax.random.key(seed)
        for number, make in enumerate((oscillator, quartic)):
            exact = make(chains, seed + number)
            own = kernel if isinstance(kernel, AbstractKernel) else kernel(exact.ensemble)
            if number == 0:
                _check_contract(own, exact, key)
            x, changes = _walk(own, exact.ensemble, exact.reference, exact.x, key, steps)
            _check_law(exact, np.asarray(x))
            _check_conserved(np.asarray(changes))


def _check_contract(kernel: Any, exact: ExactPaths, key: Array) -> None:
    name = type(kernel).__name__
    demand(isinstance(kernel, AbstractKernel), f"{name} must be a subclass of AbstractKernel")
    some = exact.x[:_SOME]
    start = lambda k, x: k.start(exact.ensemble, exact.reference, x)
    state = eqx.filter_jit(jax.vmap(start, in_axes=(None, 0)))(kernel, some)
    demand(distance(state.x, some) < _NEAR, "`start` must begin at the given configuration")
    keys = jax.random.split(key, len(some))
    (again, move), (new, _) = (_step(kernel, exact, state, keys, key) for _ in "ab")
    _check_structure(state, new, "`step` must keep the state's")
    _check_structure(kernel, kernel.adapted(jnp.ones(()), jnp.ones(())), "`adapted` must keep the")
    demand(bool(jnp.array_equal(again.x, new.x)), "the same keys must give the same chains")
    inside = bool(((move.acceptance >= 0) & (move.acceptance <= 1)).all())
    demand(inside, "the acceptance must lie between 0 and 1")
    demand(bool((new.x != state.x).any()), "something must move")
    together = jax.tree.map(lambda leaf: jnp.stack([leaf[0]] * len(some)), state)
    spread, _ = _step(kernel, exact, together, keys, key)
    demand(bool((spread.x != spread.x[:1]).any()), "chains must differ by their own keys")
    first = jax.tree.map(lambda leaf: leaf[0], state)
    alone, _ = _step(kernel, exact, first, keys[0], key)
    gap = distance(alone.x, new.x[0])
    demand(gap < _NEAR, f"a chain under vmap must be the chain alone, but is {gap:.1e} off")


def _check_structure(old: Any, new: Any, sentence: str) -> None:
    like = lambda tree: [(jnp.shape(leaf), jnp.result_type(leaf)) for leaf in jax.tree.leaves(tree)]
    same = jax.tree.structure(old) == jax.tree.structure(new) and like(old) == like(new)
    demand(same, f"{sentence} structure, shapes and dtypes")


def _step(kernel: Any, exact: ExactPaths, states: Any, keys: Array, shared: Array) -> Any:
    return _jitted_step(kernel, exact.ensemble, exact.reference, states, keys, shared)


@eqx.filter_jit
def _jitted_step(kernel, ensemble, reference, states, keys, shared):
    step = lambda state, key: kernel.step(ensemble, reference, state, key, shared)
    return (jax.vmap(step) if keys.ndim else step)(states, keys)


@eqx.filter_jit
def _walk(kernel, ensemble, reference, x, key, steps):
    """Return last configurations and all energy errors (steps, chains)."""

    def step(states, number):
        keys = jax.random.split(jax.random.fold_in(key, number), 1 + len(x))
        one = lambda state, own: kernel.step(ensemble, reference, state, own, keys[0])
        states, move = jax.vmap(one)(states, keys[1:])
        return states, move.energy_change

    states = jax.vmap(lambda x: kernel.start(ensemble, reference, x))(x)
    last, changes = jax.lax.scan(step, states, jnp.arange(steps))
    return last.x, changes


def _check_law(exact: ExactPaths, x: np.ndarray) -> None:
    demand(np.isfinite(x).all(), "configurations must be finite")
    if exact.own is not None:
        _check_modes(np.asarray(jax.vmap(exact.own.analysis)(jnp.asarray(x))))
        return
    half = x.shape[-1] // 2
    found = {"x^2": x**2, "x^4": x**4, "x_0 x_4": x * np.roll(x, half, -1)}
    for name, values in found.items():
        _check_mean(values.mean((1, 2)), exact.means[name], f"the mean of {name}")


def _check_modes(modes: np.ndarray) -> None:
    from scipy import stats

    rows = modes.reshape(len(modes), -1)
    laws = {f"whitened mode {i}": (row, stats.norm.cdf) for i, row in enumerate(rows.T)}
    laws["the action"] = np.sum(rows**2, 1), stats.chi2(rows.shape[1]).cdf
    for name, (values, law) in laws.items():
        chance = stats.kstest(values, law).pvalue
        sentence = f"exact draws of an oscillator must stay exact, but {name}"
        demand(chance > _CHANCE, f"{sentence} has left its law (chance {chance:.1e})")


def _check_conserved(changes: np.ndarray) -> None:
    if np.any(changes):
        _check_mean(np.exp(-changes).mean(0), 1.0, "the mean of exp(-dH)")


def _check_mean(values: np.ndarray, exact: float, name: str) -> None:
    """Compare the mean of independent chains."""
    error = float(values.std(ddof=1)) / np.sqrt(len(values))
    off = abs(float(values.mean()) - exact) / error
    demand(off < _SIGMA, f"{name} must be {exact:.6g}, but is {values.mean():.6g}: {off:.1f} sigma")
