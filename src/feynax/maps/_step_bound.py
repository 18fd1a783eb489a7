"""Proven factors by which one step of a cell can drive two states apart."""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from .._certificate import Certificate
from ..networks import (
    GRU,
    LSTM,
    RNN,
    URNN,
    AbstractCell,
    AbstractLinearCell,
    AntisymmetricRNN,
    CayleyRNN,
    ExpRNN,
    LeakyRNN,
    LinOSS,
    LipschitzRNN,
    MinGRU,
    MinLSTM,
)
from ._attack import widen
from ._local_attack import flat_state, jacobian
from ._local_gates import Gates, gru_gates, lstm_gates
from ._local_interval import Interval, affine, sigmoid, tanh_slope
from ._local_rows import Rows, contraction

_EVERY = "every state and input"


@dataclasses.dataclass(frozen=True)
class StepBound:
    r"""A proven factor $\rho$ of one step: $|D\,\delta\Phi| \le \rho\,|D\,\delta s|$ in 2-norms.

    **Fields:**

    - `rate`: $\rho$; infinite where nothing is known.
    - `metric`: $D$, of the cell's state as a row of real numbers.
    - `because`: the argument.
    - `domain`: for which states and inputs.
    - `states`: ends `(low, high)` of the box of states, infinite where all are meant; `None` for
      every state.
    - `interval_rate`: what plain interval arithmetic proves (in a weighted max norm), to compare.
    - `parts`: what is proven besides, of pieces of the cell.

    ```python
    import numpy as np, feynax as fx
    assert fx.maps.StepBound(0.5, np.eye(2), "given", "every state and input").rate == 0.5
    ```
    """

    rate: float
    metric: Float[np.ndarray, "state state"]
    because: str
    domain: str
    states: tuple[np.ndarray, np.ndarray] | None = None
    interval_rate: float | None = None
    parts: tuple[Certificate, ...] = ()


@functools.singledispatch
def step_bound(cell: AbstractCell, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    """Prove by how much one step can drive two states apart that are fed the same input.

    Open for registration: `@fx.maps.step_bound.register` on a function for your class;
    [`feynax.certify`][] adds the search from below and the verdict.

    **Arguments:**

    - `cell`: a cell.
    - `inputs`: ends `(low, high)` of the box of inputs, or `None` for every input.

    **Returns:**

    A [`feynax.maps.StepBound`][]; with an infinite factor for classes without a rule.

    ```python
    import jax, feynax as fx
    cell = fx.networks.ExpRNN(2, 4, activation="identity", key=jax.random.key(0))
    assert abs(fx.maps.step_bound(cell, None).rate - 1) < 1e-6
    ```
    """
    return unknown(cell, f"there is no rule for {type(cell).__name__}")


@step_bound.register
def _(cell: GRU, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    if inputs is None:
        return unknown(cell, "gates need a box of inputs: give `box` or `inputs`")
    return _gated(gru_gates(cell, Interval(*inputs), flat_state(cell)))


@step_bound.register
def _(cell: LSTM, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    if inputs is None:
        return unknown(cell, "gates need a box of inputs: give `box` or `inputs`")
    c, h = np.split(flat_state(cell), 2)
    return _gated(lstm_gates(cell, Interval(*inputs), (c, h)))


@step_bound.register
def _(cell: RNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    W = _wide(cell.weight_hh)
    slopes, states, where = Interval(np.zeros(len(W)), np.ones(len(W))), None, _EVERY
    if inputs is not None and cell.nonlinearity == "tanh":
        ones = np.maximum(1.0, np.abs(flat_state(cell)))
        states, where = (-ones, ones), "states in [-1, 1] and inputs in the box"
        drive = affine(_wide(cell.weight_ih), Interval(*inputs), _wide(cell.bias_ih))
        slopes = tanh_slope(drive + affine(W, Interval(*states), _wide(cell.bias_hh)))
    return _rows(W[:, None], [slopes], where, states)


@step_bound.register
def _(cell: LeakyRNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    W = _wide(cell.weight_hh)
    share = 1 / (1 + np.exp(-np.broadcast_to(_wide(cell.leak_logit), len(W))))
    forms = np.stack([np.eye(len(W)), W], 1)
    return _rows(forms, [_just(1 - share), Interval(0 * share, share)], _EVERY)


@step_bound.register
def _(cell: AntisymmetricRNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    if cell.gated:
        return unknown(cell, "the gate multiplies a function of an unbounded state")
    A = _wide(cell.prepare())
    one = np.ones(len(A))
    forms = np.stack([np.eye(len(A)), A], 1)
    return _rows(forms, [_just(one), Interval(0 * one, cell.step_size * one)], _EVERY)


@step_bound.register
def _(cell: LipschitzRNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    if cell.method != "euler":
        return unknown(cell, f"the rule is for Euler's method, not for {cell.method}")
    A, W = (_wide(m) for m in cell.prepare())
    one = np.ones(len(A))
    forms = np.stack([np.eye(len(A)) + cell.step_size * A, W], 1)
    return _rows(forms, [_just(one), Interval(0 * one, cell.step_size * one)], _EVERY)


@step_bound.register(ExpRNN)
@step_bound.register(CayleyRNN)
def _(cell: ExpRNN | CayleyRNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    with jax.enable_x64(True):
        blocks = np.asarray(widen(cell).prepare())
    bias = _wide(cell.bias) if cell.activation == "modrelu" else np.zeros(1)
    return _orthogonal(cell, float(np.linalg.norm(blocks, 2, (-2, -1)).max()), bias)


@step_bound.register
def _(cell: URNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    with jax.enable_x64(True):
        matrix = np.asarray(widen(cell).prepare())
    return _orthogonal(cell, float(np.linalg.norm(matrix, 2)), _wide(cell.bias))


@step_bound.register(MinGRU)
@step_bound.register(MinLSTM)
def _(cell: MinGRU | MinLSTM, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    metric = np.eye(len(flat_state(cell)))
    if inputs is None:
        because = "the old value keeps a share below 1, which some input brings near 1"
        return StepBound(1.0, metric, because, _EVERY)
    W, b, box = _wide(cell.weight_ih), _wide(cell.bias), Interval(*inputs)
    n = len(metric)
    if isinstance(cell, MinGRU):
        gate = affine(W[:n], box, b[:n])
    else:  # i/(f + i) = sigmoid(log i - log f), a rising function of i and falling of f
        forget, take = (
            sigmoid(affine(W[:n], box, b[:n])),
            sigmoid(affine(W[n : 2 * n], box, b[n : 2 * n])),
        )
        gate = Interval(*(np.log(t) - np.log(f) for t, f in zip(take, forget[::-1], strict=True)))
    kept = float(sigmoid(-gate).high.max())
    because = "the old value's share is a function of the input alone"
    return StepBound(kept, metric, because, "every state, and inputs in the box")


@step_bound.register
def _(cell: AbstractLinearCell, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    if not cell.time_invariant:
        return unknown(cell, "its coefficients depend on the input")
    with jax.enable_x64(True):
        wide = widen(cell)
        scale, _ = wide.coefficients(wide.prepare(), wide.drive(jnp.zeros(cell.input_size)))
    rate = float(np.abs(np.asarray(scale)).max())
    metric = np.eye(len(flat_state(cell)))
    return StepBound(rate, metric, "its modes do not mix: the largest |eigenvalue|", _EVERY)


@step_bound.register
def _(cell: LinOSS, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    J = jacobian(cell, flat_state(cell), np.zeros(cell.input_size))
    _, vectors = np.linalg.eig(J)
    inverse = np.linalg.pinv(vectors)
    P = (inverse.conj().T @ inverse).real
    try:
        metric = np.linalg.cholesky(P).T
        step = metric @ J @ np.linalg.inv(metric)
    except np.linalg.LinAlgError:
        return unknown(cell, "its matrix has no full set of eigenvectors")
    rate = float(np.linalg.norm(step, 2))
    return StepBound(rate, metric, "linear: its norm in the metric of its modes", _EVERY)


def _gated(gates: Gates) -> StepBound:
    found = contraction(gates.rows)
    perron = float(np.abs(np.linalg.eigvals(gates.magnitude)).max())
    because = (
        f"ellipsoids around {gates.rows.corners.shape[1]} corners of each row of the Jacobian "
        f"satisfy a matrix inequality; plain interval arithmetic gives {perron:.4g}"
    )
    domain = "states in an invariant box around the start, and inputs in the box"
    metric = np.diag(found.weights)
    return StepBound(
        found.rate, metric, because, domain, (gates.states.low, gates.states.high), perron
    )


def _rows(
    forms: np.ndarray,
    numbers: list[Interval],
    domain: str,
    states: tuple[np.ndarray, np.ndarray] | None = None,
) -> StepBound:
    """Bound a step whose Jacobian is a few diagonal matrices times fixed ones."""
    found = contraction(corner_rows(forms, numbers))
    because = "a matrix inequality for all slopes of the activation"
    return StepBound(found.rate, np.diag(found.weights), because, domain, states)


def corner_rows(forms: np.ndarray, numbers: list[Interval]) -> Rows:
    """Rows of a sum of diagonal matrices times fixed ones, each number between its two ends."""
    picks = np.array(np.meshgrid(*[(0, 1)] * len(numbers))).reshape(len(numbers), -1).T
    corners = [[x[side] for x, side in zip(numbers, pick, strict=True)] for pick in picks]
    return Rows(forms, np.array(corners).transpose(2, 0, 1))


def _orthogonal(cell: AbstractCell, norm: float, bias: np.ndarray) -> StepBound:
    if (bias > 0).any():
        return unknown(cell, "modReLU jumps at 0 where its bias is positive")
    metric = np.eye(len(flat_state(cell)))
    because = f"a matrix of norm {norm:.9g}, and modReLU with no positive bias is 1-Lipschitz"
    return StepBound(norm, metric, because, _EVERY)


def unknown(cell: AbstractCell, because: str) -> StepBound:
    """Say why there is no factor."""
    return StepBound(math.inf, np.eye(len(flat_state(cell))), because, _EVERY)


def _just(values: np.ndarray) -> Interval:
    return Interval(values, values)


def _wide(array: jax.Array) -> np.ndarray:
    return np.asarray(array, np.float64)
