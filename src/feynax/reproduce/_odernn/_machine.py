"""Appendix A, Theorem 5: what the clock Hamiltonian says of a function."""

import numpy as np

from ...quantum import ClockHamiltonian, RankOneClock, adder, full_adder
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._clock import run, transfers


@CLAIMS.add(
    "Theorem 5, one Hamiltonian for a function",
    kind="theorem",
    printed="The Hamiltonian made of the vectors r_j and w_j encodes the function.",
    right="It encodes one run, that of the input whose w_j it was made of, and computes nothing. "
    "With gates U_j for w_j r_j^T one Hamiltonian does all inputs.",
    expects="corrected",
)
def one_for_all_inputs(budget: Budget) -> Finding:
    circuit = full_adder()
    basis = np.eye(2**circuit.bits)
    history = RankOneClock(basis[list(circuit.trajectory(0b011))]).ground_state()
    said = int(np.argmax(history.reshape(len(circuit) + 1, -1)[-1]))
    sums = lambda bits: 2 * (bits >> 3) + (bits >> 2 & 1)
    wanted = [x.bit_count() for x in range(8)]
    gates = [sums(ClockHamiltonian(circuit, x).ground_state().states[-1]) for x in range(8)]
    return Finding.compare(
        "Made of the run of 1 + 1 + 0, it gives another sum than the adder's for {printed} of 8 "
        "inputs; with gates for {right}.",
        printed=float(sum(sums(said) != y for y in wanted)),
        right=float(sum(a != b for a, b in zip(gates, wanted, strict=True))),
        tolerance=0,
    )


@CLAIMS.add(
    "Theorem 5, fixed point",
    kind="theorem",
    printed="The ground state is a fixed point of the evolution.",
    expects="holds",
)
def fixed_point(budget: Budget) -> Finding:
    from scipy.linalg import expm

    H = -sum(transfers(run(3))) + np.kron(np.diag([1.0, 2, 2, 1]), np.eye(3))
    ham = RankOneClock(run(3))
    psi = np.random.default_rng(1).normal(size=12)
    rests = expm(-3j * H) @ ham.ground_state() - ham.ground_state()
    real = abs(abs(ham.ground_state() @ expm(-30j * H) @ psi) - abs(ham.ground_state() @ psi))
    cooled = expm(-60 * H) @ psi
    apart = np.abs(np.abs(cooled / np.linalg.norm(cooled)) - np.abs(ham.ground_state())).max()
    says = (
        "It moves by {printed}. It attracts nothing, though: of another state its share changes by "
        f"{real:.1g}; the flow exp(-t H) leads there, to {apart:.1g} after t = 60."
    )
    return Finding.compare(says, printed=float(np.abs(rests).max()), tolerance=1e-12)


@CLAIMS.add(
    "Theorem 5, size",
    kind="theorem",
    printed="The Hamiltonian has as many terms as the machine has steps, so polynomially many for "
    "functions of polynomial time.",
    expects="holds",
)
def number_of_terms(budget: Budget) -> Finding:
    sizes = np.array([4, 8, 16, 32])
    gates = np.array([len(adder(int(bits))) for bits in sizes])
    exponent = float(np.polyfit(np.log(sizes), np.log(gates), 1)[0])
    rows = tuple((int(b), int(g)) for b, g in zip(sizes, gates, strict=True))
    caption = "Adders of two numbers: gates, and so terms, of the clock Hamiltonian."
    return Finding.compare(
        "Terms of an adder grow with the bits with an exponent that exceeds 1 by {printed}.",
        printed=max(0.0, exponent - 1),
        tolerance=0.1,
        comparison=Comparison(caption, ("bits", "terms"), rows),
    )
