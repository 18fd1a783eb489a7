"""Appendix A: general networks and the gauge symmetry."""

import jax
import jax.numpy as jnp
import numpy as np

from ...networks import OneHidden, fold
from .._claim import Budget, Finding
from ._claims import CLAIMS

_TIMES = np.linspace(0, 1, 33)


def _units(seed: int, *, positive: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random weights w, v and biases b of units w ReLU(v t + b)."""
    draw = np.random.default_rng(seed)
    v = draw.normal(size=6)
    return draw.normal(size=6), np.abs(v) if positive else v, draw.normal(size=6)


def _network(w, v, b) -> np.ndarray:
    return np.maximum(np.outer(_TIMES, v) + b, 0) @ w


@CLAIMS.add(
    "eqs. (3.4), (A.1), (A.4)",
    kind="equation",
    printed="Units are counted n = 1 to N in (3.4) and n = 0 to N - 1 in (A.1) and (A.4).",
    right="n = 1 to N throughout, with biases -t_(n-1).",
    expects="corrected",
)
def counting_of_units(budget: Budget) -> Finding:
    dt, n = 0.25, 4
    x = np.random.default_rng(0).normal(size=n + 1)
    w = np.diff(np.diff(x) / dt, prepend=0.0)
    sites = dt * np.arange(n + 1)
    drawn = lambda first: (
        x[0] + np.maximum(sites[:, None] - dt * (np.arange(first, first + n) - 1), 0) @ w
    )
    off = lambda first: float(np.max(np.abs(drawn(first) - x)))
    return Finding.compare(
        "With kinks at t_(n-1) the path is off by {printed} for n from 0, by {right} for n from 1.",
        printed=off(0),
        right=off(1),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (A.2)",
    printed="ReLU(alpha x) = alpha ReLU(x) for alpha >= 0.",
    expects="holds",
)
def scaling_of_relu(budget: Budget) -> Finding:
    x, alpha = np.random.default_rng(0).normal(size=(2, 200))
    alpha = np.abs(alpha)
    off = np.maximum(alpha * x, 0) - alpha * np.maximum(x, 0)
    says = "For 200 random numbers it holds to {printed}."
    return Finding.compare(says, printed=float(np.max(np.abs(off))), tolerance=1e-15)


@CLAIMS.add(
    "eq. (A.3)",
    printed="w to w/alpha, v to alpha v, b to alpha b leaves the network as it is.",
    right="For alpha > 0 only.",
    expects="corrected",
)
def gauge_symmetry(budget: Budget) -> Finding:
    w, v, b = _units(1, positive=False)
    off = lambda alpha: float(
        np.max(np.abs(_network(w / alpha, alpha * v, alpha * b) - _network(w, v, b)))
    )
    return Finding.compare(
        "A random network of 6 units changes by {printed} for alpha = -2, by {right} for alpha "
        "= 3.",
        printed=off(-2.0),
        right=off(3.0),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eqs. (A.1), (A.4), generality",
    kind="statement",
    printed="Every network (3.4) can be brought to slopes 1, for positive slopes.",
    right="For negative slopes, too: w |v| ReLU(-(t - c)) = w |v| (ReLU(t - c) - (t - c)), and the "
    "straight line goes into the first weight and the bias. So every ReLU network is a path.",
    expects="corrected",
)
def every_network_is_a_path(budget: Budget) -> Finding:
    printed, right = [], []
    with jax.enable_x64(True):
        for seed in range(10):
            w, v, b = _units(seed, positive=False)
            whole = _network(w, v, b)
            naive = np.maximum(_TIMES[:, None] + b / v, 0) @ (w * v)
            printed.append(np.max(np.abs(naive - whole)))
            v1, b1, w1 = (jnp.asarray(u) for u in (v, b, w[None]))
            net = OneHidden(v1, b1, w1, jnp.zeros(1))
            path = fold(net, 0.0, 1.0)
            drawn = np.interp(_TIMES, np.asarray(path.times), np.asarray(path.sites)[0])
            right.append(np.max(np.abs(drawn - whole)))
    return Finding.compare(
        "For random slopes of both signs (A.1) is off by up to {printed}; folding the left-facing "
        "units gives the network back to {right}.",
        printed=float(max(printed)),
        right=float(max(right)),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "appendix A, volume",
    kind="statement",
    printed="Integrating over what the gauge leaves free is a redundancy: it factors off.",
    expects="holds",
)
def gauge_volume(budget: Budget) -> Finding:
    sizes = []
    with jax.enable_x64(True):
        change = lambda u: jnp.stack([u[0] * u[1], u[2] / u[1], u[1]])
        for w, v, b in zip(*_units(3, positive=False), strict=True):
            sizes.append(abs(np.linalg.det(np.asarray(jax.jacfwd(change)(jnp.array([w, v, b]))))))
    says = "The Jacobian of (w, v, b) to (w v, b/v, v) is 1 in size everywhere, to {printed}."
    return Finding.compare(
        says, printed=float(np.max(np.abs(np.array(sizes) - 1))), tolerance=1e-13
    )


CLAIMS.unchecked(
    "eq. (A.5)",
    printed="An action that does not depend on how time is parametrised may fix any time slices.",
    because="it is an expectation about relativistic actions, which the library does not sample.",
)
