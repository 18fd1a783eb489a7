"""Equations (1) to (10): the network and its regimes."""

import jax
import jax.numpy as jnp
import numpy as np

from ...equations import relu_flow
from .._claim import Budget, Finding
from ._claims import CLAIMS
from ._draws import networks

_POINTS = 40


def _two_neurons(net, y):
    """The right-hand sides of (2)-(3), letter by letter."""
    (w11, w12), (w21, w22) = net.w
    on = np.maximum(0, y + net.theta)
    return np.stack(
        [
            (-y[:, 0] + w11 * on[:, 0] + w21 * on[:, 1] + net.current[0]) / net.tau[0],
            (-y[:, 1] + w22 * on[:, 1] + w12 * on[:, 0] + net.current[1]) / net.tau[1],
        ],
        -1,
    )


def _states(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=2, size=(_POINTS, 2))


def _largest(differences) -> float:
    return float(max(np.max(np.abs(difference), initial=0.0) for difference in differences))


@CLAIMS.add(
    "eq. (1)",
    printed="tau_i dy_i/dt = -y_i + sum_j w_ji f(y_j - theta_j) + I_i, with a minus before theta.",
    right="A plus before theta, as in (2) to (8): the minus does not give (2) to (3).",
    expects="corrected",
)
def sign_of_theta(budget: Budget) -> Finding:
    y, minus, plus = _states(), [], []
    for net in networks(20):
        for sign, kept in ((-1, minus), (1, plus)):
            on = np.maximum(0, y + sign * net.theta)
            kept.append((-y + on @ net.w + net.current) / net.tau - _two_neurons(net, y))
    return Finding.compare(
        "On 20 random networks the minus is off from (2) to (3) by {printed}, the plus by {right}.",
        printed=_largest(minus),
        right=_largest(plus),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eqs. (2)-(4)",
    printed="Two neurons with ReLU: tau_1 y1' = -y1 + w11 f(y1 + theta1) + w21 f(y2 + theta2) "
    "+ I1, "
    "and the same for y2.",
    expects="holds",
)
def planar_network(budget: Budget) -> Finding:
    y, off = _states(), []
    for net in networks(20):
        with jax.enable_x64(True):
            ours = jax.vmap(net.field, (None, 0))(0.0, jnp.asarray(y))
        off.append(np.asarray(ours) - _two_neurons(net, y))
    return Finding.compare(
        "The library's field differs from it by {printed} at 40 states of 20 networks.",
        printed=_largest(off),
        tolerance=1e-13,
    )


def _piece(mask: tuple[int, int]) -> float:
    y, off = _states(), []
    for net in networks(20):
        inside = y[np.all((y + net.theta >= 0) == np.array(mask, bool), -1)]
        piece = net.field.regime(mask)
        off.append(inside @ piece.matrix.T + piece.offset - _two_neurons(net, inside))
    return _largest(off)


@CLAIMS.add(
    "eqs. (5)-(6)",
    printed="While both neurons are on, the field is affine, with the ReLUs left out.",
    expects="holds",
)
def both_on(budget: Budget) -> Finding:
    says = "Off by {printed} at the states of 20 networks that lie in the regime."
    return Finding.compare(says, printed=_piece((1, 1)), tolerance=1e-13)


@CLAIMS.add(
    "eqs. (7)-(8)",
    printed="While both are off, each neuron decays alone: tau_i y_i' = -y_i + I_i.",
    expects="holds",
)
def both_off(budget: Budget) -> Finding:
    says = "Off by {printed} at the states of 20 networks that lie in the regime."
    return Finding.compare(says, printed=_piece((0, 0)), tolerance=1e-13)


@CLAIMS.add(
    "eqs. (5)-(8), together",
    kind="statement",
    printed="The network takes one of two forms: both neurons on, or both off.",
    right="There are four regimes; with one neuron on and one off the field is a third and a "
    "fourth "
    "affine one.",
    expects="corrected",
)
def four_regimes(budget: Budget) -> Finding:
    y, left_out, off = _states(), [], []
    for net in networks(20):
        on = y + net.theta >= 0
        left_out.append(np.mean(on[:, 0] != on[:, 1]))
        masks = [tuple(int(bit) for bit in row) for row in on]
        pieces = [net.field.regime(mask) for mask in masks]
        own = np.stack([p.matrix @ s + p.offset for p, s in zip(pieces, y, strict=True)])
        off.append(own - _two_neurons(net, y))
    return Finding.compare(
        "Two regimes leave out a share {printed} of random states; with four the field is right to "
        "{right}.",
        printed=float(np.mean(left_out)),
        right=_largest(off),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eqs. (9)-(10)",
    printed="With both neurons off, y_i(t) = I_i + C_i exp(-t/tau_i).",
    right="Only until the trajectory leaves the regime, as it does where I_i + theta_i > 0.",
    expects="corrected",
)
def decay_alone(budget: Budget) -> Finding:
    inside, whole = [], []
    ts = np.linspace(0, 4, 41)
    for net in networks(6, seed=3):
        net.current[:] = np.abs(net.current) - net.theta  # so that both neurons switch on
        start = -net.theta - 1.0
        path = relu_flow(net.field, start, ts)
        printed = net.current + (start - net.current) * np.exp(-ts[:, None] / net.tau)
        apart = np.abs(np.asarray(path.ys) - printed).max(-1)
        until = ts < np.min(np.asarray(path.event_times), initial=np.inf)
        inside.append(apart[until].max())
        whole.append(apart.max())
    return Finding.compare(
        "Against the exact flow over 4 units of time it is off by {printed}; until the first "
        "switching by {right}.",
        printed=max(whole),
        right=max(inside),
        tolerance=1e-11,
    )
