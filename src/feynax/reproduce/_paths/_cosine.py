"""Section 2: random cosine networks and their two-point function."""

import numpy as np

from ...paths import CosineEnsemble
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS

_CUTOFF, _SQUARE = 8.0, 1.25  # Lambda, and k/m


def _networks(width: int, cutoff: float = _CUTOFF) -> CosineEnsemble:
    """The document's own: variance 1/N of a weight."""
    return CosineEnsemble(width, cutoff=cutoff, frequency=np.sqrt(_SQUARE), variance=1.0)


def _draws(width: int, count: int, times: np.ndarray) -> np.ndarray:
    draw = np.random.default_rng(0)
    a = draw.normal(size=(count, width)) / np.sqrt(width)
    b = draw.uniform(-_CUTOFF, _CUTOFF, (count, width))
    c = draw.uniform(-np.pi, np.pi, (count, width))
    waves = np.cos(times[:, None, None] * b + c) / np.sqrt(b**2 + _SQUARE)
    return np.sum(a * waves, -1)


@CLAIMS.add(
    "eq. (2.2), text",
    printed="The weights a_n are normal with variance 1/sqrt(N), it is said.",
    right="N(0, 1/N) is a variance of 1/N: only then has the limit N to infinity a two-point "
    "function.",
    expects="corrected",
)
def variance_of_a_weight(budget: Budget) -> Finding:
    width, count = 256, 4000
    square = _draws(width, count, np.zeros(1))[0] ** 2
    exact, error = float(_networks(width).two_point(0.0)), square.std() / np.sqrt(count)
    return Finding.compare(
        "At N = 256 the variance of x, in standard errors of 4000 draws, is {right} from the exact "
        "one with 1/N; with 1/sqrt(N) it would be {printed} away.",
        printed=abs(square.mean() * np.sqrt(width) - exact) / error,
        right=abs(square.mean() - exact) / error,
        tolerance=4,
    )


@CLAIMS.add(
    "eq. (2.5)",
    printed="<x(t1) x(t2)> is the integral of cos(b (t1 - t2))/(b^2 + k/m) over b from -L to L.",
    right="1/(4 L) times that: 1/2 from the mean over c, 1/(2 L) from the density of b.",
    expects="corrected",
)
def two_point_function(budget: Budget) -> Finding:
    from scipy.integrate import quad

    lags, count = np.array([0.0, 0.4, 1.1]), 20_000
    x = _draws(16, count, lags)
    products = x[:1] * x
    error = products.std(1) / np.sqrt(count)
    integral = np.array(
        [quad(lambda b, t=t: np.cos(b * t) / (b**2 + _SQUARE), -8, 8)[0] for t in lags]
    )
    ours = _networks(16).two_point(lags)
    rows = tuple(
        (float(t), float(p), float(o), f"{m:.4f} +- {e:.4f}")
        for t, p, o, m, e in zip(lags, integral, ours, products.mean(1), error, strict=True)
    )
    caption = "Two-point function at L = 8, k/m = 1.25; drawn from 20000 networks of width 16."
    return Finding.compare(
        "In standard errors of 20000 networks the printed integral is {printed} away, a quarter of "
        "it over L {right}.",
        printed=float(np.max(np.abs(products.mean(1) - integral) / error)),
        right=float(np.max(np.abs(products.mean(1) - ours) / error)),
        tolerance=4,
        comparison=Comparison(caption, ("t1 - t2", "printed", "library", "drawn"), rows),
    )


@CLAIMS.add(
    "after eq. (2.1)",
    kind="statement",
    printed="The networks reproduce the oscillator of L = m x'^2 + k x^2.",
    right="Its frequency sqrt(k/m) they have. The amplitude is that of L = (m x'^2 + k x^2)/2 if "
    "weights have the variance 2 hbar L/(pi m N), of the printed L if half of it.",
    expects="corrected",
)
def amplitude_of_the_oscillator(budget: Budget) -> Finding:
    tau, cutoff = np.array([0.0, 0.5, 1.5]), 4000.0
    wanted = np.exp(-np.sqrt(_SQUARE) * tau) / (2 * np.sqrt(_SQUARE))
    natural = CosineEnsemble(1, cutoff=cutoff, frequency=np.sqrt(_SQUARE)).two_point(tau)
    printed = _networks(1, cutoff).two_point(tau)
    off = lambda found: float(np.max(np.abs(found - wanted)))
    return Finding.compare(
        "At L = 4000 the printed weights are off from hbar e^(-omega t)/(2 m omega) by {printed}, "
        "those with the factor by {right}.",
        printed=off(printed),
        right=off(natural),
        tolerance=1e-3,
    )


@CLAIMS.add(
    "section 2, Gaussian limit",
    kind="statement",
    printed="For N to infinity the central limit theorem makes x a Gaussian process.",
    expects="holds",
)
def gaussian_limit(budget: Budget) -> Finding:
    excess = [_networks(width).kurtosis * width for width in (1, 16, 256)]
    return Finding.compare(
        "N times the exact excess kurtosis is the same at N = 1, 16 and 256 up to {printed}, so "
        "that it vanishes as 1/N.",
        printed=float(np.ptp(excess)),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "section 2, finite width",
    kind="statement",
    printed="At finite N the corrections are of order 1/N and amount to an interaction.",
    right="Of order L/N: without cut-off the fourth moment of a unit diverges, and 1/N alone says "
    "nothing. A free theory is then non-Gaussian only because it is finite.",
    expects="corrected",
)
def corrections_of_finite_width(budget: Budget) -> Finding:
    cutoffs = np.array([50.0, 400.0])
    fixed = [_networks(64, c).kurtosis * 64 for c in cutoffs]
    scaled = [(k + 3) / c for k, c in zip(fixed, cutoffs, strict=True)]  # the -3 has no cut-off
    return Finding.compare(
        "Between L = 50 and 400 N times the kurtosis changes by a share {printed}; (it plus 3)/L "
        "changes by {right}.",
        printed=float(abs(fixed[1] / fixed[0] - 1)),
        right=float(abs(scaled[1] / scaled[0] - 1)),
        tolerance=0.05,
    )
