"""Definition 2 and Theorem 1: which steps bring states no further apart."""

import math

import numpy as np

from ..._certificate import Verdict
from ...equations import (
    TABLEAUX,
    AffineField,
    BlockTableau,
    algebraic_certificate,
    burrage_butcher,
    gradient_field,
    layer_field,
    printed_tensor,
    stability_function,
    tableau,
    worst_gain,
)
from .._cells import take_step
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS

_QUICK = (
    "euler", "heun", "rk4", "implicit_euler", "implicit_midpoint", "trapezoid", "gauss_2",
    "radau_iia_2", "lobatto_iiic_2", "sdirk_crouzeix", "sdirk_burrage",
)  # fmt: skip


@CLAIMS.add(
    "Definition 2, monotonic field",
    kind="statement",
    printed="A field is monotonic if <f(x) - f(y), x - y> is non-negative, <= 0.",
    right="The two contradict each other. Not positive is what is needed: then the flow brings no "
    "two states further apart.",
    expects="corrected",
)
def monotonic_field(budget: Budget) -> Finding:
    draw, printed, right, judged = np.random.default_rng(0), 0, 0, 0
    while judged < 100:
        A = draw.normal(size=(3, 3)) + draw.normal() * 2 * np.eye(3)
        values = np.linalg.eigvalsh((A + A.T) / 2)
        if np.abs(values).min() < 0.1:
            continue
        grown, _ = AffineField(A, np.zeros(3)).flow(np.array([0.01, 1.0]))
        contracts = bool(np.all(np.linalg.norm(grown, 2, (1, 2)) <= 1))
        printed += (values.min() >= 0) != contracts
        right += (values.max() <= 0) != contracts
        judged += 1
    return Finding.compare(
        "Of 100 linear fields the sign >= 0 misjudges whether the flow contracts for {printed}, "
        "<= 0 for {right}.",
        printed=float(printed),
        right=float(right),
        tolerance=0,
    )


@CLAIMS.add(
    "eq. (11)",
    printed="Stable means |y_(k-1) - y'_(k-1)| <= |y_k - y'_k|.",
    right="The other way round: distances after a step are at most those before it.",
    expects="corrected",
)
def direction_of_the_inequality(budget: Budget) -> Finding:
    draw, method = np.random.default_rng(1), tableau("radau_iia_2")
    before, after = [], []
    for _ in range(30):
        W, b = draw.normal(size=(3, 3)) / 2, draw.normal(size=3)
        field = lambda y, W=W, b=b: -W.T @ np.tanh(W @ y + b)
        x, y = draw.normal(size=(2, 3))
        before.append(np.linalg.norm(x - y))
        after.append(
            np.linalg.norm(take_step(method, field, x, 0.3) - take_step(method, field, y, 0.3))
        )
    shrinks = np.array(before) - np.array(after)
    return Finding.compare(
        "30 steps of a method that is BN-stable break the printed inequality by up to {printed}, "
        "the reversed one by {right}.",
        printed=float(np.max(shrinks, initial=0)),
        right=float(np.max(-shrinks, initial=0)),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "before Definition 2",
    kind="statement",
    printed="BN-stability, for nonlinear systems, generalises A-stability, for linear ones.",
    expects="holds",
)
def a_stability(budget: Budget) -> Finding:
    axis = 1j * np.concatenate([-np.geomspace(1e-3, 1e4, 60), np.geomspace(1e-3, 1e4, 60)])
    plane = np.concatenate([axis, axis - 0.1, 10 * axis - 5])
    bounded = {
        name: bool(np.all(np.abs(stability_function(method, plane)) <= 1 + 1e-9))
        for name, method in TABLEAUX.items()
    }
    stable = {name: bool(algebraic_certificate(tableau(name))) for name in _QUICK}
    breaks = sum(own and not bounded[name] for name, own in stable.items())
    only_linear = [name for name, own in stable.items() if bounded[name] and not own]
    says = (
        "Of the BN-stable methods {printed} let y' = z y grow somewhere with Re z <= 0; "
        f"A-stable only: {', '.join(only_linear)}."
    )
    return Finding.compare(says, printed=float(breaks), tolerance=0)


def _counterexamples() -> list[tuple[str, float, float]]:
    """What is added to the conditions, the least eigenvalue of the printed Q, and the growth."""
    from scipy.optimize import root_scalar

    push = lambda y: root_scalar(lambda k: k - np.tanh(y + k / 2), bracket=(-2, 2), xtol=1e-15).root
    tanh = abs(0.3 + push(0.3) - 0.1 - push(0.1)) / 0.2
    stiff = 1e4
    factor = abs(0.5 - stiff / (1 + stiff / 2))
    beta, turn = np.diag([1.0, 9.0]), np.array([[0.0, 1.0], [-1.0, 0.0]])
    half = beta @ turn / 2
    matrix = np.linalg.norm(np.linalg.solve(np.eye(2) - half, np.eye(2) + half), 2)
    z = 6.0
    lagged = np.abs(np.roots([1, -1, z / (1 + z / 2)])).max()
    blocks = BlockTableau(beta[None, None] / 2, beta[None])
    least = lambda Q: float(np.linalg.eigvalsh(Q)[0])
    midpoint = least(printed_tensor(tableau("implicit_midpoint")))
    late = BlockTableau(np.diag([0.0, 0.5])[:, :, None, None], np.array([0.0, 1.0])[:, None, None])
    return [
        ("the field tanh(y), implicit midpoint, h = 1", midpoint, float(tanh)),
        ("gamma_2 = 1/2, implicit midpoint, y' = -10000 y, h = 1", midpoint, float(factor)),
        (
            "beta = diag(1, 9), alpha = beta/2, a rotation, h = 1",
            least(printed_tensor(blocks)),
            float(matrix),
        ),
        (
            "stage 2 reads Y_(l-1), n = t = 2, y' = -6 y, h = 1",
            least(printed_tensor(late)),
            float(lagged),
        ),
    ]


@CLAIMS.add(
    "Theorem 1",
    kind="theorem",
    printed="An n-t-ODERNN is BN-stable if Q and all beta_k are positive semidefinite.",
    right="Not without more: numbers for alpha and beta (or one inner product that fits), a "
    "monotone field, the same for all stages, a state that is added to itself with factor 1, and "
    "no delays.",
    expects="false",
)
def stability_of_networks(budget: Budget) -> Finding:
    rows = tuple(_counterexamples())
    growth = [row[2] for row in rows if row[1] >= 0]
    caption = (
        "Four networks with Q and beta positive semidefinite, and by how much a step parts two "
        "states (with a delay: the growth of a state a step)."
    )
    return Finding.compare(
        f"{len(growth)} networks that fulfil both conditions part two states by factors of 1 plus "
        f"{{printed}} and more, up to {max(growth):.3g}.",
        printed=min(growth) - 1,
        tolerance=0,
        comparison=Comparison(caption, ("network", "least eigenvalue of Q", "growth"), rows),
    )


@CLAIMS.add(
    "Theorem 1, for Runge-Kutta methods",
    kind="theorem",
    printed="With numbers for alpha and beta, a positive semidefinite Q and beta >= 0 make a "
    "Runge-Kutta step of a monotone field bring no two states further apart.",
    expects="holds",
)
def stability_of_methods(budget: Budget) -> Finding:
    rows, wrong = [], 0
    for name in _QUICK if budget == "quick" else TABLEAUX:
        method = tableau(name)
        verdict = algebraic_certificate(method).verdict
        gain = worst_gain(method)[0]
        least = float(np.linalg.eigvalsh(burrage_butcher(method))[0])
        wrong += (verdict is Verdict.CERTIFIED) != (gain <= 1 + 1e-9)
        rows.append((name, least, float(method.weights.min()), verdict.value, min(gain, 1e3)))
    caption = (
        "Certificates of methods beside the largest factor that a search finds for y' = i w(t) y; "
        "1000 stands for where it stopped."
    )
    columns = ("method", "least eigenvalue of Q", "least beta", "verdict", "largest factor")
    says = "For {printed} of " + str(len(rows)) + " methods certificate and search disagree."
    return Finding.compare(
        says,
        printed=float(wrong),
        tolerance=0,
        comparison=Comparison(caption, columns, tuple(rows)),
    )


@CLAIMS.add(
    "Theorem 1, first stage",
    kind="statement",
    printed="Networks of the form (2) to (4) can fulfil condition I.",
    right="With a first stage as in (2), Q_11 = -beta_1^2: only those can whose first stage does "
    "not feed the output. With alpha_11 they can.",
    expects="corrected",
)
def first_stage_and_tensor(budget: Budget) -> Finding:
    draw, least = np.random.default_rng(2), []
    for _ in range(200):
        alpha, beta = np.tril(draw.normal(size=(3, 3)), 0), np.abs(draw.normal(size=3))
        alpha[0] = 0
        blocks = BlockTableau(alpha[:, :, None, None], beta[:, None, None])
        least.append(np.linalg.eigvalsh(burrage_butcher(blocks))[0] + beta[0] ** 2)
    midpoint = burrage_butcher(tableau("implicit_midpoint"))
    return Finding.compare(
        "Of 200 random networks with the first stage of (2) a share {printed} has a least "
        "eigenvalue of -beta_1^2 or below; with alpha_11 = 1/2, beta_1 = 1 it is {right} from 0.",
        printed=float(np.mean(np.array(least) <= 1e-12)),
        right=float(np.abs(midpoint).max()),
        tolerance=0,
    )


@CLAIMS.add(
    "Theorem 1, proof",
    kind="statement",
    printed="Rectified linear units and tanh fulfil the condition of monotony by themselves.",
    right="They grow, which is the wrong sign: <s(x) - s(y), x - y> >= 0. What fulfils it for "
    "every W and b is -W^T s(W y + b).",
    expects="corrected",
)
def monotone_activations(budget: Budget) -> Finding:
    draw, printed, right = np.random.default_rng(3), [], []
    W, b = draw.normal(size=(5, 3)), draw.normal(size=5)
    assert gradient_field(W).is_monotone
    assert not layer_field(np.eye(3)).is_monotone
    for activation in (np.tanh, lambda v: np.maximum(v, 0)):
        for x, y in draw.normal(size=(100, 2, 3)):
            printed.append((activation(x) - activation(y)) @ (x - y))
            pull = activation(W @ x + b) - activation(W @ y + b)
            right.append(-pull @ W @ (x - y))
    return Finding.compare(
        "Of 200 pairs of states the inner product is at most {printed} for tanh and ReLU, at most "
        "{right} for minus the gradient.",
        printed=max(printed),
        right=max(0.0, *right),
        tolerance=1e-12 * math.sqrt(len(right)),
    )
