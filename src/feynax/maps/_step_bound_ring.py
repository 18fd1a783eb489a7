"""QUNN: its state is a ring of inputs, and its layers are turns where they are made to be."""

import jax
import numpy as np

from .._certificate import Certificate, Verdict
from ..networks import QUNN
from ._attack import widen
from ._local_attack import flat_state
from ._local_interval import Interval, affine
from ._step_bound import StepBound, step_bound

_SLOPES = {"tanh": 1.0, "sigmoid": 0.25, "relu": 1.0, "identity": 1.0}


@step_bound.register
def _(cell: QUNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> StepBound:
    r"""Bound a shift: a difference moves one place back, and falls out at the end.

    Weights $e^{-m/N}$ at lag $m$ make that a factor $e^{-1/N}$. A memory that is carried moves
    with its inputs, and a layer leaves the share $1 - p_2$ of it.
    """
    n = cell.block
    ages = [np.repeat(np.arange(n), cell.hidden_size), [0.0]]
    if cell.initial_state().memory is not None:
        pairs = np.add.outer(np.arange(n), np.arange(n)).ravel() / 2
        ages.append(np.tile(pairs, cell.layers if cell.variant == "earlier" else 1))
    row = np.concatenate(ages)
    rate = float(np.exp(-1 / n)) if n > 1 else 0.0
    because = f"an input moves one place back in each step, and is gone after {n}"
    domain = "every two rings of inputs at the same place of the clock, and every input"
    metric, states = np.diag(np.exp(-row / n)), _same_clock(cell)
    return StepBound(rate, metric, because, domain, states, parts=_layers(cell, inputs))


def _same_clock(cell: QUNN) -> tuple[np.ndarray, np.ndarray]:
    """Every ring and memory, but one place of the clock."""
    start = flat_state(cell)
    free = np.arange(len(start)) != cell.block * cell.hidden_size
    return np.where(free, -np.inf, start), np.where(free, np.inf, start)


def _layers(cell: QUNN, inputs: tuple[np.ndarray, np.ndarray] | None) -> tuple[Certificate, ...]:
    """What is proven of the layers, which run in depth and carry nothing to the next step."""
    if cell.flow != "printed":
        because = "a layer is the flow of an antisymmetric matrix, or Cayley's map of it"
        return (_part(cell, 1.0, because, "every ring of inputs"),)
    if inputs is None:
        return ()
    size = _largest(cell, inputs)
    because = f"its weights are made of inputs, which are encoded no longer than {size:.4g}"
    return (_part(cell, _printed(cell, size), because, "rings of inputs in the box"),)


def _part(cell: QUNN, rate: float, because: str, domain: str) -> Certificate:
    turn = "none of its layers parts" if rate == 1 else f"each of its {cell.layers} layers parts"
    far = "further" if rate == 1 else f"at most {rate:.6g}-fold"
    claim = f"{turn} two values {far} in depth, for one ring of inputs"
    return Certificate(claim, Verdict.CERTIFIED, because, domain, margin=0.0, rate=rate)


def _largest(cell: QUNN, inputs: tuple[np.ndarray, np.ndarray]) -> float:
    """Largest norm of an encoded input over the box."""
    box = Interval(*inputs)
    if cell.weight_ih is not None and cell.bias is not None:
        weight, bias = (np.asarray(a, np.float64) for a in (cell.weight_ih, cell.bias))
        box = affine(weight, box, bias)
    return float(np.linalg.norm(np.maximum(np.abs(box.low), np.abs(box.high))))


def _printed(cell: QUNN, size: float) -> float:
    r"""Bound $|S_k| + \mathrm{Lip}\,\|D\|\,\|W\|$; the shares in $W$ add up to 1 at most."""
    assert cell.scale is not None
    with jax.enable_x64(True):
        p1 = np.asarray(jax.nn.sigmoid(widen(cell).exchange_logits))
    scale = np.asarray(cell.scale, np.float64)
    flat = scale.reshape(cell.layers, round(scale[0].size ** 0.5), -1)
    mixed = float(np.linalg.norm(flat, 2, (1, 2)).max())
    exchange = float(np.sqrt((1 - p1) ** 2 + p1**2).max())
    return mixed + _SLOPES[cell.activation] * exchange * size**2
