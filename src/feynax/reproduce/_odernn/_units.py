"""Section 2.2, the unitary and the clockwork network: equations (28) and (29), Claims 3 and 4."""

import functools

import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from jaxtyping import Array

from ...networks import ODERNN, URNN, ClockworkRNN, Moment, Stage, modrelu
from .._cells import cell, double, embedded, inputs, largest, outputs, prepared
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS

_XS = inputs(9, 4)


@functools.cache
def _unitary() -> tuple[URNN, np.ndarray]:
    """A cell, and its outputs along the series."""
    own = cell("URNN")
    assert isinstance(own, URNN)
    return own, outputs(own, _XS)


def _modrelu(v: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return v / np.abs(v) * np.maximum(np.abs(v) + bias, 0)


def _rotated(in_time: bool) -> np.ndarray:
    """Outputs of (28), whose W multiplies the last state, or as printed the state at the start."""
    own, _ = _unitary()
    U, bias = np.asarray(prepared(own)), np.asarray(own.bias)
    V = np.asarray(own.input_real) + 1j * np.asarray(own.input_imag)
    state, seen = np.zeros(2, complex), []
    for x in _XS:
        new = _modrelu(U @ state + V @ x, bias)
        state = new if in_time else state
        seen.append(np.concatenate([np.real(new), np.imag(new)]))
    return np.stack(seen)


@CLAIMS.add(
    "eq. (28)",
    printed="A layer of the unitary network is K_t = s(W K_t of the layer below + V x_t).",
    right="h_t = s(W h_(t-1) + V x_t): print has a chain of layers and no step in time, so that "
    "nothing is remembered.",
    expects="corrected",
)
@double
def unitary_network(budget: Budget) -> Finding:
    wanted = _unitary()[1]
    return Finding.compare(
        "Along nine samples it is off from the library's URNN by {printed}, with the step in time "
        "by {right}.",
        printed=largest([_rotated(False) - wanted]),
        right=largest([_rotated(True) - wanted]),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "Claim 3",
    kind="theorem",
    printed="URNN is an ODERNN with gamma_q = 0 and W_q = 0, n = L and t = 2.",
    right="W_q = U of the layer, or the state is cut out; n = L and t = 1.",
    expects="corrected",
)
@double
def urnn_as_odernn(budget: Budget) -> Finding:
    own, wanted = _unitary()
    V = own.input_real + 1j * own.input_imag
    cut = Stage(V=V, sigma=Partial(_activate, own.bias))
    net = ODERNN.from_stages(
        [cut], Stage(alpha={1: 1.0}), input_size=4, state_size=2, dtype=jnp.complex128
    )
    states = outputs(net, _XS)
    return Finding.compare(
        "With W = 0 outputs are off by {printed}; three layers are an ODERNN with "
        f"n = {embedded('URNN').n}, t = {embedded('URNN').t} to " + "{right}.",
        printed=largest([np.concatenate([np.real(states), np.imag(states)], 1) - wanted]),
        right=embedded("URNN").error,
        tolerance=1e-12,
    )


def _activate(bias: Array, v: Array) -> Array:
    return modrelu(v, bias)


@CLAIMS.add(
    "Claim 3, activation",
    kind="statement",
    printed="URNN's activation is a pointwise function of R^p, as Definition 1 asks.",
    right="modReLU is pointwise on complex components. In real and imaginary parts it mixes "
    "the two, so that Definition 1 must allow complex states.",
    expects="corrected",
)
@double
def complex_activation(budget: Budget) -> Finding:
    v, bias = jnp.asarray(np.array([0.8 + 0.5j, -0.3 + 0.9j])), jnp.asarray(np.array([-0.2, -0.4]))
    real = lambda step: np.real(np.asarray(modrelu(v + step, bias)))
    mixing = (real(1e-6j) - real(-1e-6j)) / 2e-6
    each = [np.asarray(modrelu(v[k : k + 1], bias[k : k + 1])) for k in (0, 1)]
    return Finding.compare(
        "Imaginary parts move real ones with a slope of up to {printed}; applied to each complex "
        "component alone it is the same to {right}.",
        printed=largest([mixing]),
        right=largest([np.concatenate(each) - np.asarray(modrelu(v, bias))]),
        tolerance=1e-15,
    )


@functools.cache
def _clockwork() -> tuple[ClockworkRNN, np.ndarray]:
    own = cell("ClockworkRNN", groups=4)
    assert isinstance(own, ClockworkRNN)
    return own, outputs(own, _XS)


def _ticking(held: bool) -> np.ndarray:
    """(29) with the rows of groups at rest left out; they hold their value, or have none."""
    own, _ = _clockwork()
    U, V, b = np.asarray(prepared(own)), np.asarray(own.weight_ih), np.asarray(own.bias)
    h, seen = np.zeros(4), []
    for step, x in enumerate(_XS, 1):
        moves = step % np.array(own.periods) == 0
        h = np.where(moves, np.tanh(U @ h + V @ x + b), h if held else 0.0)
        seen.append(h)
    return np.stack(seen)


@CLAIMS.add(
    "eq. (29)",
    printed="Clockwork network: K_t = s(W_H(t) K_(t-1) + W_I(t) Y_t), W_H(t) and W_I(t) having the "
    "rows of groups that move at t.",
    right="Groups that do not move hold their value; with their rows left out they would fall to "
    "s(0).",
    expects="corrected",
)
@double
def clockwork(budget: Budget) -> Finding:
    wanted = _clockwork()[1]
    return Finding.compare(
        "With four clocks and nine samples it is off from the library's clockwork network by "
        "{printed}, with held values by {right}.",
        printed=largest([_ticking(False) - wanted]),
        right=largest([_ticking(True) - wanted]),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "after eq. (29)",
    kind="statement",
    printed="W_H(t) K_(t-1) can be rewritten as a sum of what all earlier steps contribute, each "
    "for itself.",
    right="Only where s is linear; tanh mixes what earlier inputs contribute.",
    expects="corrected",
)
def contributions(budget: Budget) -> Finding:
    draw = np.random.default_rng(9)
    W, V = draw.normal(size=(4, 4)), draw.normal(size=(4, 4))

    def last(xs: np.ndarray, activation) -> np.ndarray:
        h = np.zeros(4)
        for x in xs:
            h = activation(W @ h + V @ x)
        return h

    early, late = _XS[:4].copy(), _XS[:4].copy()
    early[2:], late[:2] = 0, 0
    mixes = lambda s: largest([last(_XS[:4], s) - last(early, s) - last(late, s)])
    return Finding.compare(
        "The state after four samples differs from the sum of what the first and the last two give "
        "alone by {printed} with tanh, by {right} with s(v) = v.",
        printed=mixes(np.tanh),
        right=mixes(lambda v: v),
        tolerance=1e-11,
    )


def _all_at_once(own: ClockworkRNN, moment: Moment) -> Stage:
    """Claim 4 as printed: groups that move, and gamma = 0."""
    moves = jnp.asarray(moment.step % np.array(own.periods) == 0, own.bias.dtype)
    return Stage(W=own.prepare(), V=own.weight_ih, b=own.bias, kappa=moves, sigma=jnp.tanh)


@CLAIMS.add(
    "Claim 4",
    kind="theorem",
    printed="A clockwork network of L clocks is an ODERNN with n = t = L and gamma_q = 0.",
    right="gamma = I - kappa, with kappa(t) = 1 for the units that move: n = t = 1. Clocks have "
    "periods that double; delays floor(t q/n) grow linearly and cannot stand for them.",
    expects="corrected",
)
@double
def clockwork_as_odernn(budget: Budget) -> Finding:
    own, wanted = _clockwork()
    net = ODERNN.from_stages(
        [Partial(_all_at_once, own)], Stage(alpha={1: 1.0}), input_size=4, state_size=4
    )
    found = embedded("ClockworkRNN", 1, groups=4)
    rows = tuple((k, k - 1, own.periods[k - 1]) for k in range(1, 5))
    caption = "Four clocks: the delays of n = t = 4, beside the periods."
    return Finding.compare(
        "With gamma = 0 outputs are off by {printed}; the ODERNN with "
        f"n = {found.n} and t = {found.t} is the network to " + "{right}.",
        printed=largest([outputs(net, _XS) - wanted]),
        right=found.error,
        tolerance=1e-13,
        comparison=Comparison(caption, ("clock", "delay printed", "period"), rows),
    )
