"""Gates on state vectors: each entry is fetched from where bit arithmetic says, nothing stored.

A circuit becomes a handful of numbers for each gate (its program), so that one compiled loop serves
every circuit of the same length: compiling does not grow with the number of gates, and no index
array of the size of the state is kept.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Inexact, Int

from ..._checks import check, check_shape
from ._gate import Gate

MOST_BITS = 30  # indices are 32-bit
_NOWHERE = 31  # a wire that no state has: its bit is always 0
_FLIP, _TABLE, _UNITARY = 0, 1, 2
Read = Callable[[Array], Array]


class Program(NamedTuple):
    """Gates as numbers, one row each, and the matrices that occur, each once."""

    kind: Int[np.ndarray | Array, " gates"]
    mask: Int[np.ndarray | Array, " gates"]  # of the controls
    value: Int[np.ndarray | Array, " gates"]  # which bits they must have
    flip: Int[np.ndarray | Array, " gates"]
    wires: Int[np.ndarray | Array, "gates k"]
    moves: Int[np.ndarray | Array, "gates 2 size"]  # what to flip, by local value; back and forth
    which: Int[np.ndarray | Array, " gates"]
    matrices: Inexact[np.ndarray | Array, "distinct 2 size size"]  # and their adjoints

    def gate(self, k: Array) -> "Program":
        """Return the program of one gate."""
        return Program(*(jnp.asarray(leaf)[k] for leaf in self[:-1]), matrices=self.matrices)


@functools.lru_cache(maxsize=32)
def program(gates: tuple[Gate, ...], bits: int) -> Program:
    """Write gates as numbers, on the host: nothing traced can get into the cache."""
    check(bits <= MOST_BITS, "bits", f"be at most {MOST_BITS} for a state vector", bits)
    distinct = list(dict.fromkeys(gate.matrix for gate in gates if gate.matrix))
    wide = max((len(g.wires) for g in gates if not g.is_flip), default=0)
    rows = [_row(gate, wide, distinct) for gate in gates]
    columns = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    return Program(*columns, matrices=_matrices(distinct))


def _row(gate: Gate, wide: int, distinct: list[Any]) -> tuple[Any, ...]:
    mask = sum(1 << c for c in gate.controls)
    value = sum(v << c for c, v in zip(gate.controls, gate.values, strict=True))
    wires, moves = [_NOWHERE] * wide, np.zeros((2, 2**wide), int)
    if gate.is_flip or not gate.wires:
        return _FLIP, mask, value, gate.scatter(1) if gate.wires else 0, wires, moves, 0
    wires[: len(gate.wires)] = gate.wires
    own = 2 ** len(gate.wires)
    if gate.matrix:
        moves[:, :own] = [gate.scatter(i) for i in range(own)]
        return _UNITARY, mask, value, 0, wires, moves, distinct.index(gate.matrix)
    for way, table in enumerate((gate.inverse().table, gate.table)):
        moves[way, :own] = [gate.scatter(i ^ to) for i, to in enumerate(table or ())]
    return _TABLE, mask, value, 0, wires, moves, 0


def _matrices(distinct: list[Any]) -> Inexact[np.ndarray, "distinct 2 size size"]:
    size = max(map(len, distinct), default=1)
    kept = np.zeros((max(len(distinct), 1), 2, size, size), complex)
    for both, matrix in zip(kept, distinct, strict=False):
        own = len(matrix)
        both[0, :own, :own] = matrix
        both[1] = both[0].conj().T
    return kept if np.any(np.imag(kept)) else np.real(kept)


def kinds(gates: tuple[Gate, ...]) -> tuple[int, ...]:
    """Return which kinds of gates occur, flips always among them."""
    seen = {_TABLE if g.is_classical else _UNITARY for g in gates if g.wires and not g.is_flip}
    return (_FLIP, *sorted(seen))


def transport(row: Program, read: Read, states: Array, way: int, present: tuple[int, ...]) -> Array:
    """Return one gate's image of a vector (`way` 0), or its inverse's (1); `read` fetches entries.

    `row` is a program of one gate.
    """
    fired = (states & row.mask) == row.value
    flips = lambda: read(jnp.where(fired, states ^ row.flip, states))
    if present == (_FLIP,):
        return flips()

    def local() -> Array:
        bits = (states[:, None] >> row.wires[None, :]) & 1
        return jnp.sum(bits << jnp.arange(bits.shape[1], dtype=jnp.int32)[None, :], axis=1)

    def table() -> Array:
        return read(jnp.where(fired, states ^ row.moves[way][local()], states))

    def unitary() -> Array:
        now, own = local(), row.moves[way]
        bare = states ^ own[now]
        dtype = read(states[:1]).dtype

        def add(m: Array, total: Array) -> Array:
            return total + matrix[:, m][now] * read(bare | own[m])

        matrix = jnp.asarray(row.matrices)[row.which, way].astype(dtype)
        image = jax.lax.fori_loop(0, len(matrix), add, jnp.zeros(states.shape, dtype))
        return jnp.where(fired, image, read(states))

    branches = {_FLIP: flips, _TABLE: table, _UNITARY: unitary}
    order = jnp.asarray([present.index(k) if k in present else 0 for k in range(3)], jnp.int32)
    return jax.lax.switch(order[row.kind], [branches[k] for k in present])


def checked_state(psi: Any, size: int) -> Array:
    """Return a state as an array, refusing whole numbers: a half would be lost in them."""
    psi = jnp.asarray(psi)
    check_shape("psi", psi, (size,))
    check(jnp.issubdtype(psi.dtype, jnp.inexact), "psi", "be real or complex", psi.dtype)
    return psi


def common_dtype(psi: Array, matrix: Inexact[np.ndarray | Array, "..."]) -> Any:
    """Return the type of a state after gates with these matrices."""
    return np.result_type(psi.dtype, np.complex64) if jnp.iscomplexobj(matrix) else psi.dtype


def apply_gates(
    gates: tuple[Gate, ...], psi: Inexact[Array, " states"], bits: int
) -> Inexact[Array, " states"]:
    """Apply gates to a state, one after another."""
    return _through(gates, psi, bits, False)


def trajectory(
    gates: tuple[Gate, ...], psi: Inexact[Array, " states"], bits: int
) -> Inexact[Array, "steps states"]:
    """Return a state before the first gate and after each of them."""
    seen = _through(gates, psi, bits, True)
    return jnp.concatenate([psi[None].astype(seen.dtype), seen])


def _through(gates: tuple[Gate, ...], psi: Array, bits: int, keep: bool) -> Array:
    psi = checked_state(psi, 2**bits)
    if not gates:
        return psi[:0, None] if keep else psi
    code = program(gates, bits)
    return _scan(code, psi.astype(common_dtype(psi, code.matrices)), kinds(gates), keep)


@functools.partial(jax.jit, static_argnums=(2, 3))
def _scan(code: Program, psi: Array, present: tuple[int, ...], keep: bool) -> Array:
    states = jnp.arange(psi.size, dtype=jnp.int32)

    def step(psi: Array, k: Array) -> tuple[Array, Array | None]:
        read = lambda at: psi.at[at].get(mode="promise_in_bounds")
        psi = transport(code.gate(k), read, states, 0, present)
        return psi, psi if keep else None

    last, seen = jax.lax.scan(step, psi, jnp.arange(len(code.kind), dtype=jnp.int32))
    return last if seen is None else seen


@functools.partial(jax.jit, static_argnums=(3,))
def clock_product(
    code: Program,
    costs: Float[Array, "bits 2"],
    psi: Inexact[Array, " size"],
    present: tuple[int, ...],
) -> Inexact[Array, " size"]:
    """Apply a clock Hamiltonian; `code` has an idle gate before the first and after the last."""
    last = code.kind.size - 2
    psi = psi.astype(common_dtype(psi, code.matrices)).reshape(last + 1, -1)
    states = jnp.arange(psi.shape[1], dtype=jnp.int32)
    number = lambda x: x.astype(psi.dtype)
    # Without the barrier the sum over bits would be done again at each clock.
    first = jax.lax.optimization_barrier(number(penalties(costs)))

    def clock(_: None, j: Array) -> tuple[None, Array]:
        def step(k: Array, neighbour: Array, way: int) -> Array:
            row = code.gate(k)
            read = lambda at: psi.at[neighbour, at].get(mode="promise_in_bounds")
            return transport(row, read, states, way, present)

        before, after = number(jnp.where(j > 0, 0.5, 0.0)), number(jnp.where(j < last, 0.5, 0.0))
        weight = before + after + number(j == 0) * first
        came = step(j, jnp.maximum(j - 1, 0), 0)
        goes = step(j + 1, jnp.minimum(j + 1, last), 1)
        return None, weight * psi[j] - before * came - after * goes

    return jax.lax.scan(clock, None, jnp.arange(last + 1, dtype=jnp.int32))[1].reshape(-1)


@functools.partial(jax.jit, static_argnums=(4,))
def clock_residual(
    code: Program,
    costs: Float[Array, "bits 2"],
    psi: Inexact[Array, " size"],
    energy: float,
    present: tuple[int, ...],
) -> Float[Array, ""]:
    """Return the norm of what is left of H psi - E psi."""
    image = clock_product(code, costs, psi, present)
    return jnp.linalg.norm(image - jnp.asarray(energy, image.dtype) * psi.astype(image.dtype))


def penalties(costs: Float[Array, "bits 2"]) -> Float[Array, " states"]:
    """Add up, for each state, what its bits cost: row q holds the costs of bit q being 0 and 1."""
    costs = jnp.asarray(costs)
    total = jnp.zeros(1, costs.dtype)
    for both in costs:
        total = (both[:, None] + total[None, :]).reshape(-1)
    return total


def run_array(gates: tuple[Gate, ...], x: Any, bits: int) -> Any:
    """Run gates on an array of whole numbers, NumPy's or JAX's."""
    xp: Any = np if isinstance(x, np.ndarray) else jnp
    check(bool(xp.issubdtype(x.dtype, xp.integer)), "x", "hold whole numbers", x.dtype)
    check(int(xp.iinfo(x.dtype).max).bit_length() >= bits, "x", f"hold {bits} bits", x.dtype)
    traced = isinstance(x, jax.core.Tracer)  # pyright: ignore[reportAttributeAccessIssue]
    if not traced and x.size:
        for extreme in (x.min(), x.max()):
            check(0 <= int(extreme) < 2**bits, "x", f"have at most {bits} bits", extreme)
    number = lambda value: xp.asarray(value, x.dtype)
    for gate in gates:
        mask = sum(1 << c for c in gate.controls)
        value = sum(v << c for c, v in zip(gate.controls, gate.values, strict=True))
        moves = [gate.scatter(i ^ to) for i, to in enumerate(gate.table or ())]
        local = sum((((x >> w) & 1) << i for i, w in enumerate(gate.wires)), number(0) & x)
        x = xp.where((x & number(mask)) == number(value), x ^ number(moves)[local], x)
    return x
