"""Equations (11) to (20) and Fig. 1: the Hamiltonian of a regime."""

import numpy as np

from ... import plot
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._draws import networks


def _gradient(net, y):
    """Gradient of (18) with the constants of (19)-(20)."""
    c1, c2, d1, d2, e2 = net.constants
    y1, y2 = y[:, 0], y[:, 1]
    return np.stack([-c1 - 2 * c2 * y1 + e2 * y2, d1 + 2 * d2 * y2 + e2 * y1], -1)


def _states() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(30, 2))


@CLAIMS.add(
    "eqs. (11) and (18)-(20)",
    printed="H = -C1 y1 - C2 y1^2 + D1 y2 + D2 y2^2 + E2 y1 y2 gives (5) to (6) by y1' = dH/dy2, "
    "y2' = -dH/dy1.",
    expects="holds",
)
def hamiltonian_flow(budget: Budget) -> Finding:
    off, y = [], _states()
    for net in networks(50):
        slope, piece = _gradient(net, y), net.regime
        flow = np.stack([slope[:, 1], -slope[:, 0]], -1)
        off.append(np.max(np.abs(flow - y @ piece.matrix.T - piece.offset)))
    says = "On 50 random networks that fulfil (13) the two fields differ by {printed}."
    return Finding.compare(says, printed=max(off), tolerance=1e-12)


@CLAIMS.add(
    "eqs. (12)-(13)",
    kind="equation",
    printed="The regime is Hamiltonian if (w11 - 1)/tau1 = (1 - w22)/tau2, that is if its "
    "matrix has "
    "no trace.",
    expects="holds",
)
def no_trace(budget: Budget) -> Finding:
    wrong = 0
    for closed in (True, False):
        for net in networks(50, closed=closed):
            (w11, _), (_, w22) = net.w
            gap = (w11 - 1) / net.tau[0] - (1 - w22) / net.tau[1]
            wrong += abs(gap - np.trace(net.regime.matrix)) > 1e-12
            wrong += closed != (abs(gap) < 1e-12)
    says = "Of 100 random networks, half of them with (13), {printed} are judged otherwise."
    return Finding.compare(says, printed=float(wrong), tolerance=0)


@CLAIMS.add(
    "before eq. (14)",
    kind="statement",
    printed="w11 = w22 = 1 fulfils (13) for any time constants.",
    expects="holds",
)
def unit_weights(budget: Budget) -> Finding:
    traces = []
    for net in networks(20, closed=False):
        np.fill_diagonal(net.w, 1.0)
        traces.append(abs(np.trace(net.regime.matrix)))
    says = "The largest trace of 20 such networks is {printed}."
    return Finding.compare(says, printed=max(traces), tolerance=1e-15)


@CLAIMS.add(
    "eqs. (14)-(15)",
    printed="Else tau1 = (tau2 - tau2 w11)/(w22 - 1), which is positive for w22 < 1 < w11 and for "
    "w11 < 1 < w22 alone.",
    expects="holds",
)
def time_constants(budget: Budget) -> Finding:
    wrong = 0
    for net in networks(400, closed=False, seed=4):
        (w11, _), (_, w22) = net.w
        tau1 = (net.tau[1] - net.tau[1] * w11) / (w22 - 1)
        wrong += (tau1 > 0) != ((w22 < 1 < w11) or (w11 < 1 < w22))
        wrong += abs((w11 - 1) / tau1 - (1 - w22) / net.tau[1]) > 1e-9 * abs(w22 - 1)
    says = "Of 400 random pairs of weights {printed} disagree."
    return Finding.compare(says, printed=float(wrong), tolerance=0)


@CLAIMS.add(
    "after eq. (15)",
    kind="statement",
    printed="The weights w12 and w21 are free: no condition of being Hamiltonian binds them.",
    expects="holds",
)
def cross_weights_are_free(budget: Budget) -> Finding:
    traces = []
    for net, other in zip(networks(20), networks(20, seed=9), strict=True):
        net.w[0, 1], net.w[1, 0] = other.w[0, 1], other.w[1, 0]
        traces.append(abs(np.trace(net.regime.matrix)))
    says = "With other values of both, the trace of 20 networks stays within {printed} of zero."
    return Finding.compare(says, printed=max(traces), tolerance=1e-14)


@CLAIMS.add(
    "eq. (16)",
    printed="Integrating (5) over y2 gives H up to a function g(y1).",
    expects="holds",
)
def integral_over_y2(budget: Budget) -> Finding:
    off, y = [], _states()
    for net in networks(20):
        piece = net.regime
        first = (y @ piece.matrix.T + piece.offset)[:, 0]
        off.append(np.max(np.abs(_gradient(net, y)[:, 1] - first)))
    says = "dH/dy2 differs from the right-hand side of (5) by {printed} on 20 networks."
    return Finding.compare(says, printed=max(off), tolerance=1e-12)


@CLAIMS.add(
    "before eq. (17)",
    kind="statement",
    printed="g(y1) follows by setting -dH/dy1 equal to the right-hand side of (8).",
    right="Of (6). With (8) what is left still depends on y2, so that no g(y1) can do it.",
    expects="corrected",
)
def which_equation_gives_g(budget: Budget) -> Finding:
    printed, right = [], []
    y = _states()
    for net in networks(20):
        e2 = net.constants[4]
        piece, off = net.regime, net.field.regime((0, 0))
        for field, kept in ((off, printed), (piece, right)):
            # -dH/dy1 = -E2 y2 - g'(y1): what (6) or (8) leave for g' must not change with y2.
            second = lambda y, field=field: y @ field.matrix[1] + field.offset[1]
            left = second(y) + e2 * y[:, 1]
            kept.append(np.max(np.abs(left - second(y * [1, 0]))))
    return Finding.compare(
        "With (8) the remainder still changes with y2 by {printed}; with (6) by {right}.",
        printed=max(printed),
        right=max(right),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (17)",
    printed="g(y1) = -w12 y1^2/(2 tau2) - y1 (w22 theta2 + w12 theta1 + I2)/tau2.",
    expects="holds",
)
def rest_of_the_integral(budget: Budget) -> Finding:
    off, y = [], _states()
    for net in networks(20):
        piece = net.regime
        second = (y @ piece.matrix.T + piece.offset)[:, 1]
        off.append(np.max(np.abs(-_gradient(net, y)[:, 0] - second)))
    says = "With it, -dH/dy1 differs from the right-hand side of (6) by {printed} on 20 networks."
    return Finding.compare(says, printed=max(off), tolerance=1e-12)


@CLAIMS.add(
    "eq. (20), second form",
    printed="E2 = (w11 - 1)/tau1 = -(w22 - 1)/tau2.",
    expects="holds",
)
def two_forms_of_e2(budget: Budget) -> Finding:
    off = [abs(net.constants[4] + (net.w[1, 1] - 1) / net.tau[1]) for net in networks(50)]
    says = "On 50 networks that fulfil (13) the two forms differ by {printed}."
    return Finding.compare(says, printed=max(off), tolerance=1e-13)


def _periods(net, swings: np.ndarray) -> np.ndarray:
    """Time of one turn about the centre, for several swings along y1."""
    ham, piece = net.hamiltonian, net.regime
    centre = np.asarray(ham.centre)
    turn = 2 * np.pi / ham.frequencies[0]
    times = np.linspace(0.9 * turn, 1.1 * turn, 201)
    grown, shift = piece.flow(times)
    found = []
    for swing in swings:
        start = centre + np.array([swing, 0.0])
        aside = (grown @ start + shift - centre)[:, 1]
        zero = np.flatnonzero(np.diff(np.sign(aside)))[0]
        share = aside[zero] / (aside[zero] - aside[zero + 1])
        found.append(times[zero] + share * (times[1] - times[0]))
    return np.asarray(found)


@CLAIMS.add(
    "Fig. 1",
    kind="figure",
    printed="The contours of H look like those of a nonlinear pendulum.",
    right="A quadratic energy has one centre or one saddle, never both, and every swing takes the "
    "same time; a pendulum has both, and its period grows with the swing.",
    expects="corrected",
)
def pendulum(budget: Budget) -> Finding:
    from scipy.special import ellipk

    centre = next(n for n in networks(100, seed=5) if n.hamiltonian.kind == "elliptic")
    swings = np.array([0.1, 1.0, 2.5])
    periods = _periods(centre, swings)
    pendulums = 4 * ellipk(np.sin(swings / 2) ** 2)  # of unit frequency, released at an angle
    spread = float(np.ptp(periods / periods[0]))
    rows = tuple(
        (float(s), float(p / periods[0]), float(q / pendulums[0]))
        for s, p, q in zip(swings, periods, pendulums, strict=True)
    )
    y1, y2 = centre.hamiltonian.centre
    box = lambda at: (float(at) - 2, float(at) + 2)
    draw = lambda: plot.regimes(centre.field, box(y1), box(y2), hamiltonian=centre.hamiltonian)
    caption = (
        "A random network of the elliptic class: contours are ellipses about one point. The "
        "table has periods relative to that of the smallest swing."
    )
    return Finding.compare(
        "Between swings of 0.1 and 2.5 a pendulum's period changes by a share {printed}, that of "
        "the network's centre by {right}.",
        printed=float(np.ptp(pendulums / pendulums[0])),
        right=spread,
        tolerance=1e-12,
        comparison=Comparison(caption, ("swing", "network", "pendulum"), rows, draw),
    )
