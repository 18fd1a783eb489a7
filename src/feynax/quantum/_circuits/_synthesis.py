"""Boolean functions as reversible circuits."""

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Bool, Int

from ..._checks import check, check_count
from ..._citation import cites
from ._circuit import Circuit
from ._gate import Gate

_MOST_INPUTS = 16
_MOST_SEARCHED = 8  # inputs up to which all polarities are tried
_MOST_PERMUTED = 12


def truth_table(
    function: Callable[..., Any], inputs: int | None = None
) -> Bool[np.ndarray, "rows outputs"]:
    """Evaluate a Python function of bits on all inputs.

    **Arguments:**

    - `function`: takes bits (0 or 1) one by one, the first being bit 0, and returns a bit, or a
      tuple of bits, the first being bit 0 of the result.
    - `inputs`: how many bits (default: how many parameters it has); at most 16.

    **Returns:** `table[x, k]`, bit k of the result for input x.

    **Raises:** `ValueError` for too many inputs, or results that are not bits.

    ```python
    import feynax as fx
    table = fx.quantum.truth_table(lambda a, b: a and not b)
    assert table[:, 0].tolist() == [False, True, False, False]
    ```
    """
    inputs = len(inspect.signature(function).parameters) if inputs is None else inputs
    check_count("inputs", inputs)
    check(inputs <= _MOST_INPUTS, "inputs", f"be at most {_MOST_INPUTS}", inputs)
    rows = []
    for bits in itertools.product((0, 1), repeat=inputs):
        result = function(*reversed(bits))
        rows.append(tuple(result) if isinstance(result, tuple | list) else (result,))
    flat = {value for row in rows for value in row}
    check(flat <= {0, 1}, "function", "return bits", sorted(flat, key=str))
    check(len({len(row) for row in rows}) == 1, "function", "return as many bits always", "not")
    return np.array(rows, bool)


def reed_muller(table: Bool[ArrayLike, "rows outputs"]) -> Bool[np.ndarray, "rows outputs"]:
    r"""Write Boolean functions as exclusive ors of products of their inputs.

    $f(x) = \bigoplus_{m \subseteq x} a_m$, found by the fast Moebius transform.

    **Arguments:** `table[x, k]`, bit k of the result for input x; $2^n$ rows.

    **Returns:** `coefficients[m, k]`, whether the product of the inputs in the bits of m occurs.
    The transform is its own inverse.
    """
    coefficients = np.array(table, bool)
    _check_rows("table", coefficients)
    width = 1
    while width < len(coefficients):
        pairs = coefficients.reshape(-1, 2, width, coefficients.shape[1])
        pairs[:, 1] ^= pairs[:, 0]
        width *= 2
    return coefficients


def compile_function(
    function: Callable[..., Any] | Bool[ArrayLike, "rows outputs"], inputs: int | None = None
) -> Circuit:
    r"""Compile a Boolean function to a circuit $(x, y) \to (x, y \oplus f(x))$.

    Each product of a Reed-Muller form becomes one flip with as many controls as it has factors.
    For at most 8 inputs the polarity (which inputs enter negated) with the fewest products is
    chosen, one for each output. [`feynax.quantum.to_toffoli`][] reduces the controls to two.

    **Arguments:**

    - `function`: a Python function of bits as in [`feynax.quantum.truth_table`][], or its table,
      `table[x, k]` (one column may be given flat).
    - `inputs`: how many bits a Python function takes, if it does not say.

    **Returns:** A circuit with x on the first wires and y on those after them.

    **Raises:** `ValueError` for tables whose rows are no power of two, or too many inputs.

    ```python
    import feynax as fx
    majority = fx.quantum.compile_function(lambda a, b, c: a + b + c >= 2)
    assert [majority.run(x) >> 3 for x in range(8)] == [0, 0, 0, 1, 0, 1, 1, 1]
    ```
    """
    table = truth_table(function, inputs) if callable(function) else np.asarray(function, bool)
    table = table[:, None] if table.ndim == 1 else table
    n = _check_rows("function", table)
    gates = [g for k, column in enumerate(table.T) for g in _exclusive_or(column, n, n + k)]
    return Circuit(n + table.shape[1], gates)


def _exclusive_or(column: np.ndarray, n: int, target: int) -> list[Gate]:
    """Flips of one output; where `negated` has a bit, that input enters as its complement."""
    best, negated = reed_muller(column[:, None])[:, 0], 0
    if n <= _MOST_SEARCHED:
        index = np.arange(len(column))
        forms = reed_muller(np.stack([column[index ^ s] for s in index], axis=1))
        negated = int(np.argmin(forms.sum(axis=0)))
        best = forms[:, negated]
    products = [int(m) for m in np.flatnonzero(best)]
    factors = [[q for q in range(n) if m >> q & 1] for m in products]
    return [Gate.flip(*f, target, values=[1 - (negated >> q & 1) for q in f]) for f in factors]


def _check_rows(name: str, table: np.ndarray) -> int:
    check(table.ndim == 2, name, "have one row for each input", f"shape {table.shape}")
    n = len(table).bit_length() - 1
    check(len(table) == 2**n and n > 0, name, "have 2, 4, 8 ... rows", len(table))
    check(n <= _MOST_INPUTS, name, f"have at most {_MOST_INPUTS} inputs", n)
    return n


@cites("miller2003")
def compile_permutation(table: Int[ArrayLike, " size"]) -> Circuit:
    r"""Compile a permutation of n-bit numbers to flips on the same n wires: nothing is left over.

    Works through the numbers in order, from whichever end (input or output) is nearer, and never
    disturbs those that are already right.

    **Arguments:** `table[x]` is where x goes; $2^n$ entries, $n \le 12$.

    **Raises:** `ValueError` if it is no permutation, or not of $2^n$ numbers.

    Source: D. M. Miller, D. Maslov, G. W. Dueck, A Transformation Based Algorithm for Reversible
    Logic Synthesis (2003).

    ```python
    import feynax as fx
    add_one = fx.quantum.compile_permutation([1, 2, 3, 4, 5, 6, 7, 0])
    assert [add_one.run(x) for x in (0, 3, 7)] == [1, 4, 0]
    ```
    """
    forward = np.array(table, np.int64)
    n = max(forward.size.bit_length() - 1, 1)
    check(forward.shape == (2**n,), "table", "have 2, 4, 8 ... entries", f"shape {forward.shape}")
    check(n <= _MOST_PERMUTED, "table", f"be of at most {_MOST_PERMUTED} bits", n)
    permutes = bool(np.all(np.sort(forward) == np.arange(2**n)))
    check(permutes, "table", f"be a permutation of 0 ... {2**n - 1}", "another range")
    backward = np.argsort(forward)
    first: list[Gate] = []
    last: list[Gate] = []
    for x in range(2**n):
        near = (int(forward[x]) ^ x).bit_count() <= (int(backward[x]) ^ x).bit_count()
        one, other, gates = (forward, backward, last) if near else (backward, forward, first)
        for controls, target in _steps(int(one[x]), x, n):
            _relabel(one, other, controls, target)
            wires = [q for q in range(n) if controls >> q & 1]
            gates.append(Gate.flip(*wires, target))
    return Circuit(n, [*first, *reversed(last)])


def _steps(has: int, wanted: int, n: int) -> list[tuple[int, int]]:
    """Controls and targets that lead from one number to a smaller one: bits on, then bits off."""
    steps = []
    for q in range(n):
        if wanted & ~has & (1 << q):
            steps.append((has, q))
            has |= 1 << q
    for q in range(n):
        if has & ~wanted & (1 << q):
            steps.append((wanted, q))
    return steps


def _relabel(one: np.ndarray, other: np.ndarray, controls: int, target: int) -> None:
    fired = (one & controls) == controls
    one[fired] ^= 1 << target
    other[one] = np.arange(len(one))
