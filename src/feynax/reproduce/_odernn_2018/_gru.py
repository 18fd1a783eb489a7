"""Claim 1 for GRU: eqs. (8) to (10)."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...networks import GRU, ODERNN, Moment, Stage
from .._cells import cell, double, embedded, inputs, largest, logistic, outputs
from .._claim import Budget, Finding
from .._shared import products_as_functions
from ._claims import CLAIMS


def _gru() -> tuple[GRU, list[np.ndarray]]:
    """A cell without biases, and its six matrices: of r, z, n on inputs, then on states."""
    own = cell("GRU")
    assert isinstance(own, GRU)
    none = jnp.zeros_like(own.bias_hh)
    own = eqx.tree_at(lambda c: (c.bias_ih, c.bias_hh), own, (none, none))
    return own, [
        *np.split(np.asarray(own.weight_ih), 3),
        *np.split(np.asarray(own.weight_hh), 3),
    ]


def _states(count: int = 50) -> np.ndarray:
    return np.random.default_rng(8).normal(size=(count, 4))


def _stepped(own: GRU, ys: np.ndarray) -> np.ndarray:
    """A GRU's new states where its input is its state, as in (8)."""
    step = jax.vmap(lambda y: own.step(None, y, own.drive(y)))
    return np.asarray(step(jnp.asarray(ys)))


@CLAIMS.add(
    "eq. (8), which value z weighs",
    printed="Y <- (1 - z) Y + z tanh(...), so that z weighs the new value.",
    expects="holds",
)
@double
def convention_of_z(budget: Budget) -> Finding:
    own, (Wr, Wz, Wn, Ur, Uz, Un) = _gru()
    ys = _states()
    r, z = logistic(ys @ (Wr + Ur).T), logistic(-ys @ (Wz + Uz).T)
    new = (1 - z) * ys + z * np.tanh(ys @ Wn.T + r * (ys @ Un.T))
    says = "With z for the 1 - z of the library (and of PyTorch), steps from 50 states agree to "
    return Finding.compare(
        says + "{printed}.", printed=largest([new - _stepped(own, ys)]), tolerance=1e-13
    )


@CLAIMS.add(
    "eq. (8), reset gate",
    printed="The argument of tanh is W Y + W_g r * Y: (W_g r) times Y, entry by entry.",
    right="The gate resets the state: W_g (r * Y), or r * (W_g Y) as PyTorch and this library have "
    "it. (W_g r) * Y is quadratic in what the gate passes and mixes no components of Y.",
    expects="corrected",
)
@double
def reset_gate(budget: Budget) -> Finding:
    own, (Wr, Wz, Wn, Ur, Uz, Un) = _gru()
    ys = _states()
    r, z = logistic(ys @ (Wr + Ur).T), logistic(-ys @ (Wz + Uz).T)
    new = lambda pushed: (1 - z) * ys + z * np.tanh(ys @ Wn.T + pushed)
    return Finding.compare(
        "Steps of a GRU from 50 states are missed by {printed} as printed, by {right} with r * "
        "(W_g Y).",
        printed=largest([new((r @ Un.T) * ys) - _stepped(own, ys)]),
        right=largest([new(r * (ys @ Un.T)) - _stepped(own, ys)]),
        tolerance=1e-13,
    )


CLAIMS.add(
    "eq. (9)",
    printed="r * Y, with r = s(W_f Y), can be written as s'(W_q Y) with a pointwise s'.",
    right="No: all gradients of a pointwise function of one linear form are parallel; those of a "
    "component of r * Y are not.",
    expects="false",
)(products_as_functions)


class _Gated(eqx.Module):
    """A stage whose coefficients are made from the state."""

    make: object = eqx.field(static=True)

    def __call__(self, moment: Moment) -> Stage:
        return self.make(moment.history[0])  # pyright: ignore[reportCallIssue]


@CLAIMS.add(
    "Claim 1, coefficients of GRU",
    kind="statement",
    printed="(9) is n = 1 with gamma = D[1 - z], kappa = D[z], W = W_t, h beta_1 = W_g.",
    right="So it is with K_1 = D[r] Y: the coefficient W_1 = D[r] depends on the state, in place "
    "of the pointwise function that does not exist.",
    expects="corrected",
)
@double
def coefficients_of_gru(budget: Budget) -> Finding:
    Wt, Wg, Wz, Wf = np.random.default_rng(3).normal(size=(4, 4, 4))
    ys = _states(5)
    gate = lambda W, y: 1 / (1 + jnp.exp(-jnp.asarray(W) @ y))
    out = lambda y: Stage(
        W=jnp.asarray(Wt), alpha={1: jnp.asarray(Wg)}, gamma=1 - gate(Wz, y), kappa=gate(Wz, y),
        sigma=jnp.tanh,
    )  # fmt: skip
    reset = lambda y: Stage(W=gate(Wf, y))
    # A pointwise function of a linear form: the gate alone. By (9), no other is right, either.
    pointwise = lambda y: Stage(W=jnp.asarray(Wf), sigma=lambda v: 1 / (1 + jnp.exp(-v)))
    off = {}
    for name, first in (("printed", pointwise), ("right", reset)):
        net = ODERNN.from_stages(
            [_Gated(first)], _Gated(out), input_size=0, state_size=4, stage_size=4
        )
        misses = []
        for y in ys:
            r, z = logistic(Wf @ y), logistic(Wz @ y)
            wanted = (1 - z) * y + z * np.tanh(Wt @ y + Wg @ (r * y))
            new = net(net.history(jnp.asarray(y)), jnp.zeros(0)).history[0]
            misses.append(np.asarray(new) - wanted)
        off[name] = largest(misses)
    return Finding.compare(
        "The library's ODERNN with K_1 = s(W_f Y) misses the GRU by {printed}, with K_1 = D[r] Y "
        "by {right}.",
        **off,
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (10)",
    printed="In more layers the gates read the layer's own last state and the new state of the "
    "layer below.",
    expects="holds",
)
@double
def gates_of_layers(budget: Budget) -> Finding:
    own, (Wr, Wz, Wn, Ur, Uz, Un) = _gru()
    below = outputs(own, inputs(4, 4))
    y, seen = np.zeros(4), []
    for x in below:
        r, z = logistic(Wr @ x + Ur @ y), logistic(-(Wz @ x + Uz @ y))
        y = (1 - z) * y + z * np.tanh(Wn @ x + r * (Un @ y))
        seen.append(y)
    return Finding.compare(
        "A second layer with such gates, and the layer below as its input, is the library's to "
        "{printed} over 4 samples.",
        printed=largest([np.stack(seen) - outputs(own, below)]),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "Claim 1, GRU of L layers",
    kind="theorem",
    printed="GRU of L layers is a 2-L-ORNN; its proof ends with an L-2-ORNN.",
    right="It has L stages and one lag, (L, 1), with gates as coefficients.",
    expects="corrected",
)
@double
def layers_of_gru(budget: Budget) -> Finding:
    found, layers = embedded("GRU", 2), 2
    wrong = len({(2, layers), (layers, 2)} - {(found.n, found.t)})
    return Finding.compare(
        "For 2 layers claim and proof have {printed} pair, 2-2, that is not the 2-1 of the ODERNN, "
        "which is the GRU to {right}.",
        printed=float(wrong),
        right=found.error + abs(found.n - layers) + found.t - 1,
        tolerance=1e-12,
    )
