"""Section 2.2, LSTM: equations (12) to (21), Claim 1, Table 2 and Fig. 2."""

import functools

import jax.numpy as jnp
import numpy as np

from ...networks import LSTM, Moment, lstm_odernn
from .._cells import cell, double, embedded, inputs, largest, logistic, outputs, stacked
from .._claim import Budget, Comparison, Finding
from .._shared import lstm_letters, memory_or_output
from ._claims import CLAIMS

_XS = inputs(6, 4)


@functools.cache
def _lstm() -> tuple[LSTM, np.ndarray]:
    """A cell, and its outputs along the series."""
    own = cell("LSTM")
    assert isinstance(own, LSTM)
    return own, outputs(own, _XS)


@CLAIMS.add(
    "Fig. 2",
    kind="figure",
    printed="The LSTM that the text defines, as a diagram of an LSTM with peepholes.",
    right="With peepholes gates read the memory; those of (12) read outputs alone. It is another "
    "network.",
    expects="corrected",
)
@double
def peepholes(budget: Budget) -> Finding:
    own, wanted = _lstm()
    return Finding.compare(
        "Peepholes of weight 0.5 move the outputs of (12) to (14) by {printed}; without peepholes "
        "the letters are the library's LSTM to {right}.",
        printed=largest([lstm_letters(own, _XS, peephole=0.5) - wanted]),
        right=largest([lstm_letters(own, _XS) - wanted]),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eqs. (12)-(14)",
    printed="LSTM: gates i, f, o and a candidate g of the layer below and of the layer's last "
    "output; c = f c + i g, K = o tanh(c); W is 4 n by 2 n.",
    expects="holds",
)
@double
def lstm(budget: Budget) -> Finding:
    own, wanted = _lstm()
    stacked_weights = np.concatenate([own.weight_ih, own.weight_hh], 1)
    assert stacked_weights.shape == (16, 8)
    says = "The library's LSTM, whose weights are 16 by 8 for n = 4, differs from it by {printed}."
    return Finding.compare(
        says, printed=largest([lstm_letters(own, _XS) - wanted]), tolerance=1e-13
    )


@CLAIMS.add(
    "Table 2",
    kind="table",
    printed="gamma is an LSTM's forget gate, kappa its input gate, K_q a stage, s_q an activation.",
    expects="holds",
)
@double
def dictionary(budget: Budget) -> Finding:
    own, _ = _lstm()
    x, h, older = np.split(inputs(3, 4, seed=8) / 3, 3)
    moment = Moment(jnp.asarray(1), jnp.asarray(np.concatenate([x[0], x[0]])),
                    jnp.asarray(np.concatenate([h, older])), ())  # fmt: skip
    stage = lstm_odernn(own, "output").stages[1](moment)
    arguments = own.drive(jnp.asarray(x[0])) + own.weight_hh @ jnp.asarray(h[0])
    i, f, _, _ = (logistic(v) for v in np.split(np.asarray(arguments), 4))
    rows = (
        ("gamma_2", "forget gate", largest([np.asarray(stage.gamma) - f])),
        ("kappa_2", "input gate", largest([np.asarray(stage.kappa) - i])),
    )
    caption = "Coefficients of the second stage of the LSTM's ODERNN, whose state is its output."
    return Finding.compare(
        "In the ODERNN of an LSTM they are these gates to {printed}. (As a rate of dissipation "
        "gamma stands for -log gamma a step.)",
        printed=max(row[2] for row in rows),
        tolerance=1e-13,
        comparison=Comparison(caption, ("coefficient", "printed", "off by"), rows),
    )


CLAIMS.add(
    "eqs. (15)-(18)",
    printed="One layer: K_t = f K_(t-1) + i s(W_c Y_(t-1) + U_c K_(t-1) + b_c), Y_t = o "
    "s(K_t), with U K_(t-1) in all gates.",
    right="U multiplies the last output Y, not the memory K, as (12) has it; and what W multiplies "
    "is the input x_t.",
    expects="corrected",
)(memory_or_output)


@CLAIMS.add(
    "before eq. (19)",
    kind="statement",
    printed="An elementwise product is one with a diagonal matrix, a * b = D[a] b.",
    expects="holds",
)
def diagonal_matrix(budget: Budget) -> Finding:
    a, b = inputs(2, 6)
    says = "The two differ by {printed}."
    return Finding.compare(says, printed=largest([a * b - np.diag(a) @ b]), tolerance=1e-15)


def _with_previous(xs: np.ndarray) -> np.ndarray:
    """Each sample beside the one before it, as the form without memory reads them."""
    return np.concatenate([xs, np.concatenate([np.zeros((1, xs.shape[1])), xs[:-1]])], 1)


@CLAIMS.add(
    "Claim 1",
    kind="theorem",
    printed="An LSTM is an ODERNN with n = 2, gamma_2 = D[f], kappa_2 = D[i], h alpha_21 = U_c, "
    "gamma_2 = 0 and kappa_2 = o.",
    right="The last two are gamma_3 = 0 and kappa_3 = D[o]; U_c belongs to W_2, since K_1 is the "
    "memory and U_c multiplies the output. Then there are ODERNNs with (n, t) = (2, 1), (1, 1), "
    "(2, 2) and (4, 1), the last with constant coefficients.",
    expects="corrected",
)
@double
def lstm_as_odernn(budget: Budget) -> Finding:
    own, wanted = _lstm()
    rows = []
    for form in ("stages", "minimal", "output", "constant"):
        net = lstm_odernn(own, form)
        seen = outputs(net, _with_previous(_XS) if form == "output" else _XS)
        rows.append((form, len(net.stages), net.lags, net.coefficients, largest([seen - wanted])))
    caption = (
        "ODERNNs of one layer. With 'output' the state is the output alone, and the memory is "
        "found as artanh(h/o)."
    )
    columns = ("form", "n", "t", "coefficients", "off by")
    return Finding.compare(
        "The printed coefficients give outputs that are off by {printed}; four right sets by "
        "{right}.",
        printed=largest([lstm_letters(own, _XS, gates_read="c") - wanted]),
        right=max(row[4] for row in rows),
        tolerance=1e-11,
        comparison=Comparison(caption, columns, tuple(rows)),
    )


@CLAIMS.add(
    "eqs. (19)-(21)",
    printed="In L layers each gate reads the layer below at the same time and its own layer at the "
    "time before; each layer adds 1 to the nonlinearity, which gives n = L and t = 2.",
    right="Each layer adds two stages (one, and 2 L - 1 in all, where the last gate of a layer "
    "acts within the next), and t = 1.",
    expects="corrected",
)
@double
def layers_of_lstm(budget: Budget) -> Finding:
    counts = [len(stacked([cell("LSTM")] * layers).stages) for layers in (1, 2, 3)]
    found = embedded("LSTM")
    return Finding.compare(
        "One to three layers have " + ", ".join(map(str, counts)) + " stages, off from L by up to "
        "{printed}; this ODERNN is off from three layers by {right}.",
        printed=float(max(abs(n - layers) for layers, n in enumerate(counts, 1))),
        right=found.error,
        tolerance=1e-12,
    )
