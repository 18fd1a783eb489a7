"""The quantum-inspired network as printed, its matrices formed in full, and the library's."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...networks import QUNN, QUNNState

DATA, BLOCK = 3, 6
_P1, _P2 = 0.3, 0.4


def series(seed: int = 0) -> np.ndarray:
    """One block of random inputs."""
    return np.random.default_rng(seed).normal(size=(BLOCK, DATA)) / np.sqrt(DATA)


def clock_state(at: int) -> np.ndarray:
    return np.eye(BLOCK)[at]


def rotation(there: int, here: int) -> np.ndarray:
    """|there><here| - |here><there| on clock states."""
    return np.outer(clock_state(there), clock_state(here)) - np.outer(
        clock_state(here), clock_state(there)
    )


@dataclasses.dataclass
class Printed:
    """(16) to (22) with matrices formed in full, for the inputs of one block.

    Layer n pairs the input l with the input l + shift of another clock position: as printed in (18)
    and (19) the shift is +1, in (21) and (22) it is -n.
    """

    layers: int
    p1: float = _P1
    p2: float = _P2
    ahead: bool = False

    def partner(self, at: int, n: int) -> int:
        """Clock position of the other input."""
        return at + 1 if self.ahead else at - n

    def memories(self, ys: np.ndarray, now: int) -> list[np.ndarray]:
        """W of each layer after the inputs up to now."""
        W = [np.zeros((DATA * BLOCK, DATA * BLOCK)) for _ in range(self.layers)]
        for at in range(now + 1):
            for n in range(1, self.layers + 1):
                pair, j = 0.0, self.partner(at, n)
                if 0 <= j < BLOCK:
                    one, other = np.kron(ys[at], clock_state(at)), np.kron(ys[j], clock_state(j))
                    first, last = (other, one) if self.ahead else (one, other)
                    pair = np.outer(first, last) - np.outer(last, first)
                W[n - 1] = (1 - self.p2) * W[n - 1] + self.p2 * pair
        return W

    def exchange(self, now: int, n: int) -> np.ndarray:
        """D of a layer."""
        j, swap = self.partner(now, n), np.zeros((BLOCK, BLOCK))
        if 0 <= j < BLOCK:
            swap = rotation(j, now) if self.ahead else rotation(now, j)
        return np.kron(np.eye(DATA), (1 - self.p1) * np.eye(BLOCK) + self.p1 * swap)

    def hamiltonians(self, ys: np.ndarray, now: int) -> list[np.ndarray]:
        """H = D W of each layer."""
        memories = self.memories(ys, now)
        return [self.exchange(now, n) @ W for n, W in enumerate(memories, 1)]

    def columns(self, ys: np.ndarray, now: int) -> np.ndarray:
        """K after the last layer, (data, clock)."""
        K = np.tanh(np.kron(ys[now], clock_state(now)))
        for H in self.hamiltonians(ys, now):
            K = K + np.tanh(H @ K)
        return K.reshape(DATA, BLOCK)


def network(layers: int, **options: Any) -> QUNN:
    """The library's network with the same numbers, without an encoder."""
    given = {"clock": "skip", "variant": "earlier", "p1": _P1, "p2": _P2} | options
    return QUNN(
        DATA, DATA, block=BLOCK, layers=layers, encoder=False, dtype=jnp.float64,
        key=jax.random.key(0), **given,
    )  # fmt: skip


def states_along(own: QUNN, ys: np.ndarray) -> list[QUNNState]:
    found, state, walk = [], own.initial_state(), eqx.filter_jit(lambda s, y: own.step(None, s, y))
    for y in ys:
        state = walk(state, jnp.asarray(y))
        found.append(state)
    return found


def columns_along(own: QUNN, states: list[QUNNState]) -> list[np.ndarray]:
    """Columns by clock position, (data, clock), at each sample."""
    columns = eqx.filter_jit(own.columns)
    return [
        np.asarray(columns(s))[(at - np.arange(BLOCK)) % BLOCK].T for at, s in enumerate(states)
    ]


def _stretch(step, K: np.ndarray) -> float:
    """Largest singular value of a map's Jacobian."""
    moves = 1e-6 * np.eye(len(K))
    slope = np.array([(step(K + e) - step(K - e)) / 2e-6 for e in moves])
    return float(np.linalg.norm(slope, 2))


def layer_stretch(scale: float = 1.0) -> float:
    """How far one layer of (16) can part two K at the inputs of a random block."""
    H = Printed(1).hamiltonians(scale * series(), 4)[0]
    return _stretch(lambda K: K + np.tanh(H @ K), np.zeros(DATA * BLOCK))
