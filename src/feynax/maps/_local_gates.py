"""GRU and LSTM over a box: where their states stay, and what their Jacobians can be there."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..networks import GRU, LSTM
from ._local_cells import corners, joint_cells
from ._local_interval import (
    Interval,
    affine,
    sigmoid,
    sigmoid_slope,
    tanh,
    tanh_slope,
)
from ._local_rows import Rows

_ROUNDS = 200  # of shrinking an invariant box; each is an interval step
_LSTM_ROUNDS, _LSTM_CELLS = 4, 6


class Gates(NamedTuple):
    """A gated cell over a box: its invariant states, and its Jacobian as rows."""

    states: Interval
    rows: Rows
    magnitude: np.ndarray


def gru_gates(cell: GRU, inputs: Interval, start: np.ndarray, cells: int = 5) -> Gates:
    """Read a GRU over the states reached from `start` and from [-1, 1] with inputs in a box."""
    H = cell.hidden_size
    U, W, b, c = _weights(cell)
    drive = affine(W, inputs, b)
    states = Interval(np.minimum(start, -1.0), np.maximum(start, 1.0))
    for _ in range(_ROUNDS):
        states = _within(states, _gru_step(U, c, drive, states), start)
    a_r, a_z, d_n, s, h = _gru_cells(U, W, b, c, _both(inputs, states), cells)
    keep, new = sigmoid(a_z), tanh(d_n + sigmoid(a_r) * s)
    moved = sigmoid(-a_z) * tanh_slope(d_n + sigmoid(a_r) * s)
    q = [keep, (h + -new) * sigmoid_slope(a_z), moved * sigmoid(a_r)]
    q.append(moved * s * sigmoid_slope(a_r))
    forms = np.stack([np.eye(H), U[H : 2 * H], U[2 * H :], U[:H]], 1)
    return Gates(states, Rows(forms, corners(q)), _magnitude(forms, q))


def lstm_gates(
    cell: LSTM, inputs: Interval, start: tuple[np.ndarray, np.ndarray], cells: int = 4
) -> Gates:
    """Read an LSTM over the states (c, h) reached from `start` with inputs in a box."""
    H = cell.hidden_size
    U, W, b, bias = _weights(cell)
    forms = np.concatenate([W, U], 1).reshape(4, H, -1).transpose(1, 0, 2)
    offsets = (b + bias).reshape(4, H).T
    states = _lstm_box(forms, offsets, inputs, start)
    memory, h = states.take(slice(None, H)), states.take(slice(H, None))
    i, f, g, o, c = joint_cells(forms, offsets, _both(inputs, h), [memory], cells)
    keep = [sigmoid(f), c * sigmoid_slope(f), tanh(g) * sigmoid_slope(i)]
    keep.append(sigmoid(i) * tanh_slope(g))
    within = Interval(*(x[:, None] for x in memory))
    after = _clip(c * sigmoid(f) + sigmoid(i) * tanh(g), within)
    shown = sigmoid(o) * tanh_slope(after)
    show = [*(shown * q for q in keep), tanh(after) * sigmoid_slope(o)]
    return Gates(states, *_lstm_rows(U, keep, show))


def _lstm_rows(U: np.ndarray, keep: list[Interval], show: list[Interval]) -> tuple:
    H = U.shape[1]
    none, one = np.zeros((H, H)), np.eye(H)
    blocks = [U[k * H : (k + 1) * H] for k in (1, 0, 2, 3)]
    forms = np.stack(
        [np.concatenate([one, none], 1), *(np.concatenate([none, x], 1) for x in blocks)], 1
    )
    sides = [corners(keep), corners(show)]
    flat = np.zeros_like(sides[1])
    flat[:, : sides[0].shape[1], :4] = sides[0]
    flat[:, sides[0].shape[1] :, :4] = sides[0][:, :1]
    magnitude = [_magnitude(forms[:, :4], keep), _magnitude(forms, show)]
    rows = Rows(np.concatenate([forms, forms]), np.concatenate([flat, sides[1]]))
    return rows, np.concatenate(magnitude)


def _lstm_box(
    forms: np.ndarray, offsets: np.ndarray, inputs: Interval, start: tuple[np.ndarray, np.ndarray]
) -> Interval:
    """Shrink the box of (c, h): memories stay within i g / (1 - f), outputs within o tanh(c)."""
    ones = np.ones(len(forms))
    h = Interval(np.minimum(-ones, start[1]), np.maximum(ones, start[1]))
    c = Interval(-np.inf * ones, np.inf * ones)
    for _ in range(_LSTM_ROUNDS):
        a = joint_cells(forms, offsets, _both(inputs, h), [], _LSTM_CELLS)
        i, f, g, o = sigmoid(a[0]), sigmoid(a[1]), tanh(a[2]), sigmoid(a[3])
        rest = Interval((i * g).low / (1 - f.high), (i * g).high / (1 - f.high))
        most = Interval(np.minimum(rest.low.min(1), 0), np.maximum(rest.high.max(1), 0))
        c = _within(c, most, start[0])
        shown = o * tanh(Interval(*(x[:, None] for x in c)))
        h = _within(h, Interval(shown.low.min(1), shown.high.max(1)), start[1])
    return _both(c, h)


def _gru_cells(
    U: np.ndarray, W: np.ndarray, b: np.ndarray, c: np.ndarray, box: Interval, cells: int
) -> list[Interval]:
    """Cells of the arguments of r and z, both parts of the candidate's, and the old value."""
    H, size = U.shape[1], W.shape[1]
    (W_r, W_z, W_n), (U_r, U_z, U_n) = np.split(W, 3), np.split(U, 3)
    none, still = np.zeros((H, size)), np.zeros((H, H))
    pairs = [(W_r, U_r), (W_z, U_z), (W_n, still), (none, U_n), (none, np.eye(H))]
    forms = np.stack([np.concatenate(pair, 1) for pair in pairs], 1)
    (r, z, n), (c_r, c_z, c_n) = np.split(b, 3), np.split(c, 3)
    offsets = np.stack([r + c_r, z + c_z, n, c_n, np.zeros(H)], 1)
    return joint_cells(forms, offsets, box, [], cells)


def _gru_step(U: np.ndarray, c: np.ndarray, drive: Interval, states: Interval) -> Interval:
    """One step of a box: the new value is a mean of old and candidate."""
    H = U.shape[1]
    _, z, n = _gru_arguments(drive, affine(U, states, c), H)
    keep, new = sigmoid(z), tanh(n)
    low = np.min([k * states.low + (1 - k) * new.low for k in keep], 0)
    high = np.max([k * states.high + (1 - k) * new.high for k in keep], 0)
    return Interval(low, high)


def _gru_arguments(drive: Interval, push: Interval, H: int) -> tuple[Interval, Interval, Interval]:
    r, z = (
        drive.take(slice(k * H, (k + 1) * H)) + push.take(slice(k * H, (k + 1) * H)) for k in (0, 1)
    )
    s = push.take(slice(2 * H, None))
    return r, z, drive.take(slice(2 * H, None)) + sigmoid(r) * s


def _within(states: Interval, image: Interval, start: np.ndarray) -> Interval:
    """Next, smaller box: the step's image with the start, inside the box it came from."""
    return _clip(image.widened().hull(Interval(start, start)), states)


def _both(first: Interval, second: Interval) -> Interval:
    return Interval(*(np.concatenate(ends) for ends in zip(first, second, strict=True)))


def _clip(inner: Interval, outer: Interval) -> Interval:
    return Interval(np.maximum(inner.low, outer.low), np.minimum(inner.high, outer.high))


def _weights(cell: GRU | LSTM) -> tuple[np.ndarray, ...]:
    fields = (cell.weight_hh, cell.weight_ih, cell.bias_ih, cell.bias_hh)
    return tuple(np.asarray(x, np.float64) for x in fields)


def _magnitude(forms: np.ndarray, q: Sequence[Interval]) -> np.ndarray:
    """Elementwise bound of the Jacobian by plain interval arithmetic."""
    low = np.zeros(forms[:, 0].shape)
    high = np.zeros_like(low)
    for k, x in enumerate(q):
        bound = Interval(x.low.min(1)[:, None], x.high.max(1)[:, None])
        piece = bound * Interval(forms[:, k], forms[:, k])
        low, high = low + piece.low, high + piece.high
    return np.maximum(np.abs(low), np.abs(high))
