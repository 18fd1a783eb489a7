"""Definition 1, eqs. (2) and (3)."""

import warnings

import jax.numpy as jnp
import numpy as np

from ...equations import stability_function, tableau
from ...networks import ODERNN, Stage
from .._cells import double, largest
from .._claim import Budget, Finding
from ._claims import CLAIMS

_H = 0.3


def _random_stages(n: int, s: int, p: int) -> tuple[list[Stage], Stage]:
    """Dense coefficients of n stages of p components, and of the output of s."""
    draw = np.random.default_rng(n)
    dense = lambda *shape: jnp.asarray(draw.normal(size=shape))
    stages = []
    for q in range(n):
        pushes = {k + 1: dense(p, p) for k in range(q)}
        gamma = dense(p, p) if q else None
        stages.append(Stage(dense(p, s), None, dense(p), pushes, gamma, dense(p, p), jnp.tanh))
    pushes = {k + 1: dense(s, p) for k in range(n)}
    return stages, Stage(dense(s, s), None, dense(s), pushes, dense(s, s), dense(s, s), jnp.sin)


def _by_letters(stages: list[Stage], out: Stage, past: np.ndarray, t: int) -> np.ndarray:
    """(2) and (3) on Y_l, Y_(l+1), ..., the oldest first: Y_(l+t)."""
    n, K = len(stages), []
    marks = [t * q // n for q in range(n)]
    for q, stage in enumerate(stages):
        pushed = sum(np.asarray(a) @ K[k - 1] for k, a in stage.alpha.items())
        inner = np.asarray(stage.W) @ past[marks[q]] + np.asarray(stage.b) + _H * pushed
        kept = 0 if stage.gamma is None else np.asarray(stage.gamma) @ K[-1]
        K.append(kept + np.asarray(stage.kappa) @ np.tanh(inner))
    pushed = sum(np.asarray(a) @ K[k - 1] for k, a in out.alpha.items())
    inner = np.asarray(out.W) @ past[marks[-1]] + np.asarray(out.b) + _H * pushed
    return np.asarray(out.gamma) @ past[0] + np.asarray(out.kappa) @ np.sin(inner)


def _next(net: ODERNN, past: np.ndarray) -> np.ndarray:
    """The library's new state from past ones, the oldest first."""
    return np.asarray(net(net.history(jnp.asarray(past[::-1])), jnp.zeros(0)).history[0])


def _earlier(stages: list[Stage], out: Stage, s: int, p: int, t: int) -> ODERNN:
    options = {"input_size": 0, "state_size": s, "stage_size": p, "lags": t, "h": _H}
    return ODERNN.from_stages(stages, out, variant="earlier", **options)


@CLAIMS.add(
    "eqs. (2)-(3)",
    printed="K_q = gamma_q K_(q-1) + kappa_q s(W_q Y_(l + t_(q-1)) + b_q + h sum alpha_qk K_k), "
    "and Y_(l+t) adds gamma Y_l to a stage that reads Y_(l + t_(n-1)), with t_k = floor(t k/n).",
    expects="holds",
)
@double
def definition(budget: Budget) -> Finding:
    off, sizes = [], [(1, 1, 3, 3), (2, 2, 3, 3), (3, 3, 3, 2), (3, 2, 2, 4), (4, 3, 2, 2)]
    for n, t, s, p in sizes:
        stages, out = _random_stages(n, s, p)
        past = np.random.default_rng(t).normal(size=(t, s))
        net = _earlier(stages, out, s, p, t)
        off.append(_next(net, past) - _by_letters(stages, out, past, t))
    says = 'The library\'s step with variant="earlier" differs from the letters by {printed} on 5 '
    says += "networks of 1 to 4 stages."
    return Finding.compare(says, printed=largest(off), tolerance=1e-12)


@CLAIMS.add(
    "eq. (2), product",
    printed="alpha_qk and K_k are multiplied entry by entry.",
    right="By the matrix product: entry by entry a p x p matrix and p numbers give p x p numbers.",
    expects="corrected",
)
@double
def product(budget: Budget) -> Finding:
    stages, out = _random_stages(2, 3, 3)
    past = np.random.default_rng(2).normal(size=(2, 3))
    alpha = np.asarray(stages[1].alpha[1])
    first = np.tanh(np.asarray(stages[0].W) @ past[0] + np.asarray(stages[0].b))
    excess = (alpha * first).size - first.size
    net = _earlier(stages, out, 3, 3, 2)
    return Finding.compare(
        "For p = 3 the printed product has {printed} numbers too many; with the matrix product the "
        "library's step is that of the letters to {right}.",
        printed=float(excess),
        right=largest([_next(net, past) - _by_letters(stages, out, past, 2)]),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (3), letters",
    printed="The output has the weights W^n of the last stage, the bias b^(n+1), and the function "
    "s_l.",
    right="Weights and function of its own, W_(n+1) and s_(n+1). With W^n not even the two-step "
    "leapfrog Y_(l+2) = Y_l + 2 h f(Y_(l+1)) is of this form; with W_3 = 0 it is.",
    expects="corrected",
)
@double
def letters_of_the_output(budget: Budget) -> Finding:
    A = np.random.default_rng(1).normal(size=(3, 3))
    past = np.random.default_rng(2).normal(size=(2, 3))
    wanted = past[0] + 2 * _H * np.tanh(A @ past[1])
    first, second = Stage(W=1.0), Stage(W=jnp.asarray(A), sigma=jnp.tanh)
    new = []
    for W in (jnp.asarray(A), None):
        out = Stage(W=W, alpha={2: 2.0}, gamma=1.0)
        new.append(_next(_earlier([first, second], out, 3, 3, 2), past) - wanted)
    return Finding.compare(
        "With W^n in the output the leapfrog is missed by {printed}, with W_3 = 0 by {right}.",
        printed=largest([new[0]]),
        right=largest([new[1]]),
        tolerance=1e-14,
    )


def _places(n: int, t: int):
    """Which past states the library's earlier variant reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where t > n the library warns
        return _earlier([Stage(W=1.0)] * n, Stage(alpha={n: 1.0}, gamma=1.0), 1, 1, t).places


@CLAIMS.add(
    "Definition 1, memory",
    kind="statement",
    printed="The n stages share t time steps: the range of memory of an n-t-ORNN is t.",
    right="It reaches t states back, but reads min(n, t) of them. With one stage it falls into t "
    "networks that never meet: Y_(l+t) follows from Y_l alone.",
    expects="corrected",
)
def range_of_memory(budget: Budget) -> Finding:
    cases = [(n, t) for n in range(1, 7) for t in range(1, 9)]
    found = [_places(n, t) for n, t in cases]
    used = np.array([len({*p.stages, p.output, p.skip}) for p in found])
    reach = [
        max(*p.stages, p.output, p.skip) + 1 - t for p, (_, t) in zip(found, cases, strict=True)
    ]
    off = lambda wanted: float(np.abs(used - wanted).max())
    return Finding.compare(
        "For n to 6 and t to 8 the number of states that are read is off from t by up to "
        f"{{printed}} and from min(n, t) by {{right}}; the oldest is t steps back up to "
        f"{max(map(abs, reach))}.",
        printed=off([t for _, t in cases]),
        right=off([min(case) for case in cases]) + max(map(abs, reach)),
        tolerance=0,
    )


@CLAIMS.add(
    "Definition 1, sizes",
    kind="statement",
    printed="States have s components, stages p, and beta, gamma, kappa and alpha are all p x p.",
    right="That forces s = p: (3) adds gamma Y_l, which has s, to p numbers. In general kappa_q "
    "is p x m, alpha m x p, beta and kappa of the output have s rows, its gamma is s x s.",
    expects="corrected",
)
@double
def sizes(budget: Budget) -> Finding:
    stages, out = _random_stages(3, 3, 2)
    past = np.random.default_rng(5).normal(size=(3, 3))
    net = _earlier(stages, out, 3, 2, 3)
    return Finding.compare(
        "For s = 3, p = 2 the two terms of (3) differ by {printed} in length as printed; with the "
        "shapes on the right the step is that of the letters to {right}.",
        printed=float(past.shape[1] - net.stage_sizes[-1]),
        right=largest([_next(net, past) - _by_letters(stages, out, past, 3)]),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "Definition 1, dissipation",
    kind="statement",
    printed="gamma is the dissipation of energy of the dynamics.",
    right="Nothing of the kind follows: gamma = 1/2 in the output of the implicit midpoint rule "
    "makes decaying states grow, where gamma = 1 lets them decay.",
    expects="false",
)
def dissipation(budget: Budget) -> Finding:
    # A step's factor is gamma + h sum beta_k K_k; the sum is what the method adds to gamma = 1.
    added = float(np.real(stability_function(tableau("implicit_midpoint"), np.array(-50.0)))) - 1
    half, whole = (abs(gamma + added) - 1 for gamma in (0.5, 1.0))
    return Finding.compare(
        "For y' = -50 y and h = 1 a step multiplies a state's size by 1 plus {printed} with gamma "
        f"= 1/2, and by 1 minus {-whole:.2g} with gamma = 1.",
        printed=float(half),
        tolerance=0,
    )
