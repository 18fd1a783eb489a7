"""Section 3.1, Table 4 and Fig. 1: the quantum-inspired network beside others."""

import numpy as np

from .._cells import double, embedded, logistic
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._printed_qunn import BLOCK, Printed, layer_stretch, series


def _inputs_read(layers: int, *, p2: float = 0.4, weights: bool = False) -> list[int]:
    """Delays of the inputs that the last state, or the last layer's weights, depend on."""
    printed, ys = Printed(layers, p2=p2), series()
    shown = lambda x: (
        printed.memories(x, BLOCK - 1)[-1] if weights else printed.columns(x, BLOCK - 1)
    )
    found, base = [], shown(ys)
    for delay in range(BLOCK):
        other = ys.copy()
        other[BLOCK - 1 - delay] += 0.3
        if not np.array_equal(shown(other), base):
            found.append(delay)
    return found


@CLAIMS.add(
    "Fig. 1",
    kind="figure",
    printed="The layer n of the network is fed with the input of delay n.",
    right="Its newest pair is. As (22) keeps the pairs of earlier inputs, its weights depend on "
    "the whole block, unless p2 = 1.",
    expects="corrected",
)
def delays_of_the_layers(budget: Budget) -> Finding:
    rows, extra, right = [], 0, 0
    for n in (1, 2, 3, 4):
        kept, fresh = _inputs_read(n, weights=True), _inputs_read(n, p2=1.0, weights=True)
        extra = max(extra, len({*kept} - {0, n}))
        right += fresh != [0, n]
        rows.append((n, f"0, {n}", ", ".join(map(str, kept)), ", ".join(map(str, fresh))))
    caption = (
        "Delays of the inputs that the weights of layer n depend on, at the end of a block of 6."
    )
    columns = ("n", "drawn", "found, p2 = 0.4", "found, p2 = 1")
    return Finding.compare(
        "Weights of a layer depend on up to {printed} inputs that are not drawn; with p2 = 1 "
        "{right} of 4 layers differ from the drawing.",
        printed=float(extra),
        right=float(right),
        tolerance=0,
        comparison=Comparison(caption, columns, tuple(rows)),
    )


@CLAIMS.add(
    "section 3.1, memory",
    kind="statement",
    printed="n layers depend on the input in the last n + 1 steps.",
    right="One layer does. Two and more reach further, as a pair of earlier inputs in the second "
    "layer's weights starts where the first layer's pair ends; they are bounded by the block.",
    expects="corrected",
)
def inputs_of_the_layers(budget: Budget) -> Finding:
    found = {n: len(_inputs_read(n)) for n in (1, 2, 3)}
    rows = tuple((n, n + 1, count) for n, count in found.items())
    caption = "Inputs that the last state of a block of 6 depends on."
    return Finding.compare(
        "1 to 3 layers depend on up to {printed} inputs more than n + 1, and on {right} more than "
        "the block has.",
        printed=float(max(count - n - 1 for n, count in found.items())),
        right=float(max(0, *(count - BLOCK for count in found.values()))),
        tolerance=0,
        comparison=Comparison(caption, ("layers", "printed", "found"), rows),
    )


def _lstm_stretch() -> float:
    """Largest stretch of one step of a random LSTM on (h, c)."""
    draw = np.random.default_rng(0)
    U, start = 3 * draw.normal(size=(16, 4)), draw.normal(size=8) / 4

    def step(state: np.ndarray) -> np.ndarray:
        i, f, g, o = np.split(U @ state[:4], 4)
        c = logistic(f) * state[4:] + logistic(i) * np.tanh(g)
        return np.concatenate([logistic(o) * np.tanh(c), c])

    moves = 1e-6 * np.eye(8)
    return float(np.linalg.norm([(step(start + e) - step(start - e)) / 2e-6 for e in moves], 2))


def _urnn_stretch() -> float:
    """Largest stretch of modReLU with biases below zero, after a unitary matrix."""
    draw = np.random.default_rng(0)
    v, w = draw.normal(size=(2, 5000, 2)).view(complex)[..., 0]
    shrunk = lambda v: np.maximum(np.abs(v) - 0.3, 0) * v / np.abs(v)
    return float(np.max(np.abs(shrunk(v) - shrunk(w)) / np.abs(v - w)))


@CLAIMS.add(
    "Table 4",
    kind="table",
    printed="For n layers: QUNN has a memory of n, order n, is stable; LSTM a memory of 2, order "
    "n, stability unknown; URNN a memory of 2, order n, is stable.",
    right="QUNN reads its block and is not stable by construction; LSTM with its memory in the "
    "state has one lag, 2n stages, and can part states; URNN has one lag and n stages, and parts "
    "no states where its biases are at most 0.",
    expects="corrected",
)
@double
def top_down(budget: Budget) -> Finding:
    n = 2
    lstm, urnn = embedded("LSTM", n), embedded("URNN", n)
    word = lambda stretch: "yes" if stretch <= 1 + 1e-12 else "no"
    stretches = (layer_stretch(), _lstm_stretch(), _urnn_stretch())
    found = (
        (len(_inputs_read(n)) - 1, n, word(stretches[0])),
        (lstm.t, lstm.n, word(stretches[1])),
        (urnn.t, urnn.n, word(stretches[2])),
    )
    printed = ((n, n, "yes"), (2, n, "?"), (2, n, "yes"))
    show = lambda row: f"{row[0]}, {row[1]}, {row[2]}"
    names = ("QUNN", "LSTM", "URNN, b <= 0")
    rows = tuple(
        (name, show(a), show(b), s)
        for name, a, b, s in zip(names, printed, found, stretches, strict=True)
    )
    pairs = zip(sum(printed, ()), sum(found, ()), strict=True)
    misses = sum(claimed not in ("?", own) for claimed, own in pairs)
    caption = "Memory, order and stability for two layers, and the largest stretch of a step found."
    return Finding.compare(
        "{printed} of 8 entries differ; LSTM and URNN are their ODERNNs to {right}.",
        printed=float(misses),
        right=max(lstm.error, urnn.error),
        tolerance=1e-12,
        comparison=Comparison(caption, ("network", "printed", "found", "stretch"), rows),
    )


@CLAIMS.add(
    "section 3.1, stability by construction",
    kind="statement",
    printed="QUNN is stable by construction; LSTM is not.",
    right="Neither is. How far a QUNN layer may part states grows with the square of the data.",
    expects="false",
)
def stable_by_construction(budget: Budget) -> Finding:
    norms = [np.linalg.norm(Printed(1).hamiltonians(f * series(), 4)[0], 2) for f in (1.0, 2.0)]
    return Finding.compare(
        "A layer parts states by 1 plus {printed}; with data twice as large the norm of its H is "
        f"{norms[1] / norms[0]:.6g} times as large, and it parts them by 1 plus "
        f"{layer_stretch(2.0) - 1:.2g}.",
        printed=layer_stretch() - 1,
        tolerance=1e-9,
    )


CLAIMS.unchecked(
    "section 3.1, QUNN and LSTM",
    printed="No QUNN has the function of any LSTM.",
    because="it is not said over which weights and which inputs; with weights of zero both are "
    "constant, and equal.",
)
CLAIMS.unchecked(
    "section 4",
    printed="Knowing the correlation time of the data helps to choose a network for it.",
    because="it would take data and training, of which the document has none; "
    "`feynax.networks.block_length` estimates that time.",
)
