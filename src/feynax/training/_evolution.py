"""Training by CMA-ES: no gradient, for small networks and for losses that have none."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh
from jaxtyping import PyTree

from .._checks import check
from ._engine import AbstractEngine
from ._options import TrainOptions
from ._problem import Problem

_MOST = 5000  # weights; the covariance has that many squared, and its root costs the cube


class Evolution(AbstractEngine):
    """CMA-ES of the `cma` package on batches, all candidates of a step on the same examples.

    The state of a run is what each candidate scored: the search is drawn from the seed, so that
    the same scores lead it to the same place, and nothing but numbers need be kept.
    """

    def __init__(self, network: Any, problem: Problem, options: TrainOptions, mesh: Mesh):
        try:
            import cma
        except ModuleNotFoundError:
            raise ModuleNotFoundError(
                "CMA-ES needs the package `cma`: `pip install cma`."
            ) from None
        check(mesh.size == 1, "mesh", "be of one device for CMA-ES", mesh.size)
        check(bool(options.updates), "updates", "be set for CMA-ES", options.updates)
        params, self._static = eqx.partition(network, eqx.is_inexact_array)
        self._start, self._unravel = ravel_pytree(params)
        size = self._start.size
        check(size <= _MOST, "network", f"have at most {_MOST} weights for CMA-ES", size)
        self._options, self._problem = options, problem
        draw = np.random.default_rng(options.seed)
        settings = {
            "randn": lambda *shape: draw.standard_normal(shape),
            "seed": np.nan,  # NumPy's global generator is left alone
            "verbose": -9,
        }
        settings |= {"popsize": options.population} if options.population else {}
        start = np.asarray(self._start, np.float64)
        self._search = cma.CMAEvolutionStrategy(start, options.spread, settings)
        self._done = 0
        self._judge: Any = jax.jit(self._measure)

    def begin(self) -> dict[str, np.ndarray]:
        """Return the state before the first step."""
        shape = (self._options.updates, self._search.popsize)
        return {"losses": np.zeros(shape, np.float64)}

    def compile(self, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compile the judging of all candidates."""
        shape = (self._search.popsize, self._start.size)
        some = jax.ShapeDtypeStruct(shape, self._start.dtype)
        rows = jax.ShapeDtypeStruct((self._options.batch,), jnp.int32)
        moment = jax.ShapeDtypeStruct((2,), jnp.int32)
        arrays = jax.tree.map(jnp.asarray, self._problem.arrays)
        compiled = self._judge.lower(some, arrays, rows, moment).compile()
        self._judge = lambda some, rows, moment: compiled(some, arrays, rows, moment)
        return state

    def advance(
        self, state: dict[str, np.ndarray], number: int, rows: np.ndarray, rate: float, steps: Any
    ) -> tuple[dict[str, np.ndarray], Any]:
        """Judge the candidates of one step; return what they scored, and the best one's figures."""
        self._catch_up(state, number)
        asked = self._search.ask()
        moment = np.array([self._options.seed, number], np.int32)
        some = jnp.asarray(np.stack(asked), self._start.dtype)
        found = np.asarray(self._judge(some, rows, moment), np.float64)
        state = {"losses": state["losses"].copy()}
        state["losses"][number] = np.where(np.isfinite(found[:, 0]), found[:, 0], np.inf)
        self._search.tell(asked, state["losses"][number])
        self._done = number + 1
        return state, found[np.nanargmin(found[:, 0])]

    def network(self, state: dict[str, np.ndarray], number: int) -> Any:
        """Return the network at the centre of the search after so many steps."""
        self._catch_up(state, number)
        centre = self._search.result.xfavorite
        weights = self._unravel(jnp.asarray(centre, self._start.dtype))
        return eqx.combine(weights, self._static)

    def _catch_up(self, state: dict[str, np.ndarray], number: int) -> None:
        """Lead the search through the steps of earlier sittings, from what they scored."""
        for earlier in range(self._done, number):
            self._search.tell(self._search.ask(), state["losses"][earlier])
        self._done = number

    def _measure(self, some: Any, arrays: PyTree, rows: Any, moment: Any) -> Any:
        key = jax.random.fold_in(jax.random.key(moment[0]), moment[1])
        places = jnp.arange(self._options.batch, dtype=jnp.int32)
        keys = jax.vmap(lambda place: jax.random.fold_in(key, place))(places)
        examples = self._problem.view.draw(arrays, rows, keys)

        def one(weights):
            parts = (self._unravel(weights), self._static)
            lost, score, _ = self._problem.view.measure(*parts, examples, None, None)
            return jnp.stack([lost.mean(), score.mean()])

        return jax.vmap(one)(some)
