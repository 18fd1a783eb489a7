"""Section 3: the quantum-inspired network, eqs. (15) to (22)."""

from typing import Any, Literal

import equinox as eqx
import jax
import numpy as np

from ...networks import QUNN
from .._cells import double, largest
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._printed_qunn import (
    BLOCK,
    DATA,
    Printed,
    clock_state,
    columns_along,
    layer_stretch,
    network,
    rotation,
    series,
    states_along,
)


@CLAIMS.add(
    "eq. (15)",
    printed="Y times a clock state |l> is E Y, with E = |l> x sum_j |j><j|, and that is Y x |l>.",
    right="E = sum_j |j><j| x |l>: the printed one gives |l> x Y, the same numbers in another "
    "order than (18) to (20) take them in.",
    expects="corrected",
)
def embedding(budget: Budget) -> Finding:
    y, at = series()[0], clock_state(2)[:, None]
    wanted = np.kron(y, at[:, 0])
    return Finding.compare(
        "For d = 3 and N = 6 the printed E Y is off from Y x |l> by {printed}, the other by "
        "{right}.",
        printed=float(np.abs(np.kron(at, np.eye(DATA)) @ y - wanted).max()),
        right=float(np.abs(np.kron(np.eye(DATA), at) @ y - wanted).max()),
        tolerance=0,
    )


@CLAIMS.add(
    "eqs. (16)-(17), (21)-(22)",
    printed="K <- S K + s(H K), H = D W in each layer n, where D and W pair the clock states and "
    "the inputs l and l - n, and W keeps a share 1 - p2 of what it was at the last input.",
    expects="holds",
)
@double
def layers(budget: Budget) -> Finding:
    ys, own, printed = series(), network(3), Printed(3)
    shown = columns_along(own, states_along(own, ys))
    return Finding.compare(
        "The library's layers, which form no matrix, are these matrices to {printed} over a block "
        "of 6 inputs (S = 1; where l - n < 1 the pair is left out).",
        printed=largest([K - printed.columns(ys, at) for at, K in enumerate(shown)]),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "eqs. (18)-(19)",
    printed="The layer at step l pairs the inputs l and l + 1.",
    right="l and l - 1, as (22) has it for n = 1: the input l + 1 is what is to be predicted, and "
    "is not known yet.",
    expects="corrected",
)
@double
def causality(budget: Budget) -> Finding:
    ys, at = series(), 2
    other = ys.copy()
    other[at + 1 :] += 1.0
    ahead, behind = Printed(1, ahead=True), network(1)
    first, second = (columns_along(behind, states_along(behind, x))[at] for x in (ys, other))
    return Finding.compare(
        "With other inputs from l + 1 on, K at step l changes by {printed} as printed, by {right} "
        "in the library.",
        printed=float(np.abs(ahead.columns(ys, at) - ahead.columns(other, at)).max()),
        right=float(np.abs(first - second).max()),
        tolerance=0,
    )


@CLAIMS.add(
    "after eq. (19), permutations",
    kind="statement",
    printed="|l><l - 1| generates the permutations of clock states.",
    right="It is nilpotent. |l><l - 1| - |l - 1><l| generates rotations; a quarter turn exchanges "
    "the two states, up to a sign that no permutation has.",
    expects="corrected",
)
def permutations(budget: Budget) -> Finding:
    from scipy.linalg import expm

    swap = np.eye(BLOCK)
    swap[[2, 3]] = swap[[3, 2]]
    flow = lambda generator: np.abs(expm(np.pi / 2 * generator))
    return Finding.compare(
        "A quarter turn's flow differs from the exchange of two states, signs aside, by {printed} "
        "as printed, by {right} with the antisymmetric one.",
        printed=float(np.abs(flow(np.outer(clock_state(3), clock_state(2))) - swap).max()),
        right=float(np.abs(flow(rotation(3, 2)) - swap).max()),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "after eq. (19), memory",
    kind="statement",
    printed="p2 determines how long the memory lasts.",
    expects="holds",
)
@double
def length_of_memory(budget: Budget) -> Finding:
    off = []
    for p2 in (0.2, 0.5, 0.8):
        memory = np.asarray(states_along(network(1, p2=p2), series())[-1].memory)[0]
        shares = np.sort(np.abs(memory[np.triu_indices(BLOCK, 1)]))[::-1][: BLOCK - 2]
        off.append(shares - np.sort(p2 * (1 - p2) ** np.arange(BLOCK - 2))[::-1])
    return Finding.compare(
        "For three values of p2 the shares of pairs k inputs ago are p2 (1 - p2)^k to {printed}.",
        printed=largest(off),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "eq. (20)",
    printed="The next input is read from the clock column l + 1 of K.",
    right="As printed that column holds the input l + 1 itself, which (19) put there. With the "
    "pairs of (22) nothing reaches it: for l < N it is zero, whatever the data. A read-out over "
    "clock columns, learned, depends on them.",
    expects="corrected",
)
@double
def read_out(budget: Budget) -> Finding:
    ys, own = series(), network(3)
    states = states_along(own, ys)
    dead = sum(not K[:, at + 1].any() for at, K in enumerate(columns_along(own, states)[:-1]))
    leaks = []
    for at in range(1, BLOCK - 1):
        column = Printed(1, ahead=True).columns(ys, at)[:, at + 1]
        inside = np.arctanh(column) / ys[at + 1]
        leaks.append(np.ptp(inside) / abs(inside.mean()))
    alive = eqx.filter_jit(own.output)
    silent = sum(not np.asarray(alive(s)).any() for s in states)
    return Finding.compare(
        f"As printed the column is s(c Y_(l+1)) with one number c, to {max(leaks):.1g}. With "
        f"pairs of known inputs it is zero at {{printed}} of 5 positions; the library's learned "
        "read-out is zero at {right} of 6.",
        printed=float(dead),
        right=float(silent),
        tolerance=0,
    )


@CLAIMS.add(
    "after eq. (22), eigenvalues",
    kind="statement",
    printed="The weight matrix is Hermitian, and so its eigenvalues are purely imaginary.",
    right="W is antisymmetric, and its eigenvalues are imaginary; those of Hermitian matrices are "
    "real. But the weight matrix is H = D W, which is neither.",
    expects="corrected",
)
def eigenvalues(budget: Budget) -> Finding:
    W = Printed(3).memories(series(), 5)[0]
    real = lambda matrix: float(np.abs(np.linalg.eigvals(matrix).real).max())
    H = Printed(3).hamiltonians(series(), 5)[0]
    return Finding.compare(
        f"A Hermitian matrix of W's entries has real parts of {{printed}}, W of {{right}}; D W of "
        f"{real(H):.2g}.",
        printed=real(np.triu(W) + np.triu(W, 1).T),
        right=real(W),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "after eq. (22), stability",
    kind="statement",
    printed="Imaginary eigenvalues secure the stability of the network.",
    right="A layer K + s(H K) parts neighbouring K by more than 1, and would with imaginary "
    "eigenvalues: it is an explicit Euler step. The flow of W, K <- exp(W) K, keeps all distances; "
    'the library has it as flow="exponential".',
    expects="corrected",
)
@double
def stability(budget: Budget) -> Finding:
    ys = series()
    own = network(BLOCK, variant="later", flow="exponential")
    shown = columns_along(own, states_along(own, ys))
    kept = [np.linalg.norm(K) - np.linalg.norm(np.tanh(y)) for K, y in zip(shown, ys, strict=True)]
    W = Printed(1).memories(ys, 4)[0]
    alone = np.linalg.norm(np.eye(len(W)) + W, 2) - 1
    return Finding.compare(
        "One layer stretches a distance by a share {printed}, and by "
        f"{alone:.2g} with W for H; 6 layers of the flow change |K| by {{right}}.",
        printed=layer_stretch() - 1,
        right=float(np.abs(kept).max()),
        tolerance=1e-12,
    )


def _count(own: QUNN) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(own, eqx.is_inexact_array)))


@CLAIMS.add(
    "section 3, number of parameters",
    kind="statement",
    printed="The number of trained parameters is linear in the range of memory, and does not "
    "depend on the size of the data.",
    right="With numbers for S_l: L for them, 2N for p1 and p2, N for a learned read-out. The S_l "
    "of (16) as matrices have (d N)^2 entries each.",
    expects="corrected",
)
def number_of_parameters(budget: Budget) -> Finding:
    def count(mixing: Literal["scalar", "dense"], d: int, n: int) -> int:
        build = lambda key: QUNN(d, d, block=n, encoder=False, mixing=mixing, key=key)
        shape: Any = eqx.filter_eval_shape(build, jax.random.key(0))
        arrays = [leaf for leaf in jax.tree.leaves(shape) if hasattr(leaf, "size")]
        return sum(leaf.size for leaf in arrays)

    cases = [(2, 4), (2, 8), (8, 4), (8, 8)]
    rows = tuple((d, n, 4 * n, count("scalar", d, n), count("dense", d, n)) for d, n in cases)
    off = lambda column: float(max(abs(row[column] - row[2]) for row in rows))
    columns = ("d", "N", "4 N", "S a number", "S a matrix")
    return Finding.compare(
        "For L = N the count is off from 4 N by up to {printed} with matrices, by {right} with "
        "numbers.",
        printed=off(4),
        right=off(3),
        tolerance=0,
        comparison=Comparison("Parameters of the library's QUNN.", columns, rows),
    )


CLAIMS.unchecked(
    "after eq. (22), existence",
    printed="The existence of the network is guaranteed by a theorem of the document.",
    because="it does not say what is to exist. The theorem that is named is about the stability "
    "of another network; the one on universality (Theorem 3) is about circuits, whose gates are "
    "not of the form (17) to (19).",
)
