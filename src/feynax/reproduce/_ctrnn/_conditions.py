"""Equations (36) to (40) as statements about the network: where there are levels."""

import numpy as np

from ...quantum import PrintedOperator, QuadraticHamiltonian
from .._claim import Budget, Finding
from ._claims import CLAIMS
from ._draws import coefficients, networks


def _has_levels(ham: QuadraticHamiltonian) -> bool:
    return ham.kind == "elliptic"


@CLAIMS.add(
    "eqs. (36)-(37), as levels of the network",
    printed="These are the energies of the quantised network.",
    right="The quantised network has levels only as a centre, H* + sigma hbar omega (n + 1/2); "
    "(36) "
    "to (37) are real only for a saddle, which has a continuous spectrum.",
    expects="corrected",
)
def levels_of_the_network(budget: Budget) -> Finding:
    nets = networks(400, seed=7)
    real = np.array([n.hamiltonian.one.discriminant > 0 for n in nets])
    levels = np.array([_has_levels(n.hamiltonian) for n in nets])
    eigen = np.array([bool(np.all(np.abs(np.real(n.regime.eigenvalues())) < 1e-9)) for n in nets])
    return Finding.compare(
        "Of 400 networks a share {printed} with real (36) to (37) has no levels; levels and a "
        "purely "
        "imaginary spectrum disagree on {right}.",
        printed=float(np.mean(real & ~levels)),
        right=float(np.mean(levels != eigen)),
        tolerance=0,
    )


def _decays(operator: PrintedOperator) -> bool:
    """Whether the eigenfunctions of (23) vanish at infinity, from a far value."""
    if operator.discriminant <= 0:
        return False
    first = operator.eigenfunction(0)
    slope = abs(first.bend) + 1 / first.width**2
    far = 40 / np.sqrt(slope) * np.array([-1.0, 1.0]) + first.centre
    exponent = (
        first.bend * far**2 - first.tilt * far - (far - first.centre) ** 2 / (2 * first.width**2)
    )
    return bool(np.all(exponent < -20))


@CLAIMS.add(
    "eq. (38)",
    printed="Eigenfunctions vanish at infinity where Re xi1 > 0, with the xi1 of (25).",
    right="Where Re xi1 > 0 with the corrected xi1, whose sign is another one for C2 < 0; that "
    "they "
    "are levels needs w12 w21 > 0.",
    expects="corrected",
)
def first_condition(budget: Budget) -> Finding:
    printed = right = 0
    rows = np.concatenate([coefficients(100, c2=c2, product=p) for c2 in (1, -1) for p in (1, -1)])
    operators = [PrintedOperator(*row) for row in rows]
    operators = [o for o in operators if o.discriminant > 1e-3]
    for operator in operators:
        truth = _decays(operator)
        printed += operator.printed_conditions().first != truth
        right += (operator.exponents[0].real > 0) != truth
    return Finding.compare(
        "Of 400 random saddles and centres, the printed sign is wrong for {printed}, the corrected "
        "one for {right}.",
        printed=float(printed),
        right=float(right),
        tolerance=0,
    )


@CLAIMS.add(
    "eqs. (39)-(40)",
    printed="Re xi1 = 0 with Re xi2 > 0 is accepted, too.",
    right="Then the exponential falls on one side and grows on the other: never normalisable. With "
    "Re xi1 > 0, xi2 needs no condition.",
    expects="false",
)
def second_condition(budget: Budget) -> Finding:
    y = np.array([-50.0, 50.0])
    grows = [float(np.max(np.exp(-y * xi2))) for xi2 in (0.1, 0.5, 2.0)]
    says = (
        "With xi1 = 0 and xi2 = 0.1, 0.5, 2 the exponential reaches at least {printed} at |y| = 50."
    )
    return Finding.compare(says, printed=min(grows), tolerance=1.0)


@CLAIMS.add(
    "end of section III",
    kind="statement",
    printed="Boundary conditions at infinity impose (38) to (40) on the weights of a quantised "
    "network.",
    right="The condition is Delta < 0: w12 and w21 of opposite sign with |w12 w21| > "
    "(w11 - 1)^2 tau2/tau1, where (38) is complex.",
    expects="corrected",
)
def condition_on_weights(budget: Budget) -> Finding:
    printed = right = 0
    for net in networks(400, seed=8):
        (w11, w12), (w21, _) = net.w
        truth = _has_levels(net.hamiltonian)
        opposite = w12 * w21 < 0
        strong = abs(w12 * w21) > (w11 - 1) ** 2 * net.tau[1] / net.tau[0]
        right += (opposite and strong) != truth
        printed += PrintedOperator(*net.constants).printed_conditions().accepted != truth
    return Finding.compare(
        "Of 400 random networks the printed conditions misjudge {printed}, the corrected one "
        "{right}.",
        printed=float(printed),
        right=float(right),
        tolerance=0,
    )
