"""Claim 1 for LSTM: Table 2 and eqs. (4) to (7)."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ...networks import LSTM, Moment, lstm_odernn
from .._cells import cell, double, embedded, inputs, largest, logistic, outputs
from .._claim import Budget, Comparison, Finding
from .._shared import lstm_letters, memory_or_output
from ._claims import CLAIMS


@CLAIMS.add(
    "Table 2",
    kind="table",
    printed="LSTM and ORNN letter by letter: Y_l is the input, K_j the hidden layer j, gamma the "
    "forget gate, kappa the input gate, alpha the weights of the hidden variable, s its function.",
    right="Y_l is not the input x, which enters b alone, and alpha is absent: the weights of the "
    "hidden variable stand in W, as they act on the old state. The other rows hold.",
    expects="corrected",
)
@double
def letters_of_lstm(budget: Budget) -> Finding:
    own = cell("LSTM")
    assert isinstance(own, LSTM)
    x, h = inputs(1, 4)[0], np.tanh(np.random.default_rng(0).normal(size=(2, 4))) / 4
    net = lstm_odernn(own, "output")
    given = jnp.asarray(np.concatenate([x, x]))
    stage = net.stages[1](Moment(jnp.asarray(1), given, jnp.asarray(h), (jnp.zeros(4),)))
    i, f, g, _ = np.split(np.asarray(own.drive(jnp.asarray(x)) + own.weight_hh @ h[0]), 4)
    gates = largest([np.asarray(stage.gamma) - logistic(f), np.asarray(stage.kappa) - logistic(i)])
    absent = {"alpha": not stage.alpha, "Y_l": eqx.tree_equal(stage.W, None) is True}
    candidate = largest([np.asarray(stage.b) - g])
    rows = (
        ("Y_l", "input", "state; the input is in b"),
        ("K_j", "hidden layer j", "old memory, new memory"),
        ("gamma_2", "forget gate", "forget gate"),
        ("alpha_21", "weights of the hidden variable", "absent"),
        ("kappa_2", "input gate", "input gate"),
        ("s_2", "tanh", "tanh"),
    )
    caption = "What the letters are in the ODERNN that is an LSTM."
    return Finding.compare(
        "{printed} of 6 rows have no such place in the ODERNN that is an LSTM; gates and candidate "
        "stand where the others say to {right}.",
        printed=float(sum(absent.values())),
        right=max(gates, candidate),
        tolerance=1e-14,
        comparison=Comparison(caption, ("letter", "printed", "found"), rows),
    )


def _lstm(seed: int = 0) -> LSTM:
    own = cell("LSTM", seed)
    assert isinstance(own, LSTM)
    return own


CLAIMS.add(
    "eqs. (4)-(6)",
    printed="LSTM: K <- f K + i s(W_c Y + U_c K + b), Y = o s(K), with gates f, i, o of W Y + U "
    "K; K is the memory, Y what comes in.",
    right="U acts on the last output h = o s(K), not on the memory K.",
    expects="corrected",
)(memory_or_output)


@CLAIMS.add(
    "Claim 1, coefficients of LSTM",
    kind="statement",
    printed="LSTM is n = 2, t = 1 with gamma_2 = D[f], kappa_2 = D[i], W_2 = W_c, h alpha_21 = "
    "U_c, gamma = 0, kappa = o.",
    right="K_1 is the old memory, so that alpha_21 = U_c would act on the memory; U_c acts on the "
    "old output and stands in W_2. For the output gamma_3 = 0, kappa_3 = D[o].",
    expects="corrected",
)
@double
def coefficients_of_lstm(budget: Budget) -> Finding:
    own, xs = _lstm(), inputs(5, 4)
    net = lstm_odernn(own, "output")
    pairs = np.concatenate([xs, np.vstack([np.zeros(4), xs[:-1]])], 1)
    seen, right = outputs(own, xs), outputs(net, pairs)
    U = np.split(np.asarray(own.weight_hh), 4)[2]
    memory, printed = np.zeros(4), []
    for h, x in zip(np.vstack([np.zeros(4), seen[:-1]]), xs, strict=True):
        i, f, g, o = np.split(np.asarray(own.drive(jnp.asarray(x)) + own.weight_hh @ h), 4)
        wrong = logistic(f) * memory + logistic(i) * np.tanh(g - U @ h + U @ memory)
        printed.append(logistic(o) * np.tanh(wrong))
        memory = logistic(f) * memory + logistic(i) * np.tanh(g)
    return Finding.compare(
        "Given the right gates and the right old memory, the printed coefficients miss an LSTM's "
        "output by {printed}; the library's ODERNN with those on the right by {right}.",
        printed=largest([np.stack(printed) - seen]),
        right=largest([right - seen]),
        tolerance=1e-10,
    )


@CLAIMS.add(
    "Claim 1, LSTM of L layers",
    kind="theorem",
    printed="LSTM of L layers is a 2-L-ORNN; its proof ends with an L-2-ORNN.",
    right="It has 2L stages and one lag, (2L, 1), with the memory in the state.",
    expects="corrected",
)
@double
def layers_of_lstm(budget: Budget) -> Finding:
    found = {layers: embedded("LSTM", layers) for layers in (1, 2)}
    rows = tuple(
        (L, f"2-{L}", f"{L}-2", f"{own.n}-{own.t}", f"{own.error:.1g}") for L, own in found.items()
    )
    columns = ("L", "claim", "proof", "found", "error")
    caption = "Stages and lags of the ODERNN that is an LSTM, and by how much it misses it."
    both = [{(2, L), (L, 2)} for L in found]
    miss = sum(
        len(pairs - {(own.n, own.t)}) for pairs, own in zip(both, found.values(), strict=True)
    )
    return Finding.compare(
        "For 1 and 2 layers {printed} pairs of claim and proof are not those of the ODERNN; with "
        "(2L, 1) it is the LSTM to {right}.",
        printed=float(miss),
        right=max(own.error + abs(own.n - 2 * L) + own.t - 1 for L, own in found.items()),
        tolerance=1e-12,
        comparison=Comparison(caption, columns, rows),
    )


@CLAIMS.add(
    "eq. (7)",
    printed="In layer l all gates read the K of the layer below at the same time; K is the memory "
    "of (4).",
    right="They read what that layer puts out, o s(K), not its memory.",
    expects="corrected",
)
@double
def layers_read_outputs(budget: Budget) -> Finding:
    low, high, xs = _lstm(0), _lstm(1), inputs(5, 4)
    seen = outputs(high, outputs(low, xs))
    stacked = lambda shown: lstm_letters(high, lstm_letters(low, xs, shows=shown))
    return Finding.compare(
        "Two layers of LSTM are missed by {printed} where the second reads the memory of the "
        "first, by {right} where it reads its output.",
        printed=largest([stacked("c") - seen]),
        right=largest([stacked("h") - seen]),
        tolerance=1e-13,
    )
