"""States of a clock Hamiltonian: a computation, and how much of each of its steps."""

import dataclasses

import jax
import numpy as np
from jaxtyping import Bool, Float, Inexact, Int, PRNGKeyArray

from ..._checks import check_count
from ._apply import trajectory
from ._circuit import Circuit


@dataclasses.dataclass(frozen=True, eq=False)
class Readout:
    """What measuring clock and bits gave, time after time.

    **Fields:** `clock` (count), 0 ... L; `bits` (count, n) with the least significant first;
    `finished` (count), whether all gates but idle ones had acted.
    """

    clock: Int[np.ndarray, " count"]
    bits: Bool[np.ndarray, "count n"]
    finished: Bool[np.ndarray, " count"]


@dataclasses.dataclass(frozen=True, eq=False)
class History:
    r"""$\sum_j a_j\, U_j \cdots U_1 |x\rangle \otimes |j\rangle$: an eigenstate in L + 1 numbers.

    Made by [`ClockHamiltonian.ground_state`][feynax.quantum.ClockHamiltonian.ground_state] and
    `eigenstate`.

    **Fields:**

    - `circuit`, `start`: the gates and the bits x at clock 0.
    - `amplitudes` (L + 1): $a_j$, real and normalised.
    - `energy`: the eigenvalue.

    ```python
    import feynax as fx
    state = fx.quantum.ClockHamiltonian(fx.quantum.full_adder().pad_idle(8), input=3).ground_state()
    assert abs(state.probability_finished() - 9 / 13) < 1e-15
    ```
    """

    circuit: Circuit
    start: int
    amplitudes: Float[np.ndarray, " clocks"]
    energy: float

    @property
    def states(self) -> tuple[int, ...]:
        """The bits at each clock; the amplitude of clock j belongs to `states[j]`.

        **Raises:** `ValueError` if a gate is a unitary matrix: then see `dense`.
        """
        return self.circuit.trajectory(self.start)

    def dense(self) -> Inexact[np.ndarray, " size"]:
        """Return all $(L + 1) 2^n$ entries, clock by clock, in double precision."""
        rows = self._rows()
        rows *= self.amplitudes[:, None]
        return rows.reshape(-1)

    def _rows(self) -> Inexact[np.ndarray, "clocks states"]:
        size = 2**self.circuit.bits
        if self.circuit.is_classical:
            rows = np.zeros((len(self.amplitudes), size))
            rows[np.arange(len(rows)), list(self.states)] = 1.0
            return rows
        with jax.enable_x64(True):
            first = jax.nn.one_hot(self.start, size, dtype=np.float64)
            return np.array(trajectory(self.circuit.gates, first, self.circuit.bits))

    def probability_finished(self) -> float:
        r"""Return the probability of finding the result: all gates but the idle ones have acted.

        For the ground state $(k + 1)/(L + 1)$, of L gates k at the end being idle.
        """
        return float(np.sum(self.amplitudes[-1 - self.circuit.idle :] ** 2))

    def measure(self, key: PRNGKeyArray, count: int = 1) -> Readout:
        """Measure clock and bits, `count` times on fresh states.

        ```python
        import feynax as fx, jax
        state = fx.quantum.ClockHamiltonian(fx.quantum.full_adder(), input=7).ground_state()
        seen = state.measure(jax.random.key(0), 50)
        assert (seen.bits[seen.finished] == [1, 0, 1, 1]).all()  # 1 + 1 + 1 = 3
        ```
        """
        check_count("count", count)
        with jax.enable_x64(True):
            draws = np.asarray(jax.random.uniform(key, (count, 2), dtype=np.float64))
        clock = _pick(self.amplitudes[None, :] ** 2, draws[:, 0])
        if self.circuit.is_classical:
            seen = [self.states[j] for j in clock]
        else:
            seen = _pick(np.abs(self._rows()[clock]) ** 2, draws[:, 1]).tolist()
        bits = [[bool(x >> q & 1) for q in range(self.circuit.bits)] for x in seen]
        finished = clock >= len(self.circuit) - self.circuit.idle
        return Readout(clock, np.array(bits), finished)


def _pick(weights: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Choose a column for each draw, by rows of weights (or one row for all)."""
    below = np.cumsum(weights, axis=1)
    below = below / below[:, -1:]
    return np.minimum((draws[:, None] >= below).sum(axis=1), weights.shape[1] - 1)
