"""Training by gradients: the state of a run, and one step of it."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import PyTree

from .._mesh import replicate
from ._engine import AbstractEngine
from ._optimiser import make_direction
from ._options import TrainOptions
from ._problem import Problem
from ._step import TrainState, make_step


class Gradient(AbstractEngine):
    """Adam on batches that the devices of a mesh share."""

    def __init__(self, network: Any, problem: Problem, options: TrainOptions, mesh: Mesh):
        self._params, self._static = eqx.partition(network, eqx.is_inexact_array)
        self._options, self._mesh, self._problem = options, mesh, problem
        self._direction = make_direction(options)
        self._run: dict[int | None, Any] = {}
        self._arrays: PyTree = ()

    def begin(self) -> TrainState:
        """Return the state before the first step."""
        average = self._params if self._options.average else None
        return TrainState(self._params, self._direction.init(self._params), average)

    def compile(self, state: TrainState) -> TrainState:
        """Put everything on the devices and compile the step, once for each `steps`."""
        state = replicate(state, self._mesh)
        self._arrays = replicate(self._problem.arrays, self._mesh)
        view, options = self._problem.view, self._options
        step: Any = make_step(self._static, options, self._direction, self._mesh, view)
        rows = jax.ShapeDtypeStruct((options.batch,), jnp.int32)
        moment = jax.ShapeDtypeStruct((2,), jnp.int32)
        rate = jax.ShapeDtypeStruct((), jnp.float32)
        for steps in sorted(set(options.random_steps)) or [None]:
            lowered = step.lower(state, self._arrays, rows, moment, rate, steps)
            self._run[steps] = lowered.compile()
        return state

    def advance(
        self, state: TrainState, number: int, rows: np.ndarray, rate: float, steps: int | None
    ) -> tuple[TrainState, Any]:
        """Take one step; return the state and mean loss and score of the batch."""
        moment = np.array([self._options.seed, number], np.int32)
        return self._run[steps](state, self._arrays, rows, moment, np.float32(rate))

    def network(self, state: TrainState, number: int) -> Any:
        """Return the network, with the running mean of its weights where that is kept."""
        return eqx.combine(state.average if self._options.average else state.params, self._static)
