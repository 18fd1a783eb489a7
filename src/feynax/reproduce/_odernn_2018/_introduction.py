"""Abstract, introduction and Table 1: gradients, unitary networks, and who is of which order."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ...equations import TABLEAUX, tableau
from ...networks import URNN
from .._cells import cell, double, embedded, prepared
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS


def _log_gradients(scale: float, layers: int) -> np.ndarray:
    """Logarithm of the gradient's norm after each of so many random tanh layers."""
    draw, n = np.random.default_rng(0), 40
    y, slope, found = draw.normal(size=n), np.eye(n), []
    for _ in range(layers):
        W = scale * draw.normal(size=(n, n)) / np.sqrt(n)
        y = np.tanh(W @ y)
        slope = (1 - y * y)[:, None] * W @ slope
        found.append(np.log(np.linalg.norm(slope, 2)))
    return np.array(found)


@CLAIMS.add(
    "introduction, gradients of deep networks",
    kind="statement",
    printed="Gradients vanish or explode exponentially in the number of layers.",
    expects="holds",
)
def exponential_gradients(budget: Budget) -> Finding:
    off, rates, depth = [], [], np.arange(400)
    for scale in (0.7, 3.0):
        found = _log_gradients(scale, len(depth))
        line = np.polyfit(depth, found, 1)
        off.append(np.std(found - np.polyval(line, depth)) / np.std(found))
        rates.append(line[0])
    return Finding.compare(
        "Through 400 random tanh layers the gradient's logarithm falls by "
        f"{-rates[0]:.2f} a layer for small weights and rises by {rates[1]:.2f} for large ones, "
        "and is off a straight line by a share {printed} of its spread.",
        printed=float(max(off)),
        tolerance=0.1,
    )


@CLAIMS.add(
    "introduction, size of a unitary matrix",
    kind="statement",
    printed="The degrees of freedom of a unitary matrix are quadratic in its dimension.",
    expects="holds",
)
def unitary_freedom(budget: Budget) -> Finding:
    from scipy.linalg import expm

    draw, free = np.random.default_rng(3), []
    for n in range(1, 6):
        unitary = lambda v, n=n: expm((m := v.view(complex).reshape(n, n)) - m.conj().T).ravel()
        start = draw.normal(size=2 * n * n) / 3
        moves = [unitary(start + e) - unitary(start - e) for e in 1e-4 * np.eye(2 * n * n)]
        parts = np.array(moves).view(float) / 2e-4
        free.append(np.linalg.matrix_rank(parts, tol=1e-5))
    return Finding.compare(
        "For 1 to 5 dimensions the number of directions in which it can move differs from the "
        "square of the dimension by {printed}.",
        printed=float(np.abs(np.array(free) - np.arange(1, 6) ** 2).max()),
        tolerance=0,
    )


@CLAIMS.add(
    "introduction, unitary networks",
    kind="statement",
    printed="A unitary weight matrix keeps the norm of the state, and so that of the gradient.",
    right="The matrix does, the network does not: its activation modReLU shortens states. With "
    "biases b <= 0 gradients cannot grow; they can still vanish.",
    expects="corrected",
)
@double
def accumulated_gradient(budget: Budget) -> Finding:
    own = cell("URNN", size=8)
    assert isinstance(own, URNN)
    own = eqx.tree_at(lambda c: c.bias, own, -jnp.abs(own.bias) / 4)
    U, bias = np.asarray(prepared(own)), np.asarray(own.bias)
    state, slope, largest = np.random.default_rng(0).normal(size=8).view(complex), np.eye(8), 0.0
    kicks = np.random.default_rng(1).normal(size=(30, 8)).view(complex)
    for kick in kicks:
        v = U @ state + kick
        slope = _modrelu_slope(v, bias) @ _real(U) @ slope
        state = np.maximum(np.abs(v) + bias, 0) * v / np.abs(v)
        largest = max(largest, np.linalg.norm(slope, 2))
    return Finding.compare(
        "Over 30 steps the smallest singular value of the gradient falls from 1 by {printed}; the "
        "largest exceeds 1 by {right}.",
        printed=1 - float(np.linalg.svd(slope)[1][-1]),
        right=float(max(0.0, largest - 1)),
        tolerance=1e-10,
    )


def _real(matrix: np.ndarray) -> np.ndarray:
    """A complex matrix on real and imaginary parts."""
    return np.block([[np.real(matrix), -np.imag(matrix)], [np.imag(matrix), np.real(matrix)]])


def _modrelu_slope(v: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Jacobian of (|v| + b) v/|v| on real and imaginary parts: 1 along v, 1 + b/|v| across."""
    size = np.abs(v)
    across = np.where(size + bias > 0, 1 + bias / size, 0.0)
    along = np.where(size + bias > 0, 1.0, 0.0)
    x, y = np.real(v) / size, np.imag(v) / size
    mix = lambda a, b: np.diag(along * a * b)
    turned = np.block([[mix(x, x), mix(x, y)], [mix(y, x), mix(y, y)]])
    other = np.block(
        [[np.diag(across * y * y), np.diag(-across * x * y)],
         [np.diag(-across * x * y), np.diag(across * x * x)]]
    )  # fmt: skip
    return turned + other


@CLAIMS.add(
    "Table 1",
    kind="table",
    printed="LSTM, GRU and URNN of L layers have the orders n-t = 2-L, the clockwork RNN with L "
    "clocks L-L, where n counts stages and t past states; the proofs have L-2 for the first two.",
    right="(2L, 1) for LSTM with its memory in the state, (L, 1) for GRU and URNN, (1, 1) for the "
    "clockwork RNN with coefficients that depend on time.",
    expects="corrected",
)
@double
def orders_of_networks(budget: Budget) -> Finding:
    layers, rows, misses, errors = 2, [], 0, []
    for kind, printed, given in (
        ("LSTM", (2, layers), {}),
        ("GRU", (2, layers), {}),
        ("URNN", (2, layers), {}),
        ("ClockworkRNN", (4, 4), {"layers": 1, "groups": 4}),
    ):
        found = embedded(kind, **({"layers": layers} | given))
        misses += (found.n, found.t) != printed
        errors.append(found.error)
        rows.append((kind, "{}-{}".format(*printed), f"{found.n}-{found.t}", f"{found.error:.1g}"))
    caption = (
        "Stages and past states that an ODERNN needs to be two layers of the network (of one with "
        "four clocks), and how far it is from them. QUNN is under Table 4."
    )
    return Finding.compare(
        "{printed} of 4 printed pairs differ from those of ODERNNs that are the networks to "
        "{right}.",
        printed=float(misses),
        right=max(errors),
        tolerance=1e-12,
        comparison=Comparison(caption, ("network", "printed", "found", "error"), tuple(rows)),
    )


@CLAIMS.add(
    "Table 1, order of the method",
    kind="statement",
    printed="A network of order n in nonlinearity is an integration method of nth order.",
    right="n counts stages. The order of accuracy is another number, at most n for these explicit "
    "methods and up to 2n for implicit ones.",
    expects="corrected",
)
def stages_and_orders(budget: Budget) -> Finding:
    known = [tableau(name) for name in sorted(TABLEAUX)]
    gap = [abs(t.order - t.stages) for t in known]
    reach = [t.order - (1 if t.is_explicit else 2) * t.stages for t in known]
    rows = tuple((t.name, t.stages, t.order, "yes" if t.is_explicit else "no") for t in known)
    caption = "Methods of this library."
    return Finding.compare(
        f"Over {len(known)} methods order and number of stages differ by up to {{printed}}; the "
        "order exceeds n, or 2n where the method is implicit, by {right}.",
        printed=float(max(gap)),
        right=float(max(0, *reach)),
        tolerance=0,
        comparison=Comparison(caption, ("method", "stages", "order", "explicit"), rows),
    )
