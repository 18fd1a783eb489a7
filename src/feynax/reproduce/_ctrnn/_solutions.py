"""Equations (24) to (37): solutions of (23), as printed and as they are."""

import numpy as np

from ...quantum import PrintedOperator
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._draws import coefficients, derivatives

_POINTS = np.linspace(-0.8, 0.8, 9)
_TOLERANCE = 1e-6  # of a residual by finite differences, relative to the largest term


def _residual(row, eigenvalue, psi) -> float:
    """How far a function is from solving (23), as a share of its largest term."""
    c1, c2, d1, d2, e2 = row
    y = _POINTS
    first, second = derivatives(psi, y)
    value = psi(y)
    terms = [
        c2 * second,
        (c1 - e2 * y) * first,
        (d1 * y - d2 * y**2 - e2) * value,
        -eigenvalue * value,
    ]
    return float(np.max(np.abs(sum(terms)) / sum(np.abs(term) for term in terms)))


def _solution(row, eigenvalue, *, exponents, argument: float = 1.0):
    """(24) with (27), first branch, for given exponents and a factor of Kummer's argument."""
    from scipy.special import hyp1f1

    c1, c2, d1, d2, e2 = row
    delta = e2**2 + 4 * c2 * d2
    root = np.sign(c2) * np.sqrt(delta)
    rest = 2 * d2 * c1**2 - 2 * c1 * d1 * e2 - 2 * c2 * d1**2 + 4 * c2 * d2 * e2 + e2**3
    alpha = 0.25 + (2 * delta * eigenvalue + rest) / (4 * root**3)
    xi1, xi2 = exponents

    def psi(y):
        z = (-delta * y + c1 * e2 + 2 * c2 * d1) ** 2 / root**3 * argument
        return np.exp(-y * (xi1 * y + xi2)) * hyp1f1(alpha, 0.5, z)

    return psi


def _exponents(row) -> tuple[float, float]:
    """Corrected exponents, from the library."""
    first, second = PrintedOperator(*row).exponents
    return first.real, second.real


def _printed_exponents(row) -> tuple[float, float]:
    c1, c2, d1, d2, e2 = row
    delta = e2**2 + 4 * c2 * d2
    return delta - e2 * np.sqrt(delta), -c1 * e2 - 4 * c2 * d1 + 2 * np.sqrt(delta)


@CLAIMS.add(
    "eqs. (24)-(26)",
    printed="Solutions carry exp(-y(xi1 y + xi2)), xi1 = Delta - E2 sqrt(Delta), xi2 = -C1 E2 - "
    "4 C2 D1 + 2 sqrt(Delta), with Delta = 4 C2 D2 + E2^2.",
    right="xi1 = (r - E2)/(4 C2) and xi2 = (C1 r - C1 E2 - 2 C2 D1)/(2 C2 r), r = sign(C2) "
    "sqrt(Delta): the printed ones lack a divisor and a factor C1.",
    expects="corrected",
)
def exponents(budget: Budget) -> Finding:
    printed, right = [], []
    for row in coefficients(8):
        inside = 1 / (2 * row[1])  # Kummer's argument, corrected
        for of, kept in ((_printed_exponents, printed), (_exponents, right)):
            psi = _solution(row, -0.4, exponents=of(row), argument=inside)
            kept.append(_residual(row, -0.4, psi))
    return Finding.compare(
        "Put into (23) on 8 saddles, the printed exponents leave {printed} of the largest "
        "term, the "
        "corrected ones {right}.",
        printed=min(printed),
        right=max(right),
        tolerance=_TOLERANCE,
    )


@CLAIMS.add(
    "eqs. (27)-(28)",
    printed="Kummer's argument is (Delta y - C1 E2 - 2 C2 D1)^2/Delta^(3/2).",
    right="The same over 2 C2, as (32) to (33) imply.",
    expects="corrected",
)
def kummers_argument(budget: Budget) -> Finding:
    printed, right = [], []
    for row in coefficients(8, seed=1):
        for factor, kept in ((1.0, printed), (1 / (2 * row[1]), right)):
            psi = _solution(row, -0.4, exponents=_exponents(row), argument=factor)
            kept.append(_residual(row, -0.4, psi))
    return Finding.compare(
        "Put into (23) on 8 saddles, the printed argument leaves {printed} of the largest "
        "term, the "
        "corrected one {right}.",
        printed=min(printed),
        right=max(right),
        tolerance=_TOLERANCE,
    )


@CLAIMS.add(
    "eqs. (29)-(30)",
    printed="Kummer's parameters are alpha (linear in lambda) and beta = alpha + 1/2.",
    expects="holds",
)
def kummers_parameters(budget: Budget) -> Finding:
    errors = []
    for row in coefficients(8, seed=2):
        for eigenvalue in (-1.3, 0.4, 2.1):
            psi = _solution(row, eigenvalue, exponents=_exponents(row), argument=1 / (2 * row[1]))
            ratio = psi(_POINTS) / PrintedOperator(*row).solutions(eigenvalue, _POINTS)[0]
            errors.append(float(np.max(np.abs(ratio / ratio[0] - 1))))
    return Finding.compare(
        "With exponents and argument corrected, the printed alpha gives the library's integrated "
        "solution up to {printed}, at three values of lambda for each of 8 saddles.",
        printed=max(errors),
        tolerance=1e-9,
    )


@CLAIMS.add(
    "eq. (31)",
    printed="M(a, b, z) is the sum of (a)_n z^n/((b)_n n!), and ends where a is 0 or a negative "
    "whole number.",
    expects="holds",
)
def kummers_series(budget: Budget) -> Finding:
    from scipy.special import factorial, hyp1f1, poch

    n, errors = np.arange(60), []
    for a in (0.3, -2.0, -5.0):
        for z in (0.4, 2.5):
            terms = poch(a, n) * z**n / (poch(0.5, n) * factorial(n))
            errors.append(abs(terms.sum() / hyp1f1(a, 0.5, z) - 1))
            if a < 0:
                errors.append(np.max(np.abs(terms[int(-a) + 1 :])))
    says = "Partial sums and terms beyond the end differ from that by {printed}, relative."
    return Finding.compare(says, printed=float(max(errors)), tolerance=1e-12)


@CLAIMS.add(
    "after eq. (31)",
    kind="statement",
    printed="Precisely alpha = -m or beta = -m makes solutions vanish at infinity, which gives "
    "discrete levels.",
    right="It selects levels only where C2 D2 > 0. Where C2 D2 < 0 and E2 has the sign opposite to "
    "C2, every solution vanishes for every lambda.",
    expects="corrected",
)
def what_selects_levels(budget: Budget) -> Finding:
    at, decays = 0.123 + 0.3j, []
    for sign in (1, -1):
        rows = coefficients(40, product=sign, seed=3)
        rows[:, 4] = -np.abs(rows[:, 4]) - (1.2 if sign < 0 else 0)  # stays a saddle
        for row in rows[:6]:
            operator = PrintedOperator(*row)
            far = max(operator.weight(np.array([0.0])).size * 12.0, 12.0)
            values = [
                np.abs(branch) for branch in operator.solutions(at, np.array([0.0, far, -far]))
            ]
            decays.append((sign, all(v[1:].max() < 1e-6 * max(v[0], 1) for v in values)))
    small = [d for s, d in decays if s < 0]
    large = [d for s, d in decays if s > 0]
    return Finding.compare(
        "At one complex lambda that is no level, a share {printed} of 6 networks with C2 D2 < "
        "0 have "
        "both solutions decaying, and {right} of 6 with C2 D2 > 0.",
        printed=float(np.mean(small)),
        right=float(np.mean(large)),
        tolerance=0,
    )


def _hermite_form(row, n: int, exponents: tuple[float, float]):
    """(32) and (33), with given exponents."""
    from scipy.special import eval_hermite

    c1, c2, d1, d2, e2 = row
    delta = e2**2 + 4 * c2 * d2

    def psi(y):
        scaled = (c1 * e2 + 2 * c2 * d1 - delta * y) / (np.sqrt(2 * c2) * delta**0.75)
        return eval_hermite(n, scaled) * np.exp(-y * (exponents[0] * y + exponents[1]))

    return psi


@CLAIMS.add(
    "eqs. (32)-(33)",
    printed="Eigenfunctions are Hermite polynomials of (C1 E2 + 2 C2 D1 - Delta y)/(sqrt(2 C2) "
    "Delta^(3/4)) times the exponential of (24).",
    right="The Hermite factor is right for C2 > 0; the exponential is that with the corrected xi.",
    expects="corrected",
)
def eigenfunctions(budget: Budget) -> Finding:
    printed, right = [], []
    for row in coefficients(6, seed=4):
        for n, level in enumerate(PrintedOperator(*row).levels(4)):
            printed.append(_residual(row, level, _hermite_form(row, n, _printed_exponents(row))))
            right.append(_residual(row, level, _hermite_form(row, n, _exponents(row))))
    return Finding.compare(
        "Put into (23), the first 4 of 6 saddles leave {printed} or more as printed and at most "
        "{right} with the corrected exponents.",
        printed=min(printed),
        right=max(right),
        tolerance=_TOLERANCE,
    )


@CLAIMS.add(
    "eqs. (34)-(35)",
    printed="Hermite polynomials are Kummer functions: H_2n = (-1)^n (2n)!/n! M(-n, 1/2, x^2), "
    "and the "
    "odd ones likewise.",
    expects="holds",
)
def hermite_and_kummer(budget: Budget) -> Finding:
    from math import factorial

    from scipy.special import eval_hermite, hyp1f1

    x, errors = np.array([0.3, 0.9, 1.7]), []
    for n in range(6):
        sign = (-1) ** n / factorial(n)
        even = sign * factorial(2 * n) * hyp1f1(-n, 0.5, x**2)
        odd = 2 * x * sign * factorial(2 * n + 1) * hyp1f1(-n, 1.5, x**2)
        errors += [np.max(np.abs(even / eval_hermite(2 * n, x) - 1))]
        errors += [np.max(np.abs(odd / eval_hermite(2 * n + 1, x) - 1))]
    says = "Up to n = 11 they differ by {printed}, relative."
    return Finding.compare(says, printed=float(max(errors)), tolerance=1e-11)


def _printed_levels(row, count: int = 4, sign: int = 1) -> np.ndarray:
    """(36) and (37) in turn; the sign is that of the power of Delta."""
    c1, c2, d1, d2, e2 = row
    delta = e2**2 + 4 * c2 * d2
    rest = 2 * d2 * c1**2 - 2 * c1 * d1 * e2 - 2 * c2 * d1**2 + 4 * c2 * d2 * e2 + e2**3
    n = np.arange(count)
    return -0.5 * ((2 * n + 1) * sign * delta**1.5 + rest) / delta


def _on_a_grid(row, count: int = 4) -> np.ndarray:
    """Largest eigenvalues of (23), made symmetric by its weight, on a sinc grid."""
    c1, c2, d1, d2, e2 = row
    operator = PrintedOperator(*row)
    first = operator.eigenfunction(0)
    h = first.width * 0.25
    n = np.arange(-60, 61)
    y = first.centre + h * n
    apart = n[:, None] - n[None, :]
    with np.errstate(divide="ignore"):
        bend = np.where(apart == 0, -(np.pi**2) / 3, -2.0 * (-1.0) ** apart / apart**2) / h**2
    # psi = exp(-(C1 y - E2 y^2/2)/(2 C2)) u turns (23) into C2 u'' + W u.
    drift = c1 - e2 * y
    well = d1 * y - d2 * y**2 - e2 + e2 / 2 - drift**2 / (4 * c2)
    values = np.linalg.eigvalsh(c2 * bend + np.diag(well)) * np.sign(c2)
    return np.sort(values)[::-1][:count] * np.sign(c2)


@CLAIMS.add(
    "eqs. (36)-(37), C2 > 0",
    printed="Eigenvalues are -((4m+1) Delta^(3/2) + ...)/(2 Delta) for even and the same with 4m+3 "
    "for odd functions.",
    expects="holds",
)
def eigenvalues(budget: Budget) -> Finding:
    rows = coefficients(6, seed=5)
    errors = [np.max(np.abs(_printed_levels(row) - _on_a_grid(row))) for row in rows]
    first = rows[0]
    table = tuple(
        (n, float(a), float(b), float(c))
        for n, (a, b, c) in enumerate(
            zip(
                _printed_levels(first),
                PrintedOperator(*first).levels(4),
                _on_a_grid(first),
                strict=True,
            )
        )
    )
    caption = "First eigenvalues of (23) for one saddle."
    return Finding.compare(
        "On 6 saddles the first four differ from a grid's by {printed}.",
        printed=float(max(errors)),
        tolerance=1e-8,
        comparison=Comparison(caption, ("n", "printed", "library", "grid"), table),
    )


@CLAIMS.add(
    "eqs. (36)-(37), C2 < 0",
    printed="The same formulas hold whatever the sign of C2.",
    right="For C2 < 0 the power Delta^(3/2) changes its sign: eigenvalues go up.",
    expects="corrected",
)
def eigenvalues_of_negative_c2(budget: Budget) -> Finding:
    rows = coefficients(6, c2=-1, seed=6)
    grids = [_on_a_grid(row) for row in rows]
    off = lambda sign: max(
        np.max(np.abs(_printed_levels(row, sign=sign) - grid))
        for row, grid in zip(rows, grids, strict=True)
    )
    return Finding.compare(
        "On 6 saddles with C2 < 0 the printed ones are off by {printed}, with the sign by {right}.",
        printed=float(off(1)),
        right=float(off(-1)),
        tolerance=1e-8,
    )
