"""Gates as both documents have them: what an LSTM's read, and whether products are functions."""

from collections.abc import Callable

import numpy as np

from ...networks import LSTM
from .._cells import cell, double, inputs, largest, logistic, outputs
from .._claim import Budget, Finding


def lstm_letters(
    own: LSTM, xs: np.ndarray, *, gates_read: str = "h", shows: str = "h", peephole: float = 0.0
) -> np.ndarray:
    """An LSTM in NumPy whose gates read its output h or its memory c, and which shows either.

    Peepholes let each gate see each unit's own memory.
    """
    W, U = np.asarray(own.weight_ih), np.asarray(own.weight_hh)
    b, state, seen = np.asarray(own.bias_ih + own.bias_hh), {"h": np.zeros(4), "c": np.zeros(4)}, []
    for x in xs:
        i, f, g, o = np.split(W @ x + U @ state[gates_read] + b, 4)
        i, f, o = (logistic(v + peephole * state["c"]) for v in (i, f, o))
        state["c"] = f * state["c"] + i * np.tanh(g)
        state["h"] = o * np.tanh(state["c"])
        seen.append(state[shows])
    return np.stack(seen)


@double
def memory_or_output(budget: Budget) -> Finding:
    """U acts on an LSTM's output, not on its memory."""
    own, xs = cell("LSTM"), inputs(6, 4)
    assert isinstance(own, LSTM)
    seen = outputs(own, xs)
    return Finding.compare(
        "Over 6 samples an LSTM is missed by {printed} with U on the memory, by {right} with U on "
        "the output.",
        printed=largest([lstm_letters(own, xs, gates_read="c") - seen]),
        right=largest([lstm_letters(own, xs) - seen]),
        tolerance=1e-13,
    )


def products_as_functions(budget: Budget) -> Finding:
    """Products of gates and states are no pointwise functions of one linear form."""
    draw = np.random.default_rng(9)
    W_r, W_z, W = draw.normal(size=(3, 4))
    ys = draw.normal(size=(50, 4))
    products = (
        lambda y: logistic(y @ W_r) * y[..., 0],
        lambda y: logistic(y @ W_z) * np.tanh(y @ W),
    )
    alone = _second_direction(lambda y: logistic(y @ W), ys)
    return Finding.compare(
        "The second singular value of one component's gradients at 50 states is at least {printed} "
        f"of the first; of a pointwise function it is {alone:.1g}.",
        printed=min(_second_direction(product, ys) for product in products),
        tolerance=1e-6,
    )


def _second_direction(function: Callable, ys: np.ndarray, step: float = 1e-6) -> float:
    """Second over first singular value of the gradients of a number at many places."""
    moves = step * np.eye(ys.shape[1])[:, None]
    slopes = (function(ys + moves) - function(ys - moves)) / (2 * step)
    values = np.linalg.svd(slopes, compute_uv=False)
    return float(values[1] / values[0])
