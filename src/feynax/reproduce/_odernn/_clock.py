"""Appendix A: the clock Hamiltonian, equations (37) to (40)."""

import functools
import itertools

import jax.numpy as jnp
import numpy as np

from ...quantum import ClockHamiltonian, RankOneClock, full_adder
from .._cells import double, largest
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS

_STEPS = 5


@functools.cache
def run(steps: int = _STEPS, size: int = 3) -> np.ndarray:
    """Random unit vectors: w_j is row j, r_j the row before it."""
    x = np.random.default_rng(steps).normal(size=(steps + 1, size))
    return x / np.linalg.norm(x, axis=1)[:, None]


def _turn(r: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The rotation of their plane that takes r to w."""
    both = np.outer(w, r) - np.outer(r, w)
    return np.eye(len(r)) + both + both @ both / (1 + r @ w)


@CLAIMS.add(
    "eq. (37)",
    printed="A step of a Turing machine is the rotation U_j = w_j r_j^T.",
    right="w_j r_j^T deletes what is not r_j: it rotates nothing. A rotation takes r_j to w_j and "
    "keeps all lengths, as a gate does.",
    expects="corrected",
)
def rotation(budget: Budget) -> Finding:
    x = run()
    ones, turns = [], []
    for r, w in itertools.pairwise(x):
        U = np.outer(w, r)
        ones.append(U.T @ U - np.eye(3))
        turn = _turn(r, w)
        turns += [turn.T @ turn - np.eye(3), turn @ r - w]
    return Finding.compare(
        "U^T U is off from 1 by {printed}; the rotation in the plane of r_j and w_j, which takes "
        "one to the other, by {right}.",
        printed=largest(ones),
        right=largest(turns),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (38)",
    printed="With the clock the step U_j ⊗ |j+1><j| is unitary.",
    right="It deletes every other time. The sum over j of gates with their clock steps is unitary "
    "where the last clock is led back to the first.",
    expects="corrected",
)
def unitary_step(budget: Budget) -> Finding:
    x, clocks = run(), np.eye(_STEPS + 1)
    one = np.kron(np.outer(x[1], x[0]), np.outer(clocks[1], clocks[0]))
    turns = [_turn(r, w) for r, w in itertools.pairwise(x)] + [np.eye(3)]
    shift = sum(
        np.kron(turn, np.outer(clocks[(j + 1) % len(clocks)], clocks[j]))
        for j, turn in enumerate(turns)
    )
    off = lambda U: float(np.abs(U.T @ U - np.eye(len(U))).max())
    return Finding.compare(
        "U^T U is off from 1 by {printed} for one step, by {right} for the closed sum of "
        "rotations.",
        printed=off(one),
        right=off(shift),
        tolerance=1e-12,
    )


def transfers(x: np.ndarray) -> list[np.ndarray]:
    """(39) of each step, clock before data."""
    clock = np.eye(len(x))
    moves = [
        np.kron(np.outer(clock[j + 1], clock[j]), np.outer(x[j + 1], x[j].conj()))
        for j in range(len(x) - 1)
    ]
    return [move + move.conj().T for move in moves]


@CLAIMS.add(
    "eq. (39)",
    printed="A step with its inverse, |w><r| ⊗ |j+1><j| + |r><w| ⊗ |j><j+1|, has purely imaginary "
    "eigenvalues.",
    right="It is Hermitian: they are real, in pairs of opposite sign.",
    expects="corrected",
)
def transfer(budget: Budget) -> Finding:
    x = run(4, 2) + 1j * run(4, 2)[:, ::-1]
    x /= np.linalg.norm(x, axis=1)[:, None]
    total = sum(transfers(x))
    values = np.linalg.eigvals(total)
    ordered = np.sort(values.real)
    return Finding.compare(
        "The sum of four steps has eigenvalues with real parts up to {printed}, imaginary parts "
        "and unpaired parts up to {right}.",
        printed=float(np.abs(values.real).max()),
        right=max(float(np.abs(values.imag).max()), float(np.abs(ordered + ordered[::-1]).max())),
        tolerance=1e-6,
    )


@CLAIMS.add(
    "after eq. (39), energy",
    kind="statement",
    printed="The lowest eigenvalue of the sum of all steps need not be zero.",
    expects="holds",
)
def energy_of_the_sum(budget: Budget) -> Finding:
    off = []
    for steps in (2, 5, 9):
        lowest = np.linalg.eigvalsh(sum(transfers(run(steps))))[0]
        off.append(lowest + 2 * np.cos(np.pi / (steps + 2)))
    says = "It is -2 cos(pi/(L + 2)), that of a path of L + 1 points: off by {printed}."
    return Finding.compare(says, printed=largest([np.array(off)]), tolerance=1e-12)


@CLAIMS.add(
    "after eq. (39), clock Hamiltonian",
    printed="H = sum over steps of I ⊗ |j><j| + I ⊗ |j+1><j+1| minus (39) has the lowest "
    "eigenvalue 0.",
    expects="holds",
)
@double
def clock_hamiltonian(budget: Budget) -> Finding:
    x, clock = run(), np.eye(_STEPS + 1)
    total = -sum(transfers(x))
    for j in range(_STEPS):
        both = np.outer(clock[j], clock[j]) + np.outer(clock[j + 1], clock[j + 1])
        total = total + np.kron(both, np.eye(3))
    lowest = float(np.linalg.eigvalsh(total)[0])
    apart = float(np.abs(total - np.asarray(RankOneClock(x).as_matrix())).max())
    says = (
        f"Of five steps it is {lowest:.1g}; the printed sum of five terms and the library's matrix "
        "differ, or it from 0, by {printed}. (Print has a cross where a tensor product stands.)"
    )
    return Finding.compare(says, printed=max(abs(lowest), apart), tolerance=1e-12)


@CLAIMS.add(
    "eq. (40)",
    printed="Its ground state is the sum over j = 1 ... L of w_j ⊗ |j+1>, over sqrt(L).",
    right="The start r_1 ⊗ |1> belongs to it, and L + 1 stands for L.",
    expects="corrected",
)
@double
def ground_state(budget: Budget) -> Finding:
    ham, x = RankOneClock(run()), run()
    printed = np.concatenate([np.zeros(3), x[1:].ravel() / np.sqrt(_STEPS)])
    energy = lambda psi: float(psi @ np.asarray(ham.mv(jnp.asarray(psi))))
    return Finding.compare(
        "With five steps the printed state has the energy {printed}, which is 1/L; with its first "
        "term it is {right}.",
        printed=abs(energy(printed)),
        right=abs(energy(ham.ground_state())),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "after eq. (40), unique",
    kind="statement",
    printed="The ground state is unique.",
    right="For terms made of one run. With gates, which act on every input, there is one for each "
    "input; a term that charges wrong bits at the first clock leaves one.",
    expects="corrected",
)
@double
def uniqueness(budget: Budget) -> Finding:
    others = []
    for penalty in (0.0, 1.0):
        ham = ClockHamiltonian(full_adder(), 0b011, penalty=penalty)
        levels = np.linalg.eigvalsh(np.asarray(ham.as_matrix()))
        others.append(float(np.sum(levels < 1e-10) - 1))
    return Finding.compare(
        "Beside the right one there are {printed} states of energy 0 of a full adder's gates, and "
        "{right} with the term for the input.",
        printed=others[0],
        right=others[1],
        tolerance=0,
    )


@CLAIMS.add(
    "after eq. (40), gap",
    kind="statement",
    printed="The ground state is separated from all others by a gap.",
    expects="holds",
)
@double
def gap(budget: Budget) -> Finding:
    rows = []
    for steps in (2, 8, 24):
        found = np.linalg.eigvalsh(np.asarray(RankOneClock(run(steps)).as_matrix()))[1]
        rows.append((steps, float(found), float(min(1, 2 - 2 * np.cos(np.pi / (steps + 1))))))
    off = max(abs(row[1] - row[2]) for row in rows)
    caption = "The gap of L steps; it falls as pi^2/L^2."
    return Finding.compare(
        "It is min(1, 2 - 2 cos(pi/(L + 1))), off by {printed}.",
        printed=off,
        tolerance=1e-12,
        comparison=Comparison(caption, ("steps", "found", "formula"), tuple(rows)),
    )


@CLAIMS.add(
    "after eq. (40), result",
    kind="statement",
    printed="Projecting the ground state on the clock |L> gives the result.",
    right="On |L+1>, in the numbers of (40); |L> holds the step before. It is found there with the "
    "probability 1/(L + 1), or (k + 1)/(L + k + 1) after k idle gates.",
    expects="corrected",
)
def result(budget: Budget) -> Finding:
    x = run()
    clocks = RankOneClock(x).ground_state().reshape(_STEPS + 1, 3)  # row j is |j+1> of (40)
    unit = clocks / np.linalg.norm(clocks, axis=1)[:, None]
    idle = ClockHamiltonian(full_adder().pad_idle(8), 5).ground_state().probability_finished()
    return Finding.compare(
        "The state at |L> is off from w_L by {printed}, that at |L+1> by {right}; a full adder "
        f"with 8 idle gates is finished with probability {idle:.3f}.",
        printed=float(np.abs(unit[_STEPS - 1] - x[-1]).max()),
        right=float(np.abs(unit[_STEPS] - x[-1]).max()),
        tolerance=1e-12,
    )
