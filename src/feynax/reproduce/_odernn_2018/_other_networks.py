"""Claims 2 and 3: the unitary and the clockwork network, eqs. (11) and (12)."""

import numpy as np

from ...networks import URNN, ClockworkRNN
from .._cells import cell, double, embedded, inputs, largest, outputs, prepared
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS


@CLAIMS.add(
    "eq. (11)",
    printed="URNN: K_(t+1) = s(W K_t + V Y_t), and the output is linear in K_(t+1).",
    expects="holds",
)
@double
def recurrence_of_urnn(budget: Budget) -> Finding:
    own, xs = cell("URNN", size=8), inputs(4, 8)
    assert isinstance(own, URNN)
    W, bias = np.asarray(prepared(own)), np.asarray(own.bias)
    V = np.asarray(own.input_real) + 1j * np.asarray(own.input_imag)
    K, seen = np.zeros(4, complex), []
    for x in xs:
        v = W @ K + V @ x
        K = np.maximum(np.abs(v) + bias, 0) * v / np.abs(v)
        seen.append(np.concatenate([K.real, K.imag]))
    away = np.abs(W.conj().T @ W - np.eye(4)).max()
    return Finding.compare(
        "With modReLU for s the library's URNN is this recurrence to {printed} over 4 samples; "
        f"its W is unitary to {away:.1g}.",
        printed=largest([np.stack(seen) - outputs(own, xs)]) + float(away),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "Claim 2",
    kind="theorem",
    printed="URNN of L layers is a 2-L-ORNN with gamma = 0.",
    right="(L, 1), on complex states: a layer is a stage that reads the last state. gamma = 0 is "
    "right for the layer itself; the parts of the state that wait are carried.",
    expects="corrected",
)
@double
def layers_of_urnn(budget: Budget) -> Finding:
    found = embedded("URNN", 2)
    return Finding.compare(
        "For 2 layers n or t of the claim are off by {printed}; with (2, 1) the ODERNN is the URNN "
        "to {right}.",
        printed=float(max(abs(found.n - 2), abs(found.t - 2))),
        right=found.error,
        tolerance=1e-12,
    )


def _clockwork(own: ClockworkRNN, xs: np.ndarray, *, hold: bool) -> np.ndarray:
    """(12) in NumPy: rows of modules that rest are zero; they are held, or not."""
    U, V, b = np.asarray(prepared(own)), np.asarray(own.weight_ih), np.asarray(own.bias)
    periods, K, seen = np.array(own.periods), np.zeros(own.hidden_size), []
    for t, x in enumerate(xs, 1):
        moves = t % periods == 0
        new = np.tanh(moves * (U @ K + V @ x + b))
        K = np.where(moves, new, K) if hold else new
        seen.append(K)
    return np.stack(seen)


@CLAIMS.add(
    "eq. (12)",
    printed="Clockwork network: K_t = s(W_H(t) K_(t-1) + W_I(t) Y_t), where time-dependent weights "
    "store the memory of past steps.",
    right="Modules that rest keep their value: K_t = (I - D) K_(t-1) + D s(W K_(t-1) + V Y_t), D "
    "= 1 for those that move. No weights inside s can do that, as s(v) = v only at 0.",
    expects="corrected",
)
@double
def resting_modules(budget: Budget) -> Finding:
    own, xs = cell("ClockworkRNN", size=8, groups=4), inputs(20, 8)
    assert isinstance(own, ClockworkRNN)
    seen = outputs(own, xs)
    return Finding.compare(
        "Over 20 samples and 4 clocks the network is missed by {printed} as printed, by {right} "
        "where modules at rest are held.",
        printed=largest([_clockwork(own, xs, hold=False) - seen]),
        right=largest([_clockwork(own, xs, hold=True) - seen]),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "Claim 3",
    kind="theorem",
    printed="The clockwork network with L clocks is an L-L-ORNN with gamma = 0.",
    right="(1, 1), with kappa = D, which depends on time, and gamma = I - D.",
    expects="corrected",
)
@double
def clocks(budget: Budget) -> Finding:
    found = embedded("ClockworkRNN", 1, groups=4)
    return Finding.compare(
        "For 4 clocks n and t of the claim are off by {printed}; with (1, 1) the ODERNN is the "
        "network to {right}.",
        printed=float(max(abs(found.n - 4), abs(found.t - 4))),
        right=found.error,
        tolerance=1e-12,
    )


@CLAIMS.add(
    "Claim 3, delays as clocks",
    kind="statement",
    printed="The clocks of the modules are the delays t_k = floor(t k/n) of Definition 1.",
    right="Delays grow in proportion to k, the periods of the clocks as 2^k: no t and n give them; "
    "a coefficient with the period does.",
    expects="false",
)
@double
def delays_and_periods(budget: Budget) -> Finding:
    own = cell("ClockworkRNN", size=8, groups=4)
    assert isinstance(own, ClockworkRNN)
    periods = np.array(own.periods[::2])
    cases = [(n, t) for n in range(4, 20) for t in range(1, 40)]
    delays = np.array([t * np.arange(4) // n for n, t in cases])
    off = np.abs(delays - (periods - 1)).max(1)
    best = int(off.argmin())
    rows = tuple(
        (k, int(p) - 1, int(d)) for k, (p, d) in enumerate(zip(periods, delays[best], strict=True))
    )
    caption = "How long four clocks hold a value, and the nearest delays: n = {}, t = {}."
    return Finding.compare(
        "For n to 19 and t to 39 the nearest delays 0, t_1, t_2, t_3 differ by {printed} from how "
        "long 4 clocks hold a value, 0, 1, 3 and 7 samples.",
        printed=float(off[best]),
        tolerance=0,
        comparison=Comparison(caption.format(*cases[best]), ("clock", "held", "delay"), rows),
    )
