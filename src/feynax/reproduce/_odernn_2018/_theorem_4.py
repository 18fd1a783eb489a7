"""Theorem 4 and eq. (14): a quantum system as the propagation of a network."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ...equations import resonance_certificate, symplectic_defect
from ...networks import SymplecticRNN
from ...quantum import Cayley, SymplecticEuler
from .._cells import cell, double
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._figures import errors_and_budget

_D = 8  # 2^n of n = 3


def _system() -> tuple[np.ndarray, np.ndarray]:
    """A real Hamiltonian of norm 1 and a state."""
    draw = np.random.default_rng(0)
    H, psi = draw.normal(size=(_D, _D)), draw.normal(size=2 * _D).view(complex)
    H = H + H.T
    return H / np.linalg.norm(H, 2), psi / np.linalg.norm(psi)


def _exact(H: np.ndarray, time: float, psi: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(H)
    return vectors @ (np.exp(-1j * time * values) * (vectors.conj().T @ psi))


def _printed(H: np.ndarray, dt: float) -> np.ndarray:
    """The matrix of (14) on (P, C)."""
    one = np.eye(len(H))
    return np.block([[one, dt * H], [-dt * H, one - dt**2 * H @ H]])


def _parts(psi: np.ndarray) -> np.ndarray:
    return np.concatenate([np.real(psi), np.imag(psi)])


def _error(H: np.ndarray, psi: np.ndarray, time: float, steps: int) -> float:
    """Error of so many steps of (14), whose matrix the library's step is."""
    moved = np.linalg.matrix_power(_printed(H, time / steps), steps) @ _parts(psi)
    return float(np.linalg.norm(moved - _parts(_exact(H, time, psi))))


@CLAIMS.add(
    "eq. (14)",
    printed="P <- P + dt H C, then C <- C - dt H P, as a matrix [[1, dt H], [-dt H, 1 - dt^2 "
    "H^2]], is the symplectic Euler step of psi = P + iC.",
    expects="holds",
)
@double
def symplectic_step(budget: Budget) -> Finding:
    H, psi = _system()
    step = SymplecticEuler(H, 0.3)
    moved = _parts(np.asarray(step.step(psi)))
    order = np.log2(_error(H, psi, 2.0, 400) / _error(H, psi, 2.0, 800))
    return Finding.compare(
        "The library's step, P first, then C by the new P, is the matrix to {printed}, and its "
        f"error at a fixed time falls with order {order:.3f}.",
        printed=float(np.abs(moved - _printed(H, 0.3) @ _parts(psi)).max()),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "eq. (14), sizes",
    printed="Its blocks have 2^(n+1) rows, for a system of dimension 2^n.",
    right="2^n rows: the whole matrix then has the 2^(n+1) rows of the theorem.",
    expects="corrected",
)
def sizes_of_blocks(budget: Budget) -> Finding:
    n = 3
    whole = len(_printed(_system()[0], 0.1))
    return Finding.compare(
        "For n = 3 the matrix of the library's step has 16 rows: {printed} fewer than two printed "
        "blocks, {right} fewer than two blocks of 8.",
        printed=float(2 * 2 ** (n + 1) - whole),
        right=float(2 * 2**n - whole),
        tolerance=0,
    )


@CLAIMS.add(
    "Theorem 4, kind of matrix",
    kind="theorem",
    printed="The network's weight matrix is anti-Hermitian.",
    right="(14) is symplectic, and neither antisymmetric nor orthogonal. What is antisymmetric is "
    "the generator [[0, H], [-H, 0]] of the equation.",
    expects="corrected",
)
@double
def kind_of_matrix(budget: Budget) -> Finding:
    H, _ = _system()
    M, G = _printed(H, 0.3), Cayley(H, 0.3).generator()
    return Finding.compare(
        f"M + M^T is {{printed}} and M^T M - 1 is {np.abs(M.T @ M - np.eye(16)).max():.2g}; M^T "
        "Omega M - Omega and G + G^T of the generator are {right}.",
        printed=float(np.abs(M + M.T).max()),
        right=max(symplectic_defect(M), float(np.abs(G + G.T).max())),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "Theorem 4, network",
    kind="theorem",
    printed="The evolution is that of a recurrent network with the identity for its activation.",
    expects="holds",
)
@double
def as_a_network(budget: Budget) -> Finding:
    H, psi = _system()
    own = cell("SymplecticRNN", size=_D, outer="printed", activation="identity", step_size=0.3)
    assert isinstance(own, SymplecticRNN)
    own = eqx.tree_at(
        lambda c: (c.weights, c.bias), own, (-jnp.asarray(H)[None], jnp.zeros(2 * _D))
    )
    state, none = (jnp.asarray(np.imag(psi)), jnp.asarray(np.real(psi))), own.drive(jnp.zeros(_D))
    for _ in range(20):
        state = own.step(own.prepare(), state, none)
    moved = np.linalg.matrix_power(_printed(H, 0.3), 20) @ _parts(psi)
    return Finding.compare(
        "Twenty steps of the library's SymplecticRNN with weights -H, z = P and y = C, are those "
        "of (14) to {printed}.",
        printed=float(np.abs(np.concatenate([state[1], state[0]]) - moved).max()),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "Theorem 4, complex Hamiltonians",
    kind="statement",
    printed="A complex Hamiltonian is mapped to a real one at a constant cost.",
    expects="holds",
)
@double
def complex_hamiltonians(budget: Budget) -> Finding:
    from scipy.linalg import expm

    draw = np.random.default_rng(4)
    H = draw.normal(size=(5, 10)).view(complex)
    H = H + H.conj().T
    doubled = np.block([[np.real(H), -np.imag(H)], [np.imag(H), np.real(H)]])
    twice = np.repeat(np.linalg.eigvalsh(H), 2) - np.linalg.eigvalsh(doubled)
    psi = draw.normal(size=10).view(complex)
    direct = expm(Cayley(H, 0.1).generator()) @ _parts(psi) - _parts(expm(-1j * H) @ psi)
    return Finding.compare(
        "The real symmetric matrix of twice the size has each level twice, to {printed}; with P "
        "and C that is four times the size. The library's antisymmetric generator needs only "
        f"twice, and moves a state to {np.abs(direct).max():.1g}.",
        printed=float(max(np.abs(twice).max(), np.abs(direct).max())),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "Theorem 4, stable regime",
    kind="statement",
    printed="(14) is stable for |dt ||H||| < 2.",
    expects="holds",
)
def stable_regime(budget: Budget) -> Finding:
    H, _ = _system()
    radius = lambda dt: float(np.abs(np.linalg.eigvals(_printed(H, dt))).max())
    wrong = sum((radius(dt) < 1 + 1e-6) != (dt < 2) for dt in (0.5, 1.0, 1.9, 1.999, 2.001, 2.1))
    kept = SymplecticEuler(H, 1.999).stability()
    return Finding.compare(
        f"At 6 steps around 2 {{printed}} are judged otherwise; just above, 2.001, the spectral "
        f"radius is {radius(2.001):.4f}.",
        printed=float(wrong + (not kept)),
        tolerance=0,
    )


@CLAIMS.add(
    "Theorem 4, time-dependent Hamiltonian",
    kind="theorem",
    printed="For H(t) that changes from step to step the propagation is stable, too, below the "
    "bound.",
    right="Not so: the bound is for one H. Steps with H and -H in turn grow without limit, where "
    "the quantum system comes back to where it was; the Cayley step keeps the norm.",
    expects="false",
)
def changing_hamiltonian(budget: Budget) -> Finding:
    H, _ = _system()
    found = resonance_certificate([0.95 * H, -0.95 * H], 1.0).rate
    turn = lambda sign: np.linalg.solve(
        np.eye(_D) + sign * 0.475j * H, np.eye(_D) - sign * 0.475j * H
    )
    cayley = turn(-1) @ turn(1)
    assert found is not None
    return Finding.compare(
        "With dt ||H|| = 0.95 a state grows by a share {printed} every two steps; two Cayley steps "
        f"are the identity to {np.abs(cayley - np.eye(_D)).max():.1g}.",
        printed=found - 1,
        tolerance=1e-9,
    )


@CLAIMS.add(
    "Theorem 4, error",
    kind="theorem",
    printed="T ||H|| steps have an error of order 1/(T ||H||)^2.",
    right="(14) is of first order: at a fixed time the error falls as the step. With T ||H|| steps "
    "each is one radian long, and the error grows with T to order 1; an error e needs about T "
    "||H||/e + (T ||H||)^(3/2)/e^(1/2) steps.",
    expects="corrected",
)
def error_of_the_budget(budget: Budget) -> Finding:
    H, psi = _system()
    times = (5, 10, 20, 40, 80)
    found = [_error(H, psi, float(t), t) for t in times]
    order = float(np.log2(_error(H, psi, 10.0, 2000) / _error(H, psi, 10.0, 4000)))
    rows = tuple((t, f, 1 / t**2) for t, f in zip(times, found, strict=True))
    caption = "Error of T ||H|| steps, and 1/(T ||H||)^2, with a factor of one."
    grown = np.log2(found[-1] / found[0]) / np.log2(times[-1] / times[0])
    return Finding.compare(
        "From T ||H|| = 5 to 80 the error changes as the power "
        f"{grown:.2f} of T, {{printed}} away from -2; the order in the step is off from 1 by "
        "{right}.",
        printed=float(abs(grown + 2)),
        right=abs(order - 1),
        tolerance=0.05,
        comparison=Comparison(
            caption,
            ("T ||H||", "error", "printed"),
            rows,
            lambda: errors_and_budget(times, found),
        ),
    )


@CLAIMS.add(
    "Theorem 4, number of steps",
    kind="theorem",
    printed="T ||H|| steps are enough: dt ||H|| < 1 is all that is asked for.",
    right="For stability. A given error needs many more; the library has a proven number.",
    expects="corrected",
)
@double
def number_of_steps(budget: Budget) -> Finding:
    H, psi = _system()
    time, wanted = 20.0, 0.01
    enough = SymplecticEuler(H, 0.1).steps_for(wanted, time)
    return Finding.compare(
        f"For T ||H|| = 20 and an error of 0.01, 20 steps miss it by {{printed}}; the library asks "
        f"for {enough} steps, which miss it by {{right}}.",
        printed=max(0.0, _error(H, psi, time, 20) - wanted),
        right=max(0.0, _error(H, psi, time, enough) - wanted),
        tolerance=0,
    )


@CLAIMS.add(
    "Theorem 4, what is kept",
    kind="statement",
    printed="The real network propagates the state of a closed system, whose norm is kept.",
    right="(14) keeps |P|^2 + |C|^2 + dt P^T H C, and the norm only up to a share of order dt.",
    expects="corrected",
)
@double
def what_is_kept(budget: Budget) -> Finding:
    H, psi = _system()
    states = [_parts(psi)]
    for _ in range(100):
        states.append(_printed(H, 0.5) @ states[-1])
    step = SymplecticEuler(H, 0.5)
    kept = [float(step.invariant(s[:_D] + 1j * s[_D:])) for s in states[::20]]
    norms = [np.linalg.norm(s) for s in states]
    return Finding.compare(
        "Over 100 steps of dt ||H|| = 0.5 the norm varies by {printed}, the other quantity by "
        "{right}.",
        printed=float(np.ptp(norms)),
        right=float(np.ptp(kept)),
        tolerance=1e-12,
    )
