"""Equations (21) to (23): the operators."""

import numpy as np

from ...quantum import FockBasis, weyl_operator
from .._claim import Budget, Finding
from ._claims import CLAIMS
from ._draws import coefficients, networks

_SIZE = 40  # states of an oscillator; the last few are spoilt by the cut
_KEPT = 30


def _ladder() -> tuple[np.ndarray, np.ndarray]:
    """Matrices of y and of d/dy in an oscillator's states."""
    root = np.sqrt(np.arange(1, _SIZE) / 2)
    up, down = np.diag(root, -1), np.diag(root, 1)
    return up + down, down - up


def _inner(matrix: np.ndarray) -> np.ndarray:
    return matrix[:_KEPT, :_KEPT]


def _quantised(row: np.ndarray, sign: int) -> np.ndarray:
    """(18) with y1 = -i sign d/dy2, products in symmetric order."""
    c1, c2, d1, d2, e2 = row
    y, d = _ladder()
    y1 = -1j * sign * d
    return -c1 * y1 - c2 * y1 @ y1 + d1 * y + d2 * y @ y + e2 * (y1 @ y + y @ y1) / 2


def _printed(row: np.ndarray) -> np.ndarray:
    """(22), letter by letter."""
    c1, c2, d1, d2, e2 = row
    y, d = _ladder()
    cross = -0.5j * (np.eye(_SIZE) + y @ d)
    return 1j * c1 * d - c2 * d @ d + d1 * y + d2 * y @ y + e2 * cross


@CLAIMS.add(
    "eq. (21)",
    printed="y2 multiplies, and y1 = -i d/dy2.",
    right="y1 = +i d/dy2: with the brackets of (11), y1 is the coordinate and y2 the momentum. As "
    "printed, the packets run the network backwards.",
    expects="corrected",
)
def sign_of_y1(budget: Budget) -> Finding:
    errors = {+1: 0.0, -1: 0.0}
    y, d = _ladder()
    for row in coefficients(10):
        _, _, d1, d2, e2 = row
        for sign in errors:
            y1 = -1j * sign * d
            energy = _quantised(row, sign)
            moves = 1j * (energy @ y1 - y1 @ energy)  # Heisenberg's equation for y1
            wanted = d1 * np.eye(_SIZE) + 2 * d2 * y + e2 * y1
            errors[sign] = max(errors[sign], np.max(np.abs(_inner(moves - wanted))))
    return Finding.compare(
        "Heisenberg's equation for y1 differs from (5) by {printed} with the printed sign and by "
        "{right} with the other, in 30 oscillator states.",
        printed=errors[+1],
        right=errors[-1],
        tolerance=1e-10,
    )


@CLAIMS.add(
    "eq. (22), second derivative",
    printed="The quantised Hamiltonian contains -C2 d^2/dy2^2.",
    right="+C2 d^2/dy2^2, since -C2 y1^2 with y1 = -i d/dy2 is that.",
    expects="corrected",
)
def sign_of_the_second_derivative(budget: Budget) -> Finding:
    _, d = _ladder()
    c2 = 0.7
    wanted = -c2 * (-1j * d) @ (-1j * d)
    return Finding.compare(
        "In 30 oscillator states the printed term is off by {printed}, the other sign by {right}.",
        printed=np.max(np.abs(_inner(-c2 * d @ d - wanted))),
        right=np.max(np.abs(_inner(c2 * d @ d - wanted))),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (22), cross term",
    printed="E2 y1 y2 becomes E2 (-i/2 - (i y2/2) d/dy2).",
    right="E2 (-i/2 - i y2 d/dy2), the symmetric product.",
    expects="corrected",
)
def cross_term(budget: Budget) -> Finding:
    y, d = _ladder()
    y1 = -1j * d
    wanted = (y1 @ y + y @ y1) / 2
    one = np.eye(_SIZE)
    return Finding.compare(
        "In 30 oscillator states the printed term is off by {printed}, the corrected one by "
        "{right}.",
        printed=np.max(np.abs(_inner(-0.5j * (one + y @ d) - wanted))),
        right=np.max(np.abs(_inner(-1j * (one / 2 + y @ d) - wanted))),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (22), symmetry",
    kind="statement",
    printed="The operator of (22) is symmetric.",
    right="Its anti-Hermitian part is -i E2/4; Weyl's operator of (18) is symmetric.",
    expects="corrected",
)
def symmetric_operator(budget: Budget) -> Finding:
    printed, right = [], []
    for row in coefficients(10):
        skew = _inner(_printed(row) - _printed(row).conj().T)
        printed.append(np.max(np.abs(skew)))
        weyl = weyl_operator(_symbol(row), FockBasis(_SIZE)).as_matrix()
        right.append(np.max(np.abs(np.asarray(weyl) - np.asarray(weyl).conj().T)))
    return Finding.compare(
        "The printed operator and its adjoint differ by {printed}, those of Weyl's by {right}.",
        printed=max(printed),
        right=max(right),
        tolerance=1e-12,
    )


def _symbol(row: np.ndarray) -> dict[tuple[int, int], float]:
    """(18) as powers of coordinate y1 and momentum y2."""
    c1, c2, d1, d2, e2 = (float(value) for value in row)
    return {(1, 0): -c1, (2, 0): -c2, (0, 1): d1, (0, 2): d2, (1, 1): e2}


@CLAIMS.add(
    "from (22) to (23)",
    printed="The eigenvalue problem of (22) is C2 psi'' + (C1 - E2 y) psi' + (D1 y - D2 y^2 - "
    "E2) psi "
    "= lambda psi.",
    right="Factors i are lost on the way: (23) is another operator, a diffusion with drift and "
    "killing.",
    expects="false",
)
def lost_factors(budget: Budget) -> Finding:
    apart = []
    y, d = _ladder()
    for row in coefficients(10):
        c1, c2, d1, d2, e2 = row
        other = c2 * d @ d + c1 * d - e2 * y @ d + d1 * y - d2 * y @ y - e2 * np.eye(_SIZE)
        apart.append(np.linalg.norm(_inner(other - _printed(row))) / np.linalg.norm(_inner(other)))
    says = "On 10 networks the operators of (22) and (23) differ by at least {printed}, relative."
    return Finding.compare(says, printed=min(apart), tolerance=1e-12)


@CLAIMS.add(
    "eq. (23)",
    printed="This is the time-independent Schroedinger equation of the network.",
    right="The quantised (18) is Weyl's operator, self-adjoint in L2; for a centre it has the "
    "levels "
    "H* + sigma hbar omega (n + 1/2), where (23) has none.",
    expects="corrected",
)
def schroedinger_equation(budget: Budget) -> Finding:
    printed, right = [], []
    for net in [n for n in networks(200, seed=5) if n.hamiltonian.kind == "elliptic"][:5]:
        ham = net.hamiltonian
        rate = ham.frequencies[0]
        # An oscillator basis about the centre, as wide as the ground state, diagonalises it.
        basis = FockBasis(_SIZE)
        weyl = np.asarray(weyl_operator(_centred(net), basis).as_matrix())
        found = np.linalg.eigvalsh(weyl) * ham.one.sign
        ours = (ham.levels(4) - ham.centre_energy) * ham.one.sign
        right.append(np.max(np.abs(np.sort(found)[:4] - ours)) / rate)
        other = np.linalg.eigvals(_diffusion(net.constants))
        nearest = np.abs(other[:, None] - ham.levels(4)).min(0)
        printed.append(float(nearest.max()) / rate)
    return Finding.compare(
        "The first levels of 5 centres lie within {right} frequencies of a matrix's eigenvalues; "
        "eigenvalues of (23) in the same basis are up to {printed} frequencies away.",
        printed=max(printed),
        right=max(right),
        tolerance=1e-6,
    )


def _centred(net) -> dict[tuple[int, int], float]:
    """The part of second order about the centre, scaled to the size of a basis state."""
    _, c2, _, d2, e2 = net.constants
    scale = np.sqrt(abs(d2 / c2)) ** 0.5
    return {(2, 0): -c2 * scale**2, (0, 2): d2 / scale**2, (1, 1): e2}


def _diffusion(row) -> np.ndarray:
    c1, c2, d1, d2, e2 = row
    y, d = _ladder()
    return c2 * d @ d + c1 * d - e2 * y @ d + d1 * y - d2 * y @ y - e2 * np.eye(_SIZE)
