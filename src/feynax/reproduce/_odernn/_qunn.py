"""Section 3.2: the network whose weights are made of its inputs, equations (32) to (36)."""

import functools
from collections.abc import Iterator
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...networks import QUNN, QUNNState, block_length
from .._cells import double, largest
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS

_P1, _P2 = 0.3, 0.4
Clock = Literal["cyclic", "skip"]


def _data(blocks: int, size: int) -> np.ndarray:
    return np.random.default_rng(blocks + size).normal(size=(blocks, size)) / np.sqrt(size)


def _layers(
    y: np.ndarray, now: int, layers: int, clock: Clock, p1: float = _P1, p2: float = _P2
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """D and W of (34) and (35) of each layer in full, positions counted from 0."""
    n, d = y.shape
    c, w = np.eye(n), np.zeros((d * n, d * n))
    for k in range(1, layers + 1):
        there, j = clock == "cyclic" or k <= now, (now - k) % n
        old, new = np.kron(y[j], c[j]), np.kron(y[now], c[now])
        pair = np.outer(old, new) - np.outer(new, old)
        swap = np.kron(np.eye(d), np.outer(c[j], c[now]) - np.outer(c[now], c[j]))
        w = (1 - p2) * w + p2 * there * pair
        yield (1 - p1) * np.eye(d * n) + p1 * there * swap, w


def _columns(y: np.ndarray, now: int, scale: np.ndarray, clock: Clock) -> np.ndarray:
    """K^L of (32), with one column for each position of the clock."""
    n, d = y.shape
    k = np.tanh(np.kron(y[now], np.eye(n)[now]))
    for s, (D, W) in zip(scale, _layers(y, now, len(scale), clock), strict=True):
        k = s * k + np.tanh(D @ W @ k)
    return k.reshape(d, n)


def _cell(y: np.ndarray, scale: np.ndarray, clock: Clock) -> QUNN:
    n, d = y.shape
    made = QUNN(
        d, d, block=n, layers=len(scale), clock=clock, encoder=False, p1=_P1, p2=_P2,
        dtype=jnp.float64, key=jax.random.key(0),
    )  # fmt: skip
    return eqx.tree_at(lambda cell: cell.scale, made, jnp.asarray(scale))


def _state(y: np.ndarray, now: int) -> QUNNState:
    """The library's state where these inputs stand at the positions of the clock."""
    ring = jnp.asarray(y[(now - np.arange(len(y))) % len(y)])
    return QUNNState(ring, jnp.asarray(float(now)), None)


def _library(y: np.ndarray, scale: np.ndarray, clock: Clock, places: list[int]) -> float:
    """By how much the library misses the matrices at some positions of the clock."""
    own, off = _cell(y, scale, clock), []
    columns = eqx.filter_jit(lambda state: own.columns(state))
    for now in places:
        found = np.asarray(columns(_state(y, now)))[(now - np.arange(len(y))) % len(y)].T
        off.append(found - _columns(y, now, scale, clock))
    return largest(off)


@CLAIMS.add(
    "eqs. (32)-(35)",
    printed="Layers K^k = S_k K^(k-1) + s(D^k W^k K^(k-1)), D exchanging clock states and W made "
    "of the last inputs.",
    expects="holds",
)
@double
def layers(budget: Budget) -> Finding:
    y = _data(5, 3)
    scale = np.random.default_rng(0).normal(size=4)
    off = _library(y, scale, "skip", [4])
    says = (
        "Where all inputs exist (l = N = 5, four layers) the library, which forms no matrix, is "
        "off from the 15 by 15 matrices by {printed}. (Print has its first layer twice: it starts "
        "from K^1 and then counts from k = 1.)"
    )
    return Finding.compare(says, printed=off, tolerance=1e-13)


@CLAIMS.add(
    "eqs. (34)-(35), first inputs",
    printed="D^k and W^k read Y and c at position l - k, for l and k from 1 to N.",
    right="For l <= k there is no such position. Either the clock runs round, over the last N "
    "inputs, or the term is left out; and W^0, which print leaves open, is 0.",
    expects="corrected",
)
@double
def first_inputs(budget: Budget) -> Finding:
    n, scale = 5, np.random.default_rng(1).normal(size=5)
    missing = np.mean([k >= place for place in range(1, n + 1) for k in range(1, n + 1)])
    clocks: tuple[Clock, Clock] = ("cyclic", "skip")
    off = [_library(_data(n, 3), scale, clock, list(range(n))) for clock in clocks]
    return Finding.compare(
        "Of the 25 pairs of l and k for N = 5 a share {printed} has none; both completions are the "
        "library's to {right}.",
        printed=float(missing),
        right=max(off),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "after eq. (35), clock states",
    kind="statement",
    printed="c_1 c_(l-1)^T permutes the order of the clock states.",
    right="It moves one state and deletes all others. c_(l-k) c_l^T - c_l c_(l-k)^T, as in (34), "
    "exchanges two, one of them with a minus, and deletes the rest.",
    expects="corrected",
)
def clock_exchange(budget: Budget) -> Finding:
    c = np.eye(5)
    one = np.outer(c[0], c[3])
    two = np.outer(c[1], c[3]) - np.outer(c[3], c[1])
    kept = two[np.ix_([1, 3], [1, 3])]
    return Finding.compare(
        "P^T P of the printed operator is off from 1 by {printed}; of the one in (34), on its two "
        "states, by {right}.",
        printed=float(np.abs(one.T @ one - c).max()),
        right=float(np.abs(kept.T @ kept - np.eye(2)).max()),
        tolerance=0,
    )


@CLAIMS.add(
    "after eq. (35), memory",
    kind="statement",
    printed="p2 sets how much of the past inputs is remembered.",
    expects="holds",
)
def share_of_memory(budget: Budget) -> Finding:
    y, now, off = _data(6, 2), 5, []
    for p2 in (0.1, 0.4, 0.9):
        own = np.kron(y[now], np.eye(6)[now])
        for k, (_, W) in enumerate(_layers(y, now, 4, "cyclic", p2=p2), 1):
            for m in range(1, k + 1):
                old = np.kron(y[now - m], np.eye(6)[now - m])
                weight = old @ W @ own / ((old @ old) * (own @ own))
                off.append(weight - p2 * (1 - p2) ** (k - m))
    says = (
        "In layer k the input m steps back has the weight p2 (1 - p2)^(k - m): off by {printed} in "
        "30 cases."
    )
    return Finding.compare(says, printed=largest(np.array(off)), tolerance=1e-13)


@functools.cache
def _dead() -> dict[tuple[Clock, int], float]:
    """Share of l before N at which the printed read-out is the same for two different inputs."""
    found: dict[tuple[Clock, int], float] = {}
    one, other = np.random.default_rng(2).normal(size=(2, 5, 2))
    cases: list[tuple[Clock, int]] = [("skip", 5), ("cyclic", 3), ("cyclic", 4)]
    for clock, count in cases:
        scale = np.ones(count)
        seen = [
            [_columns(y, now, scale, clock)[:, now + 1] for now in range(4)] for y in (one, other)
        ]
        same = [np.array_equal(a, b) for a, b in zip(*seen, strict=True)]
        found[clock, count] = float(np.mean(same))
    return found


@CLAIMS.add(
    "eq. (36)",
    printed="The output is s of the column l + 1 of K^L, written as a trace over the clock.",
    right="No layer reaches that column where terms for l <= k are left out, nor with fewer than "
    "N - 1 layers on a clock that runs round: the output is then s(0) for every input. N - 1 "
    "layers on that clock reach it; the library learns which columns to read.",
    expects="corrected",
)
def read_out(budget: Budget) -> Finding:
    dead = _dead()
    rows = tuple((clock, layers, share) for (clock, layers), share in dead.items())
    caption = "Share of the positions l < N = 5 at which two random inputs give one output."
    try:
        QUNN(2, 2, block=5, clock="skip", readout="printed", key=jax.random.key(0))
        refused = "accepts"
    except ValueError:
        refused = "refuses"
    return Finding.compare(
        "The output depends on no input at a share {printed} of l with the printed sums, {right} "
        f"with a clock that runs round and N - 1 layers. The library {refused} the first.",
        printed=dead["skip", 5],
        right=dead["cyclic", 4],
        tolerance=0,
        comparison=Comparison(caption, ("clock", "layers", "share without effect"), rows),
    )


@CLAIMS.add(
    "Fig. 3",
    kind="figure",
    printed="With L = N layers QUNN is an ODERNN with n = t = L: it couples N values in time.",
    expects="holds",
)
@double
def coupled_inputs(budget: Budget) -> Finding:
    y, scale = _data(5, 2), np.ones(5)
    own = _cell(y, scale, "cyclic")
    outputs = np.asarray(own.clock_readout)
    read = lambda y: np.tanh(outputs @ _columns(y, 3, scale, "cyclic")[:, (3 - np.arange(5)) % 5].T)
    moved = []
    for place in range(5):
        other = y.copy()
        other[place] += 0.1
        moved.append(not np.array_equal(read(other), read(y)))
    xs = jnp.asarray(_data(9, 2))
    state, steps = own.initial_state(), []
    for x in xs:
        state = own.step(None, state, own.drive(x))
        steps.append(own.output(state))
    apart = largest([np.asarray(own.teacher_forced(xs)) - np.stack(steps)])
    return Finding.compare(
        f"{sum(moved)} inputs move an output with N = L = 5, off from 5 by "
        + "{printed}. They are "
        f"inputs, not its own states: all outputs at once are those in turn to {apart:.1g}.",
        printed=float(abs(sum(moved) - 5) + (apart > 1e-13)),
        tolerance=0,
    )


@CLAIMS.add(
    "after Fig. 3, stability",
    kind="statement",
    printed="QUNN is made stable by choosing the parameters of (32) and (35) as Theorem 1 asks.",
    right="W is antisymmetric, D W is not, and no choice with S_k = 1 and p2 > 0 keeps distances. "
    "What holds is the bound |S_k| + Lip(s) |D| |W| of a layer, with |D| = sqrt((1 - p1)^2 + p1^2) "
    "and |W| from the inputs.",
    expects="corrected",
)
@double
def stability(budget: Budget) -> Finding:
    y, now, scale = _data(5, 3), 3, np.ones(5)
    bounds = np.asarray(_cell(y, scale, "cyclic").layer_bounds(_state(y, now)))
    growth, right = [], []
    draw = np.random.default_rng(3)
    for bound, (D, W) in zip(bounds, _layers(y, now, 5, "cyclic"), strict=True):
        k = 0.3 * draw.normal(size=15)
        slope = np.eye(15) + (1 / np.cosh(D @ W @ k) ** 2)[:, None] * (D @ W)
        growth.append(np.linalg.norm(slope, 2) - 1)
        right.append(max(0.0, np.linalg.norm(slope, 2) - bound))
    turning = max(
        float(np.linalg.eigvals(D @ W).real.max()) for D, W in _layers(y, now, 5, "cyclic")
    )
    return Finding.compare(
        "Layers part nearby states by 1 plus {printed} and more, and pass the bound by {right}; "
        f"eigenvalues of D W have real parts up to {turning:.3f}.",
        printed=max(0.0, min(growth[:-1])),
        right=max(right),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "after Table 3, length of blocks",
    kind="statement",
    printed="The autocorrelation of the data gives an estimate of N.",
    expects="holds",
)
def estimate_of_the_block(budget: Budget) -> Finding:
    rows, draw = [], np.random.default_rng(4)
    for terms in (3, 6, 13):
        found = []
        for _ in range(5):
            noise = draw.normal(size=20_000 + terms)
            series = np.convolve(noise, np.ones(terms), "valid")
            found.append(block_length(series).cutoff)
        rows.append((terms - 1, float(np.median(found)), min(found), max(found)))
    off = max(abs(row[1] - row[0]) / row[0] for row in rows)
    caption = "Sums of successive normal numbers: last correlated lag, and what five series say."
    columns = ("lag", "median", "least", "largest")
    return Finding.compare(
        "The medians of five estimates are off from the last correlated lag by a share {printed}. "
        "Print names no estimator; this one is Bartlett's band over three lags.",
        printed=off,
        tolerance=0.2,
        comparison=Comparison(caption, columns, tuple(rows)),
    )


CLAIMS.unchecked(
    "section 3.2 and after Table 3, training",
    printed="QUNN represents more dynamics than networks with fixed weights, and may be slower to "
    "train.",
    because="no task, network or number is named. What the library's QUNN learns is in its "
    "measurements: with a learned read-out and an encoder, more than the printed one.",
)
