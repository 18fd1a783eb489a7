"""Ten thousand random and hostile networks: a right answer, or the right refusal, or a warning.

The judge computes in fractions from the very floats the library is given, so it rounds nowhere.
"""

import collections
import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

import feynax as fx

EPS = Fraction(1, 2**52)
TRUSTED = Fraction(1, 10**8)  # error that an answer without a warning may have
HBAR = 0.7


def generic(rng):
    weights = rng.normal(size=(2, 2)) * 2
    return weights, np.exp(rng.normal(size=2)), *rng.normal(size=(2, 2))


def closed(rng):
    """Of trace 0, up to rounding."""
    weights, tau, bias, current = generic(rng)
    weights[1, 1] = 1 - tau[1] * (weights[0, 0] - 1) / tau[0]
    return weights, tau, bias, current


def near_parabolic(rng):
    weights, tau, bias, current = closed(rng)
    off = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-17, 0)
    square = (weights[0, 0] - 1) ** 2 * tau[1] / tau[0]
    weights[0, 1] = -square / weights[1, 0] * (1 + off)
    return weights, tau, bias, current


def weak(rng):
    """Self-weights so near to 1 that the leak all but cancels them."""
    weights, tau, bias, current = generic(rng)
    tau = np.array([rng.choice([1.0, 3.0, 0.7])] * 2)
    small = rng.normal() * 10.0 ** rng.uniform(-17, -3)
    weights = np.array([[1 + small, rng.normal() * small], [rng.normal() * small, 1 - small]])
    return weights, tau, bias, current


def parabolic(rng):
    """In small whole numbers, so that nothing is rounded and zero is zero."""
    a, b = rng.integers(-3, 4, 2)
    weights = np.array([[1.0 + a * b, b * b], [-a * a, 1.0 - a * b]])
    tau, bias = np.full(2, 2.0 ** rng.integers(-3, 4)), np.zeros(2)
    current = np.array([b, -a]) * 1.0 if rng.random() < 0.5 else rng.integers(-2, 3, 2) * 1.0
    return weights, tau, bias, current


def extreme(rng):
    weights, tau, bias, current = generic(rng)
    powers = 10.0 ** rng.choice([-150, -70, 0, 70, 150], 2)
    weights[0, 0] = weights[1, 1] = 1.0
    if rng.random() < 0.5:
        tau = tau[:1] * np.full(2, powers[0])
        weights[0, 0], weights[1, 1] = 1.5, 0.5
    else:
        tau = tau * powers
    return weights, tau, bias, current


def extreme_loss(rng):
    """As `extreme`, where squares leave the range of floats, and not Hamiltonian."""
    weights, tau, bias, current = generic(rng)
    return weights, tau * 10.0 ** rng.choice([-200, 200]), bias, current


def sparse(rng):
    weights, tau, bias, current = closed(rng)
    weights = weights * rng.integers(0, 2, (2, 2))
    if rng.random() < 0.5:
        tau[1] = tau[0]
        weights[0, 0] = weights[1, 1] = 1.0
    return weights, tau, bias * rng.integers(0, 2, 2), current * rng.integers(0, 2, 2)


def subnormal(rng):
    weights, tau, bias, current = closed(rng)
    weights[0, 0] = weights[1, 1] = 1.0
    weights[tuple(rng.permutation(2))] *= 10.0 ** rng.uniform(-323, -290)
    return weights, tau, bias, current


def one_off(rng):
    """Hamiltonian in the regime where only the first neuron is on."""
    weights, tau, bias, current = generic(rng)
    tau = 2.0 ** rng.integers(-4, 4, 2)
    weights[0, 0] = 1 + tau[0] / tau[1]
    return weights, tau, bias, current


def broken(rng):
    parts = [np.array(part) for part in closed(rng)]
    part = parts[rng.integers(4)]
    part.flat[rng.integers(part.size)] = rng.choice([math.nan, math.inf, -math.inf])
    if rng.random() < 0.3:
        parts[1][0] = rng.choice([0.0, -1.0, 5e-324, math.nan])
    return parts


FAMILIES = [generic, closed, near_parabolic, weak, parabolic, extreme, sparse, subnormal]
FAMILIES += [broken, one_off, extreme_loss]


class Truth:
    """The network's Hamiltonian in fractions, and how far rounding may move it."""

    def __init__(self, given, mask):
        weights, tau, bias, current = given
        w = [
            [Fraction(x * on) for x, on in zip(row, mask, strict=True)] for row in weights.tolist()
        ]
        tau, bias, current = ([Fraction(x) for x in v.tolist()] for v in (tau, bias, current))
        a = [[(w[i][j] - (i == j)) / tau[i] for j in (0, 1)] for i in (0, 1)]
        terms = [[w[i][0] * bias[0], w[i][1] * bias[1], current[i]] for i in (0, 1)]
        self.d1, self.c1 = (sum(terms[i]) / tau[i] for i in (0, 1))
        self.wide_d1, self.wide_c1 = (sum(map(abs, terms[i])) / tau[i] for i in (0, 1))
        self.matrix, self.trace = a, a[0][0] + a[1][1]
        self.c2, self.d2, self.e2 = a[1][0] / 2, a[0][1] / 2, (a[0][0] - a[1][1]) / 2
        self.delta = self.e2**2 + 4 * self.c2 * self.d2
        self.size = self.e2**2 + 4 * abs(self.c2 * self.d2)
        diagonal = max((abs(w[i][i]) + 1) / tau[i] for i in (0, 1))
        slack = 4 * EPS * diagonal  # of E2 when its two terms cancel
        self.doubt = 2 * abs(self.e2) * slack + slack**2 + 8 * EPS * abs(4 * self.c2 * self.d2)

    def largest(self):
        return max(abs(x) for row in self.matrix for x in row)

    def representable(self):
        given = [self.c2, self.d2, self.e2, self.c1, self.d1, self.trace]
        return all(abs(x) < Fraction(2) ** 1023 for x in given)

    def rate(self):
        return root(abs(self.delta))

    def energy(self):
        total = self.d2 * self.c1**2 + self.c1 * self.d1 * self.e2 - self.c2 * self.d1**2
        return total / self.delta

    def energy_terms(self):
        c1, d1 = self.wide_c1, self.wide_d1
        total = abs(self.d2) * c1**2 + c1 * d1 * abs(self.e2) + abs(self.c2) * d1**2
        return total / abs(self.delta)


def root(x):
    """The square root of a fraction to about 100 digits."""
    shift = 400 + 4 * max(0, x.denominator.bit_length() - x.numerator.bit_length())
    return Fraction(math.isqrt(x.numerator * 4**shift // x.denominator), 2**shift)


def near(found, wanted, terms):
    """Whether a float is right to the trusted digits, or to the smallest floats."""
    return abs(Fraction(found) - wanted) <= TRUSTED * terms + Fraction(1, 2**1060)


def judge_levels(ham, truth, doubted):
    levels, rate, energy = ham.levels(3), truth.rate(), truth.energy()
    up = 1 if truth.d2 > 0 else -1
    hbar = Fraction(HBAR)
    for n, found in enumerate(levels.tolist()):
        wanted = energy + up * hbar * rate * (n + Fraction(1, 2))
        terms = truth.energy_terms() + hbar * rate * (n + 1)
        if not math.isfinite(found):
            assert abs(wanted) > Fraction(2) ** 1020, "an infinite level that is finite"
        else:
            assert doubted or near(found, wanted, terms), "a level is wrong"
    psi = ham.eigenfunction(0)
    density = abs(complex(psi(psi.centre))) ** 2
    square = rate / (2 * abs(truth.c2) * hbar)  # (pi |psi|^2)^2 / pi
    assert doubted or near(math.pi * density**2, square, square), "a wave function is wrong"


def underflows(given):
    over = [[Fraction(x) / Fraction(t) for x in row] for row, t in zip(*given[:2], strict=True)]
    return any(0 < abs(x) < Fraction(1, 2**1022) for row in over for x in row)


def judge(given, mask):
    """Name the outcome, or fail."""
    finite = all(np.all(np.isfinite(part)) for part in given)
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            field = fx.equations.ReLUField.ctrnn(*given)
            ham = fx.quantize(field, regime=mask, hbar=HBAR)
            kind = ham.kind
    except fx.NotHamiltonianError:
        truth = Truth(given, mask)
        assert abs(truth.trace) > Fraction(5, 10**11) * truth.largest()
        return "not Hamiltonian"
    except (ValueError, OverflowError):
        valid = finite and np.all(given[1] > 1e-308) and not underflows(given)
        assert not valid or not Truth(given, mask).representable(), "a good network was refused"
        return "refused"
    assert finite
    truth = Truth(given, mask)
    doubted = any(issubclass(note.category, fx.quantum.ConditionWarning) for note in said)
    assert all(issubclass(note.category, fx.quantum.ConditionWarning) for note in said)
    assert abs(truth.trace) <= Fraction(2, 10**10) * truth.largest() + 8 * EPS / Fraction(
        float(np.min(given[1]))
    ) * Fraction(float(np.max(np.abs(given[0]))) + 1)
    sure = "elliptic" if truth.delta < 0 else "hyperbolic" if truth.delta else None
    if sure and not doubted:
        assert kind == sure, f"{kind} is {sure}"
    if kind == "elliptic":
        try:
            judge_levels(ham, truth, doubted)
        except OverflowError:
            assert (
                truth.energy_terms() > Fraction(2) ** 1000
                or not Fraction(1, 2**1000) < abs(truth.c2) < Fraction(2) ** 1000
            )
            return "out of range"
    else:
        wanted = fx.InfiniteDegeneracyError if kind == "zero" else fx.ContinuousSpectrumError
        with pytest.raises(wanted):
            ham.levels(3)
        with pytest.raises(wanted):
            ham.eigenfunction(0)
        judge_printed(ham, truth, doubted)
    if not sure:
        judge_zero(kind, truth)
    return f"{kind}, doubted" if doubted else kind


def judge_printed(ham, truth, doubted):
    operator = fx.quantum.PrintedOperator.from_hamiltonian(ham)
    if ham.kind != "hyperbolic" or not ham.one.c2:
        with pytest.raises(fx.ContinuousSpectrumError):
            operator.levels(2)
        return
    rate = truth.rate()
    total = truth.c2 * truth.d1**2 + truth.c1 * truth.d1 * truth.e2 - truth.d2 * truth.c1**2
    wanted = total / truth.delta - truth.e2 / 2 - (1 if truth.c2 > 0 else -1) * rate * 3 / 2
    terms = truth.energy_terms() + rate * 2 + abs(truth.e2)
    try:
        found = operator.levels(2)[1]
    except OverflowError:
        assert truth.energy_terms() > Fraction(2) ** 1000
        return
    assert doubted or near(found, wanted, terms), "a printed level is wrong"


def judge_zero(kind, truth):
    a, b = truth.matrix, (truth.d1, truth.c1)
    if not any(a[0] + a[1]):
        assert kind == ("linear" if any(b) else "zero")
        return
    along = [a[i][0] * b[0] + a[i][1] * b[1] for i in (0, 1)]
    if not any(along):
        assert kind == "free"
    elif max(map(abs, along)) > TRUSTED * truth.largest() * max(map(abs, b)):
        assert kind == "force"


@pytest.mark.filterwarnings("ignore::feynax._errors.ConditionWarning")
def test_ten_thousand_networks():
    rng = np.random.default_rng(20)
    seen = {family.__name__: collections.Counter() for family in FAMILIES}
    for number in range(10_000):
        family = FAMILIES[number % len(FAMILIES)]
        given, mask = family(rng), (1, int(family is not one_off))
        try:
            outcome = judge(given, mask)
        except AssertionError as fault:
            raise AssertionError(f"{family.__name__}: {given}") from fault
        seen[family.__name__][outcome] += 1
    # each family must go where it aims, and a warning must not stand in for an answer
    assert set(seen["broken"]) == {"refused"}
    for name in ("generic", "extreme_loss"):
        assert set(seen[name]) == {"not Hamiltonian"}
    assert set(seen["one_off"]) == {"hyperbolic"}
    assert set(seen["parabolic"]) == {"force", "free", "linear", "zero"}
    assert set(seen["extreme"]) == {"elliptic", "hyperbolic"}
    assert {"elliptic", "hyperbolic", "elliptic, doubted"} < set(seen["near_parabolic"])
    assert {"elliptic", "elliptic, doubted"} < set(seen["weak"])
    for name in ("closed", "extreme", "subnormal", "sparse"):
        doubted = sum(count for kind, count in seen[name].items() if "doubted" in kind)
        assert doubted <= 0.005 * seen[name].total()
