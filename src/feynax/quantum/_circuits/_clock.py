"""Clock Hamiltonians: a computation as a state of lowest energy."""

from collections.abc import Sequence
from typing import cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Inexact

from ..._checks import check, check_count, check_finite, check_shape
from ..._citation import cites
from .._operators import AbstractOperator
from ._apply import MOST_BITS, Program, checked_state, clock_product, clock_residual, kinds, program
from ._circuit import Circuit, check_bits
from ._gate import Gate
from ._history import History
from ._sectors import lowest_levels, path_levels, path_state


@cites("feynman1985", "kitaev2002")
class ClockHamiltonian(AbstractOperator):
    r"""A circuit's run as the state of lowest energy of a Hamiltonian.

    $H = H_{in} + \tfrac12 \sum_j I \otimes (|j\rangle\langle j| + |j{+}1\rangle\langle j{+}1|)
    - U_j \otimes |j{+}1\rangle\langle j| - U_j^\dagger \otimes |j\rangle\langle j{+}1|$.

    Its ground state, of energy 0, is the whole computation at once: the sum of what the bits are
    after each gate, beside a clock 0 ... L that says how many gates have acted. $H_{in}$ charges
    `penalty` for each bit that is wrong at clock 0.

    A state has shape ((L + 1) $2^n$,): entry $j 2^n + x$ belongs to clock j and bits x. Applying
    H costs $O(L 2^n)$ and the memory of two states. Spectrum and eigenstates need no
    diagonalisation: the change of frame $V = \sum_j U_j \cdots U_1 \otimes |j\rangle\langle j|$
    leaves one path of L + 1 clocks for each input.

    **Arguments:**

    - `circuit`: at least one gate; at most 30 bits to apply H, any number for the rest.
    - `input`: the bits at clock 0, as a whole number.
    - `penalty`: in units of energy, at least 0: one number, or one for each bit.

    **Raises:** `ValueError` for a circuit without gates, bits that are not there, or a penalty
    that is negative or not finite.

    Source: n-t-ODERNN document, after (39), which has no $H_{in}$: its kernel then has the
    dimension of the data, and is not unique as printed
    (`test_without_penalty_the_kernel_has_the_dimension_of_the_data`). R. P. Feynman, Quantum
    mechanical computers (1985); A. Kitaev, A. Shen, M. Vyalyi, Classical and Quantum Computation
    (2002).

    ```python
    import feynax as fx
    ham = fx.quantum.ClockHamiltonian(fx.quantum.full_adder(), input=0b011)
    state = ham.ground_state()
    assert state.energy == 0 and state.states[-1] == 0b1001  # 1 + 1 + 0 = 2
    assert ham.residual(state) < 1e-15 and 0.04 < ham.gap() < 0.05
    ```
    """

    circuit: Circuit = eqx.field(static=True)
    input: int = eqx.field(static=True)
    penalty: tuple[float, ...] = eqx.field(static=True)
    size: int = eqx.field(static=True)
    hermitian: bool = eqx.field(static=True)
    positive: bool = eqx.field(static=True)
    _kinds: tuple[int, ...] = eqx.field(static=True)
    _code: Program | None
    _costs: Float[np.ndarray, "bits 2"]

    def __init__(self, circuit: Circuit, input: int, penalty: float | Sequence[float] = 1.0):
        check(len(circuit) > 0, "circuit", "have a gate", "none")
        check_bits("input", input, circuit.bits)
        costs = np.broadcast_to(np.asarray(penalty, np.float64), np.shape(penalty) or circuit.bits)
        check_shape("penalty", costs, (circuit.bits,))
        check_finite("penalty", costs)
        check(bool(np.all(costs >= 0)), "penalty", "be at least 0", costs.min())
        self.circuit, self.input = circuit, int(input)
        self.penalty = tuple(costs.tolist())
        self.size = (len(circuit) + 1) * 2**circuit.bits
        self.hermitian = self.positive = True
        wrong_as = np.array([[i, 1 - i] for i in _bits(self.input, circuit.bits)])
        self._costs = costs[:, None] * wrong_as
        self._kinds = kinds(circuit.gates)
        framed = (Gate.idle(), *circuit.gates, Gate.idle())
        self._code = program(framed, circuit.bits) if circuit.bits <= MOST_BITS else None

    @property
    def dtype(self) -> np.dtype:
        unitary = [gate.matrix for gate in self.circuit.gates if gate.matrix is not None]
        plain = all(np.isreal(entry) for matrix in unitary for row in matrix for entry in row)
        return np.result_type(jnp.zeros(0).dtype, np.float32 if plain else np.complex64)

    def mv(self, psi: Inexact[Array, " size"]) -> Inexact[Array, " size"]:
        """Apply H to a state."""
        code = self._program()
        return clock_product(code, self._costs, checked_state(psi, self.size), self._kinds)

    def _program(self) -> Program:
        fits = self._code is not None
        check(fits, "circuit", f"have at most {MOST_BITS} bits to apply H", self.circuit.bits)
        return cast(Program, self._code)

    def adjoint(self) -> "ClockHamiltonian":
        """Return itself."""
        return self

    @property
    def degeneracy(self) -> int:
        """The dimension of the kernel: 1, unless some bits may be wrong for nothing."""
        return 2 ** sum(cost == 0 for cost in self.penalty)

    def ground_state(self) -> History:
        """Return the history of the right input: energy 0, the same amplitude at each clock.

        Exact, with nothing diagonalised: the history of bits occupies L + 1 entries.
        """
        return self.eigenstate()

    def eigenstate(self, error: int = 0, level: int = 0) -> History:
        """Return an eigenstate, exactly or to rounding.

        **Arguments:**

        - `error`: which bits are wrong at clock 0, as a whole number.
        - `level`: which level of the path of that input, from 0.
        """
        check_bits("error", error, self.circuit.bits)
        check_count("level", level, 0)
        steps = len(self.circuit)
        check(level <= steps, "level", f"be at most {steps}", level)
        cost = sum(
            p for p, b in zip(self.penalty, _bits(error, self.circuit.bits), strict=True) if b
        )
        energy, amplitudes = path_state(steps, cost, level)
        return History(self.circuit, self.input ^ error, amplitudes, energy)

    def levels(self, count: int) -> Float[np.ndarray, " count"]:
        """Return the lowest levels, ascending, each as often as it occurs."""
        check_count("count", count)
        check(count <= self.size, "count", f"be at most {self.size}", count)
        return lowest_levels(len(self.circuit), self.penalty, count)

    def gap(self) -> float:
        r"""Return the first level above 0.

        The smaller of $1 - \cos(\pi/(L + 1))$ (the right input) and the lowest level of a path
        with the smallest positive penalty at one end: about $\pi^2/(8 L^2)$, and for a penalty of
        one half $1 - \cos(\pi/(2L + 3))$.
        """
        steps = len(self.circuit)
        wrong = [path_levels(steps, p)[0] for p in sorted(set(self.penalty) - {0.0})[:1]]
        return float(min(path_levels(steps, 0.0)[1], *wrong, np.inf))

    def residual(self, state: History) -> float:
        r"""Return $\lVert H\psi - E\psi \rVert$ in double precision, H being applied in full."""
        with jax.enable_x64(True):
            psi = jnp.asarray(state.dense())
            return float(
                clock_residual(self._program(), self._costs, psi, state.energy, self._kinds)
            )


def _bits(x: int, count: int) -> list[int]:
    return [x >> q & 1 for q in range(count)]
