"""Clock Hamiltonians: are all answers right, and what does applying one cost.

Run as `python -m benchmarks.clock`. "In a loop" is a tenth of ten products in one compiled loop, as
an eigensolver makes them: no new memory is asked of the system each time. The index-array product
keeps a permutation for each gate, as one would write it with NumPy; the sparse one is SciPy's CSR
matrix. All in double precision.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import feynax as fx
from feynax.quantum import Circuit, ClockHamiltonian, Gate

from ._timing import alternate, first_call, table


def megabytes() -> float:
    """Peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def random_circuit(bits: int, count: int) -> Circuit:
    rng = np.random.default_rng(bits)
    return Circuit(bits, (Gate.flip(*map(int, rng.permutation(bits)[:3])) for _ in range(count)))


def full_adder_right(x: int, out: int) -> bool:
    return 2 * (out >> 3) + (out >> 2 & 1) == x.bit_count() and out & 1 == x & 1


def adder_right(x: int, out: int) -> bool:
    total = (x & 15) + (x >> 4 & 15) + (x >> 8)
    return out == x & 15 | (total & 15) << 4 | x >> 8 << 8 | total >> 4 << 9


def multiplier_right(x: int, out: int) -> bool:
    return out == x | (x & 7) * (x >> 3) << 6


def random_right(x: int, out: int) -> bool:
    for gate in random_circuit(18, 20).gates:
        fired = all(x >> c & 1 for c in gate.controls)
        x = x ^ 1 << gate.wires[0] if fired else x
    return x == out


def gap_of_secular_equation(steps: int) -> float:
    """The penalised path by a root instead of a matrix."""
    from scipy.optimize import brentq

    def miss(theta: float) -> float:
        return np.cos((steps + 0.5) * theta) - np.sin((steps + 1) * theta) * np.sin(theta / 2)

    theta: Any = brentq(miss, 1e-9, np.pi / (2 * steps + 1), xtol=1e-16)
    return float(min(2 * np.sin(theta / 2) ** 2, 1 - np.cos(np.pi / (steps + 1))))


def computation(
    name: str, circuit: Circuit, inputs: range, right: Callable[[int, int], bool]
) -> list:
    begun = time.perf_counter()
    good, worst = 0, 0.0
    for x in inputs:
        ham = ClockHamiltonian(circuit, x)
        state = ham.ground_state()
        good += right(x, state.states[-1]) and state.energy == 0
        worst = max(worst, ham.residual(state))
    seconds = time.perf_counter() - begun
    ham = ClockHamiltonian(circuit, inputs[-1])
    excited = ham.residual(ham.eigenstate(error=1))
    gap, root = ham.gap(), gap_of_secular_equation(len(circuit))
    answers = f"{good} of {len(inputs)}"
    return [
        name, ham.size, answers, worst, gap, abs(gap - root), excited, seconds, megabytes()
    ]  # fmt: skip


def with_index_arrays(circuit: Circuit, x: int) -> Callable[[np.ndarray], np.ndarray]:
    states = np.arange(2**circuit.bits)
    moves = [Circuit(circuit.bits, [gate]).run(states) for gate in circuit.gates]
    cost = np.bitwise_count(states ^ x).astype(float)

    def product(v: np.ndarray) -> np.ndarray:
        v = v.reshape(len(moves) + 1, -1)
        out = np.zeros_like(v)
        out[0] = cost * v[0]
        for j, move in enumerate(moves):
            d = 0.5 * (v[j] - v[j + 1][move])
            out[j] += d
            out[j + 1][move] -= d
        return out.reshape(-1)

    return product


def as_sparse(circuit: Circuit, x: int):
    import scipy.sparse as sp

    size, states = 2**circuit.bits, np.arange(2**circuit.bits)
    ones, rows, columns = np.full(size, -0.5), [], []
    for j, gate in enumerate(circuit.gates):
        columns.append(states + j * size)
        rows.append(Circuit(circuit.bits, [gate]).run(states) + (j + 1) * size)
    clocks = len(circuit) + 1
    entries = (np.tile(ones, clocks - 1), (np.concatenate(rows), np.concatenate(columns)))
    moves = sp.coo_array(entries, shape=(clocks * size, clocks * size)).tocsr()
    diagonal = np.ones((clocks, size))
    diagonal[[0, -1]] = 0.5
    diagonal[0] += np.bitwise_count(states ^ x)
    return (moves + moves.T + sp.diags_array(diagonal.ravel())).tocsr()


def product_times(bits: int, count: int) -> list:
    circuit, x = random_circuit(bits, count), 2**bits // 3
    ham = ClockHamiltonian(circuit, x)
    psi = np.random.default_rng(0).normal(size=ham.size)
    ours = jnp.asarray(psi)
    compile_seconds = first_call(lambda: ham.mv(ours).block_until_ready())
    ten = jax.jit(lambda v: jax.lax.fori_loop(0, 10, lambda _, v: ham.mv(v), v))
    numpy, sparse = with_index_arrays(circuit, x), as_sparse(circuit, x)
    fault = max(
        np.max(np.abs(np.asarray(ham.mv(ours)) - other)) for other in (numpy(psi), sparse @ psi)
    )
    seen = alternate(
        {
            "ours": lambda: ham.mv(ours).block_until_ready(),
            "ten": lambda: ten(ours).block_until_ready(),
            "numpy": lambda: numpy(psi),
            "sparse": lambda: sparse @ psi,
        },
        repeats=9,
    )
    times = {name: 1e3 * seen[name].cpu for name in seen}
    stored = sparse.data.nbytes + sparse.indices.nbytes + sparse.indptr.nbytes
    return [
        bits, count, ham.size, times["ours"], times["ten"] / 10, times["numpy"], times["sparse"],
        times["numpy"] / times["ours"], times["sparse"] / times["ours"],
        compile_seconds, stored / 2**20, fault,
    ]  # fmt: skip


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    print(f"memory before anything: {megabytes():.0f} MB")
    rows = [
        computation("full adder", fx.quantum.full_adder(), range(8), full_adder_right),
        computation("4-bit adder, carry", fx.quantum.adder(4), range(512), adder_right),
        computation("3-bit multiplier", fx.quantum.multiplier(3), range(64), multiplier_right),
        computation("18 bits, 20 gates", random_circuit(18, 20), range(4321, 4322), random_right),
    ]
    head = ["circuit", "states", "right", "|H psi|", "gap", "- root", "|H - gap|", "s", "peak MB"]
    table(
        "ground states: residuals with H applied in full; the gap against another way", head, rows
    )
    head = [
        "bits", "gates", "states", "ours ms", "in a loop", "indices ms", "sparse ms",
        "indices/ours", "sparse/ours", "first call s", "sparse MB", "difference",
    ]  # fmt: skip
    rows = [product_times(n, count) for n, count in ((12, 20), (12, 80), (16, 20), (18, 20))]
    table("one product with H, CPU time, medians of 9 alternated", head, rows)


if __name__ == "__main__":
    main()
