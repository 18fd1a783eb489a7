"""Section 3 to 3.1: Schroedinger's equation as a network, and computing with it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from ...equations import AffineField
from ...networks import LSTM
from ...quantum import Circuit, ClockHamiltonian, compile_function
from .._cells import cell, double
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS


@CLAIMS.add(
    "section 3, LSTM",
    kind="statement",
    printed="An ODERNN represents the dynamics of an LSTM with the guarantee of Theorem 1.",
    right="Gates are gamma and kappa that are not the identity, which no condition like Theorem "
    "1's allows. An LSTM may part two states.",
    expects="false",
)
@double
def guarantee_of_lstm(budget: Budget) -> Finding:
    own = cell("LSTM")
    assert isinstance(own, LSTM)
    x = jnp.zeros(4)
    flat = lambda s: jnp.concatenate(own.step(None, (s[:4], s[4:]), own.drive(x)))
    states = np.random.default_rng(0).normal(size=(20, 8))
    slopes = jax.jit(jax.vmap(jax.jacfwd(flat)))(jnp.asarray(states))
    norms = np.linalg.norm(np.asarray(slopes), 2, (1, 2))
    return Finding.compare(
        "At 20 random states one step of a random LSTM parts nearby states by up to 1 plus "
        "{printed}.",
        printed=max(0.0, float(norms.max()) - 1),
        tolerance=0,
    )


@CLAIMS.add(
    "eq. (31)",
    printed="dY/dt = -i H Y with a Hermitian H is a linear equation of first order, for networks.",
    expects="holds",
)
def schroedinger(budget: Budget) -> Finding:
    from scipy.linalg import expm

    draw = np.random.default_rng(1).normal(size=(2, 4, 4))
    H = draw[0] + 1j * draw[1]
    H = (H + H.conj().T) / 2
    generator = np.block([[H.imag, H.real], [-H.real, H.imag]])
    grown, _ = AffineField(generator, np.zeros(8)).flow(np.array(1.7))
    psi = draw[0, 0] + 1j * draw[1, 0]
    found = grown @ np.concatenate([psi.real, psi.imag])
    wanted = expm(-1.7j * H) @ psi
    off = np.abs(found - np.concatenate([wanted.real, wanted.imag])).max()
    skew = np.abs(generator + generator.T).max()
    says = (
        "As 8 real equations in (Re Y, Im Y) with an antisymmetric matrix it gives exp(-i H t) Y "
        "of 4 complex ones to {printed}."
    )
    return Finding.compare(says, printed=float(max(off, skew)), tolerance=1e-12)


CLAIMS.unchecked(
    "after eq. (31)",
    printed="What a part of a quantum system shows can be highly nonlinear.",
    because="no quantity is named. The density matrix of the part is linear in that of the whole, "
    "and quadratic in Y.",
)


@functools.cache
def _tables() -> tuple[np.ndarray, ...]:
    draw = np.random.default_rng(2)
    return tuple(draw.integers(0, 2, (2**n, 2)).astype(bool) for n in (3, 4))


def _computed(circuit: Circuit, x: int, bits: int) -> int:
    """What the ground state of the clock Hamiltonian says at the last clock."""
    return ClockHamiltonian(circuit, x).ground_state().states[-1] >> bits


@CLAIMS.add(
    "section 3.1, universality",
    kind="statement",
    printed="Any Boolean function is encoded in a Hamiltonian with polynomially many terms in the "
    "number of gates of its circuit.",
    expects="holds",
)
def universality(budget: Budget) -> Finding:
    rows, wrong = [], 0
    for table in _tables():
        bits = len(table).bit_length() - 1
        circuit = compile_function(table)
        wanted = [int(row[0]) + 2 * int(row[1]) for row in table]
        wrong += sum(_computed(circuit, x, bits) != y for x, y in enumerate(wanted))
        ham = ClockHamiltonian(circuit, 0)
        terms = len(circuit) + circuit.bits  # one a gate, and one a bit for the input
        rows.append((bits, len(circuit), terms, ham.size, ham.gap()))
    caption = (
        "Random functions of 3 and 4 bits with two results, as circuits and clock Hamiltonians. "
        "The number of gates of such functions grows exponentially with the bits."
    )
    columns = ("bits", "gates", "terms", "dimension", "gap")
    return Finding.compare(
        "The ground states say another result than the function's for {printed} of 24 inputs, with "
        "one term for each gate and each bit.",
        printed=float(wrong),
        tolerance=0,
        comparison=Comparison(caption, columns, tuple(rows)),
    )


@CLAIMS.add(
    "section 3.1, clock Hamiltonian",
    kind="statement",
    printed="The evolution of a system is the state of lowest energy of a Hamiltonian on a larger "
    "one, with a clock.",
    expects="holds",
)
@double
def history_state(budget: Budget) -> Finding:
    circuit = compile_function(_tables()[0])
    ham = ClockHamiltonian(circuit, 0b101)
    levels = np.linalg.eigvalsh(np.asarray(ham.as_matrix()))
    state = ham.ground_state()
    run = [0b101]
    for gate in circuit.gates:
        run.append(gate.run(run[-1]))
    other = sum(a != b for a, b in zip(run, state.states, strict=True))
    off = max(ham.residual(state), float(abs(levels[0])), float(other))
    says = (
        f"For a circuit of {len(circuit)} gates the state that is the run at equal amplitudes has "
        f"the lowest energy, 0, and the next is {levels[1]:.4f}: off by " + "{printed}."
    )
    return Finding.compare(says, printed=off, tolerance=1e-12)
