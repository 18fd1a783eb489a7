"""Section 2.2, GRU: equations (22) to (27) and Claim 2."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from jaxtyping import Array

from ...networks import GRU, ODERNN, Moment, Stage
from .._cells import cell, double, embedded, inputs, largest, logistic, outputs
from .._claim import Budget, Finding
from .._shared import products_as_functions
from ._claims import CLAIMS

_XS = inputs(6, 4)


def _gru() -> dict[str, np.ndarray]:
    """Weights of (22)-(23): of r and of z on the input and on the state, and W_x, W_g."""
    draw = np.random.default_rng(6)
    names = ("r_x", "r_h", "z_x", "z_h", "x", "g")
    return {name: draw.normal(size=(4, 4)) * 0.7 for name in names}


def _gru_letters(w: dict[str, np.ndarray], xs: np.ndarray) -> np.ndarray:
    """(22)-(23), with W_g (r * K)."""
    h, seen = np.zeros(4), []
    for x in xs:
        r, z = (logistic(w[g + "_x"] @ x + w[g + "_h"] @ h) for g in "rz")
        h = (1 - z) * h + z * np.tanh(w["x"] @ x + w["g"] @ (r * h))
        seen.append(h)
    return np.stack(seen)


@CLAIMS.add(
    "eqs. (22)-(23)",
    printed="GRU: K = (1 - z) K_old + z tanh(W_x K_below + W_g (r K_old)), with gates r and z.",
    expects="holds",
)
@double
def gru(budget: Budget) -> Finding:
    w = _gru()
    w["g"] = np.diag(np.diag(w["g"]))  # where W_g (r K) and PyTorch's r (W_g K) are the same
    own, zero = cell("GRU"), jnp.zeros(12)
    assert isinstance(own, GRU)
    # PyTorch's z is on the old value: its argument is minus this one.
    weights = [
        np.concatenate([w["r_" + s], -w["z_" + s], w[c]]) for s, c in (("x", "x"), ("h", "g"))
    ]
    where = lambda c: (c.weight_ih, c.weight_hh, c.bias_ih, c.bias_hh)
    own = eqx.tree_at(where, own, (*map(jnp.asarray, weights), zero, zero))
    says = (
        "With z turned round, and a diagonal W_g, for which PyTorch's r (W_g K) is the same, the "
        "library's GRU differs by {printed}."
    )
    gap = outputs(own, _XS) - _gru_letters(w, _XS)
    return Finding.compare(says, printed=largest([gap]), tolerance=1e-13)


@CLAIMS.add(
    "eqs. (24)-(25)",
    printed="One layer: Y_t = (1 - z) Y + z tanh(W Y + W_g r * Y), * being elementwise.",
    right="W_g (r * Y), as in the GRU's paper, or r * (W_g Y), as in PyTorch. Read in order, "
    "(W_g r) * Y is neither: with an open gate it is not a plain network.",
    expects="corrected",
)
def order_of_products(budget: Budget) -> Finding:
    W = _gru()["g"]
    y, r = inputs(1, 4)[0], np.ones(4)
    return Finding.compare(
        "With r = 1 the term differs from W_g Y by {printed}, W_g (r * Y) by {right}.",
        printed=largest([(W @ r) * y - W @ y]),
        right=largest([W @ (r * y) - W @ y]),
        tolerance=1e-15,
    )


CLAIMS.add(
    "before eq. (26)",
    kind="statement",
    printed="r * Y can be written as s'(W' Y), and s(W_z Y) * tanh(W_t Y) as s''(W'' Y), with "
    "pointwise functions s' and s''.",
    right="A pointwise function of one linear form has gradients in one direction; those of the "
    "products span two. Gates must be coefficients that move.",
    expects="false",
)(products_as_functions)


def _reset(w: dict[str, Array], moment: Moment) -> Stage:
    """K_1 = D[r] Y."""
    return Stage(W=jax.nn.sigmoid(w["r_x"] @ moment.x + w["r_h"] @ moment.history[0]))


def _mixed(w: dict[str, Array], moment: Moment) -> Stage:
    """Y + = D[1 - z] Y + D[z] tanh(W_x x + W_g K_1)."""
    z = jax.nn.sigmoid(w["z_x"] @ moment.x + w["z_h"] @ moment.history[0])
    return Stage(V=w["x"], alpha={1: w["g"]}, gamma=1 - z, kappa=z, sigma=jnp.tanh)


@CLAIMS.add(
    "eq. (26) and Claim 2",
    kind="theorem",
    printed="A GRU is an ODERNN with n = t = 2, gamma_2 = D[1 - z], kappa_2 = 1, h alpha_1 = "
    "W_t^-1 W_g and constant W.",
    right="kappa = D[z], h beta_1 = W_g and K_1 = D[r] Y with r and z as moving coefficients: "
    "n = t = 1. No inverse is needed.",
    expects="corrected",
)
@double
def gru_as_odernn(budget: Budget) -> Finding:
    w = _gru()
    own = {name: jnp.asarray(weight) for name, weight in w.items()}
    nets = [
        ODERNN.from_stages([Partial(_reset, own)], out, input_size=4, state_size=4)
        for out in (Partial(_mixed, own), Partial(_ungated, own))
    ]
    wanted = _gru_letters(w, _XS)
    right, printed = (largest([outputs(net, _XS) - wanted]) for net in nets)
    return Finding.compare(
        "With kappa = 1 outputs are off from (22) to (23) by {printed}, with kappa = D[z] by "
        "{right}.",
        printed=printed,
        right=right,
        tolerance=1e-13,
    )


def _ungated(w: dict[str, Array], moment: Moment) -> Stage:
    """As printed, without z before the new value."""
    return eqx.tree_at(lambda stage: stage.kappa, _mixed(w, moment), 1.0)


@CLAIMS.add(
    "eq. (27)",
    printed="With L layers the gates read the layer below too, which gives n = L and t = 2.",
    right="n = L and t = 1: no layer reads a state older than the last.",
    expects="corrected",
)
def layers_of_gru(budget: Budget) -> Finding:
    found = embedded("GRU")
    return Finding.compare(
        f"Three layers are an ODERNN with n = {found.n} and t = {found.t}: off from the printed t "
        "by {printed}, and from the layers by {right}.",
        printed=float(abs(found.t - 2)),
        right=found.error,
        tolerance=1e-12,
    )
