"""A forward run that writes down what each layer was for this one input."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ._paths_gates import Gates, record_gate
from ._paths_image import Correlation
from ._paths_operators import (
    AbstractOperator,
    Chain,
    Dense,
    Identity,
    Parallel,
    Reshape,
    Scale,
)


@dataclasses.dataclass(frozen=True)
class Step:
    r"""One recorded layer, $\psi_t = T_t \psi_{t-1} + s_t$, for one input.

    **Fields:**

    - `name`: what the layer is.
    - `operator`: $T_t$ with the gates frozen.
    - `source`: $s_t$: folded biases and what smooth activations give at zero.
    - `before`, `after`: the shapes of $\psi_{t-1}$ and $\psi_t$, as (C, H, W).
    """

    name: str
    operator: AbstractOperator
    source: np.ndarray
    before: tuple[int, int, int]
    after: tuple[int, int, int]


class Recorder:
    """Runs a network piece by piece in float64 and keeps each piece as an affine map.

    Pieces that act on each number alone (gates, batch norms) join the layer before them; a layer
    that sums over several inputs opens a new step. `value` is the running state, (C, H, W).
    """

    def __init__(self, value: np.ndarray, gates: Gates = "secant", *, nested: bool = False):
        self.value = value
        self.gates: Gates = gates
        self._nested = nested
        self._steps: list[Step] = []
        self._open: list[AbstractOperator] = []
        self._names: list[str] = []
        self._before = value.shape

    def steps(self) -> list[Step]:
        """All steps so far, the open one closed."""
        self._close()
        return self._steps

    def mix(self, name: str, operator: AbstractOperator) -> None:
        """Open a new step with a layer that sums over several inputs, or picks among them."""
        self._close()
        self._push(name, operator, operator.affine(self.value))

    def scale(self, name: str, factor: np.ndarray, offset: np.ndarray) -> None:
        """Multiply and shift each number; factors broadcast against the state."""
        shape = self.value.shape
        operator = Scale(np.broadcast_to(factor, shape), np.broadcast_to(offset, shape))
        self._push(name, operator, operator.affine(self.value))

    def activate(self, name: str) -> None:
        """Pass an activation by its name, as a gate for each number."""
        if name != "identity":
            factor, offset, value = record_gate(name, self.value, self.gates)
            self._push(name, Scale(factor, np.full_like(factor, offset)), value)

    def conv(self, weight: Any, bias: Any = None, **geometry: Any) -> None:
        """Open a new step with a convolution; weights (out, in / groups, rows, columns)."""
        self.mix("conv", self.correlation(weight, bias, **geometry))

    def correlation(self, weight: Any, bias: Any = None, **geometry: Any) -> Correlation:
        """Make a convolution that takes the state as it is now."""
        kernel = host(weight)
        shift = np.zeros(len(kernel)) if bias is None else host(bias)
        return Correlation(self.value.shape, kernel, shift, **geometry)  # pyright: ignore

    def dense(self, weight: Any, bias: Any = None) -> None:
        """Open a new step with a matrix on a vector."""
        matrix = host(weight)
        self.mix("linear", Dense(matrix, np.zeros(len(matrix)) if bias is None else host(bias)))

    def flatten(self) -> None:
        """Read an image as a vector; flat sites keep their numbers, so between steps it is free."""
        operator = Reshape(self.value.shape)  # pyright: ignore[reportArgumentType]
        if self._nested:
            self._push("flatten", operator, operator.linear(self.value))
        else:
            self._close()
            self.value = operator.linear(self.value)
            self._before = self.value.shape

    def parallel(self, name: str, *branches: Callable[["Recorder"], None]) -> None:
        """Open a new step with a sum of branches that all read the state as it is now."""
        self._close()
        inner = [Recorder(self.value, self.gates, nested=True) for _ in branches]
        for recorder, branch in zip(inner, branches, strict=True):
            branch(recorder)
        operator = Parallel(tuple(recorder._chain() for recorder in inner))
        self._push(name, operator, sum(recorder.value for recorder in inner))

    def _chain(self) -> AbstractOperator:
        parts = tuple(step.operator for step in self.steps())
        return Chain(parts) if parts else Identity(self.value.shape)  # pyright: ignore

    def _push(self, name: str, operator: AbstractOperator, value: Any) -> None:
        self._open.append(operator)
        self._names.append(name)
        self.value = np.asarray(value)

    def _close(self) -> None:
        if self._open:
            operator = Chain(tuple(self._open))
            source = operator.affine(np.zeros(self._before))
            name = " ".join(self._names)
            shapes: Any = (self._before, self.value.shape)
            self._steps.append(Step(name, operator, source, *shapes))
        self._open, self._names, self._before = [], [], self.value.shape


def host(array: Any) -> np.ndarray:
    """Bring an array to the host in float64."""
    return np.asarray(array, np.float64)


@functools.singledispatch
def record(net: Any, recorder: Recorder) -> None:
    """Write down what a network or layer does to the recorder's state.

    Open for registration: `@fx.maps.record.register` on a function `(net: MyNet, recorder)` that
    calls the recorder's methods in the order of the forward run.

    **Raises:**

    - `TypeError` for a network without a rule.

    ```python
    import equinox as eqx, jax.numpy as jnp, feynax as fx

    class Doubling(eqx.Module):
        def __call__(self, x):
            return 2 * x

    @fx.maps.record.register
    def _(net: Doubling, recorder):
        recorder.scale("doubling", 2.0, 0.0)

    assert fx.as_paths(Doubling(), jnp.array([1.0, 3.0]), 1).total == 6.0
    ```
    """
    raise TypeError(
        f"as_paths has no rule for {type(net).__name__}: register one with "
        "`feynax.maps.record.register`."
    )
