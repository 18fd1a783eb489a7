"""Section 2 to eq. (8): the Hamiltonian network, Definition 1 and its example."""

import dataclasses
import functools
import warnings

import jax.numpy as jnp
import numpy as np

from ...equations import (
    BlockTableau,
    burrage_butcher,
    energy_defect,
    printed_tensor,
)
from ...networks import ODERNN, Stage
from .._cells import double, largest
from .._claim import Budget, Comparison, Finding
from .._shared import step_in_both_halves, weights_that_change
from ._claims import CLAIMS
from ._letters import STEP, letters, misses, past_states


@CLAIMS.add(
    "section 2, gradients",
    kind="statement",
    printed="Networks without structure have gradients that explode or vanish.",
    expects="holds",
)
def gradients(budget: Budget) -> Finding:
    draw, within = np.random.default_rng(0), 0
    for scale in np.repeat([0.5, 2.5], 10):
        W, y, slope = (
            scale * draw.normal(size=(20, 20)) / np.sqrt(20),
            draw.normal(size=20),
            np.eye(20),
        )
        for _ in range(300):
            y = np.tanh(W @ y + 0.1)
            slope = (1 - y * y)[:, None] * W @ slope
        within += 1e-3 < np.linalg.norm(slope, 2) < 1e3
    says = (
        "Of 20 random tanh networks with weights of norm about 1 or 5, {printed} have a gradient "
        "over 300 steps between 0.001 and 1000."
    )
    return Finding.compare(says, printed=float(within), tolerance=0)


CLAIMS.add(
    "eq. (1), step",
    printed="Z <- Z - h s(W^T Y + b), then Y <- Y + s(W Z + b): a step h for Z and none for Y. s "
    "is the activation.",
    right="h stands before both, or there is no equation that the network integrates.",
    expects="corrected",
)(step_in_both_halves)


CLAIMS.add(
    "eq. (1), stability",
    kind="statement",
    printed="(1) is stable whatever the weights W_l of its layers are.",
    right="Where all layers have the same W and h |W| < 2. Weights that change from layer to layer "
    "pump it, even if each alone is far below the limit.",
    expects="false",
)(weights_that_change)


@CLAIMS.add(
    "eqs. (2)-(4)",
    printed="n stages K_q = gamma_q K_(q-1) + kappa_q s(W_q Y + b_q + h sum alpha_qk K_k), each of "
    "a past state Y, and an output of the same form that adds gamma Y_l; s is the activation.",
    expects="holds",
)
@double
def definition(budget: Budget) -> Finding:
    drawn = letters(3, 3)
    says = "The library's step of 3 stages and 3 lags differs from the letters by {printed}."
    return Finding.compare(says, printed=misses(drawn, drawn.delays), tolerance=1e-12)


@CLAIMS.add(
    "eq. (2)",
    printed="The first stage reads the state alone, K_1 = s(W_1 Y + b_1), and with that implicit "
    "Runge-Kutta methods are of the form (2) to (4).",
    right="It needs its own alpha, as the others: + h sum alpha_1k K_k. Without it not even the "
    "implicit midpoint rule is of this form.",
    expects="corrected",
)
@double
def first_stage(budget: Budget) -> Finding:
    from scipy.optimize import root

    draw = np.random.default_rng(2)
    W, b, y = draw.normal(size=(3, 3)), draw.normal(size=3), draw.normal(size=3)
    middle = lambda k: k - np.tanh(W @ (y + STEP * k / 2) + b)
    wanted = y + STEP * root(middle, np.zeros(3), tol=1e-14).x
    out = Stage(alpha={1: 1.0}, gamma=1.0)
    new = []
    for alpha in ({}, {1: jnp.asarray(W / 2)}):
        stage = Stage(W=jnp.asarray(W), b=jnp.asarray(b), alpha=alpha, sigma=jnp.tanh)
        net = ODERNN.from_stages(
            [stage], out, input_size=0, state_size=3, h=STEP, implicit=bool(alpha)
        )
        new.append(np.asarray(net(net.history(jnp.asarray(y)), jnp.zeros(0)).history[0]))
    return Finding.compare(
        "A step of 0.3 of y' = tanh(W y + b) is off from the implicit midpoint rule by {printed} "
        "without, by {right} with alpha_11 = W/2.",
        printed=largest([new[0] - wanted]),
        right=largest([new[1] - wanted]),
        tolerance=1e-10,
    )


@CLAIMS.add(
    "eqs. (3)-(4), indices",
    printed="Stage q reads Y at l - t_q - 1 and the output at l - t_n - 1, with t_k = floor(t "
    "k/n), and the output's function is s_(q+1).",
    right="The index is q - 1 and n - 1: stage q reads Y at l - t_(q-1), the output at l - "
    "t_(n-1), as in the example; and the output's function is s_(n+1).",
    expects="corrected",
)
@double
def delays(budget: Budget) -> Finding:
    drawn, example = letters(2, 2), [0, 1, 1]
    marks = [2 * k // 2 for k in range(3)]
    printed = [0, marks[2] + 1, marks[2] + 1]
    gap = lambda found: float(max(abs(a - b) for a, b in zip(found, example, strict=True)))
    return Finding.compare(
        "For n = t = 2 the letters give delays that differ from those of (6) to (8) by {printed}, "
        "t_(q-1) by {right}, "
        f"and with those the library's step is (6) to (8) to {misses(drawn, example):.1g}.",
        printed=gap(printed),
        right=gap(drawn.delays),
        tolerance=0,
    )


@CLAIMS.add(
    "Definition 1, memory",
    kind="statement",
    printed="The n stages of an n-t-ODERNN couple t past states.",
    right="min(n, t): the delays are floor(t (q - 1)/n) of n stages, so that one stage has no "
    "memory whatever t is.",
    expects="corrected",
)
def coupled_states(budget: Budget) -> Finding:
    printed, right = [], []
    for n in range(1, 7):
        for t in range(1, 9):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # where t > n the library warns
                net = ODERNN.from_stages(
                    [Stage(W=1.0)] * n, Stage(alpha={n: 1.0}), input_size=0, state_size=1, lags=t
                )
            used = len({*net.places.stages, net.places.output})
            printed.append(abs(used - t))
            right.append(abs(used - min(n, t)))
    return Finding.compare(
        "For n up to 6 and t up to 8 the number of states that are read differs from t by up to "
        "{printed}, from min(n, t) by {right}.",
        printed=float(max(printed)),
        right=float(max(right)),
        tolerance=0,
    )


@CLAIMS.add(
    "Definition 1, sizes",
    kind="statement",
    printed="The state has s components and a stage p, with alpha, gamma, kappa and beta all p by "
    "p.",
    right="Then gamma Y_l, of s components, is added to one of p: print forces s = p. kappa_q is p "
    "by m, beta s by p, and gamma of the output s by s.",
    expects="corrected",
)
@double
def sizes(budget: Budget) -> Finding:
    drawn = letters(3, 2, s=3, p=2)
    return Finding.compare(
        "With s = 3 and p = 2 the terms of (4) differ in length by {printed} as printed; with the "
        "shapes on the right the library's step is (2) to (4) to {right}.",
        printed=float(len(past_states(drawn)[0]) - len(drawn.kappa[0])),
        right=misses(drawn, drawn.delays),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (5)",
    printed="The tensor of stability is Q_ij = beta_i alpha_ij + beta_j alpha_ji - "
    "beta_i beta_j^T.",
    right="beta_i^T alpha_ij + alpha_ji^T beta_j - beta_i^T beta_j. The two agree for numbers; for "
    "matrices the printed one misses the balance of energy that the tensor is for.",
    expects="corrected",
)
def tensor(budget: Budget) -> Finding:
    draw = np.random.default_rng(0)
    blocks = BlockTableau(draw.normal(size=(3, 3, 3, 3)), draw.normal(size=(3, 3, 3)))
    start, slopes = draw.normal(size=3), draw.normal(size=(3, 3))
    missed = lambda tensor: abs(energy_defect(blocks, tensor, start, slopes, 0.7))
    return Finding.compare(
        "With dense blocks |y|^2 after a step is missed by {printed} with Q, by {right} with the "
        "corrected tensor.",
        printed=missed(printed_tensor(blocks)),
        right=missed(burrage_butcher(blocks)),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eqs. (6)-(8)",
    printed="For n = t = 2: K_1 reads Y_l, K_2 reads Y_(l-1) and K_1, the output reads Y_(l-1), "
    "K_1 and K_2, and adds gamma_3 Y_l.",
    expects="holds",
)
@double
def example(budget: Budget) -> Finding:
    says = "The library's step differs from the three equations by {printed}."
    return Finding.compare(says, printed=misses(letters(2, 2), [0, 1, 1]), tolerance=1e-12)


@functools.cache
def _moved(factor: str) -> str:
    """The first of K_1, K_2 and the new state that moves with a factor of (6)-(8)."""
    drawn = letters(2, 2)
    past, at = past_states(drawn), {"gamma_2": 1, "kappa_2": 1, "gamma_3": 2, "beta_1": 0}[factor]
    field = factor.split("_")[0]
    grown = list(getattr(drawn, field))
    grown[at] = 1.1 * grown[at]
    before = drawn.step(past, [0, 1, 1])
    after = dataclasses.replace(drawn, **{field: tuple(grown)}).step(past, [0, 1, 1])
    moves = [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
    return ("K_1", "K_2", "Y_(l+1)")[moves.index(True)]


@CLAIMS.add(
    "Fig. 1",
    kind="figure",
    printed="A diagram of (6) to (8): arrows carry gamma_3 into Y_(l+1), kappa_2 into K_1, gamma_2 "
    "into K_2 and beta_k into the output.",
    right="kappa_2 is on the arrow into K_2; K_1 has no factor.",
    expects="corrected",
)
def arrows(budget: Budget) -> Finding:
    printed = {"gamma_3": "Y_(l+1)", "kappa_2": "K_1", "gamma_2": "K_2", "beta_1": "Y_(l+1)"}
    right = printed | {"kappa_2": "K_2"}
    rows = tuple((name, to, _moved(name)) for name, to in printed.items())
    wrong = lambda arrows: float(sum(_moved(name) != to for name, to in arrows.items()))
    caption = "What moves first when a factor of (6) to (8) is made a tenth larger."
    return Finding.compare(
        "{printed} of 4 arrows of the caption end elsewhere than their factor acts; of the "
        "corrected ones {right}.",
        printed=wrong(printed),
        right=wrong(right),
        tolerance=0,
        comparison=Comparison(caption, ("factor", "printed", "moves"), rows),
    )
