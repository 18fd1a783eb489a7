"""Section 3.2, equations (26) to (30): one residual block as a sum over sites and momenta."""

import numpy as np

from ...equations import operator_matrix, symbol
from .._claim import Budget, Finding
from ._claims import CLAIMS, largest
from ._ring import SKIP, layer_matrix, momenta, network, waves


@CLAIMS.add(
    "eqs. (26)-(27), gates",
    kind="statement",
    printed="ReLU can be applied to the skip connection and to the branch separately.",
    right="One gate on the sum: relu(a + b) = k (a + b) with k = 1 where a + b > 0.",
    expects="corrected",
)
def one_gate(budget: Budget) -> Finding:
    a, b = np.random.default_rng(0).normal(size=(2, 20_000))
    relu = lambda z: np.maximum(z, 0)
    fails = np.mean(np.abs(relu(a) + relu(b) - relu(a + b)) > 1e-12)
    gate = largest((a + b > 0) * (a + b) - relu(a + b))
    return Finding.compare(
        "Of 20000 random pairs a share {printed} comes out otherwise; with one gate on the sum the "
        "largest difference is {right}.",
        printed=float(fails),
        right=gate,
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (27), kernel",
    printed="A block is a sum over sites: psi(x_t) = sum k w (delta + Omega) psi(x_(t-1)), with "
    "gate k and Omega = f/w.",
    expects="holds",
)
def block_as_sum(budget: Budget) -> Finding:
    kernels, psi, gates, output = network(8, 4)
    for kernel, gate in zip(kernels, gates, strict=True):
        omega = operator_matrix(kernel / SKIP, 8, boundary="periodic")
        psi = gate * (SKIP * (np.eye(8) + omega) @ psi)
    says = "With the gates of the forward run, four random blocks on 8 sites agree to {printed}."
    return Finding.compare(says, printed=largest(psi - output), tolerance=1e-13)


@CLAIMS.add(
    "eq. (28)",
    printed="delta(x - y) is the sum of exp(ip (x - y)) over the momenta.",
    right="1/M times that sum, for M sites.",
    expects="corrected",
)
def lattice_delta(budget: Budget) -> Finding:
    total = waves(8).sum(0)
    return Finding.compare(
        "On 8 sites the printed sum is off by {printed}, with 1/M by {right}.",
        printed=largest(total - np.eye(8)),
        right=largest(total / 8 - np.eye(8)),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "eq. (29)",
    printed="Omega(x - y) is 1/M times the sum of exp(ip (x - y)) Omega~(p) over p = 2 pi k/M.",
    expects="holds",
)
def lattice_transform(budget: Budget) -> Finding:
    kernel = np.random.default_rng(1).normal(size=3)
    amplitude = symbol(kernel, momenta(8), skip=0.0)
    ours = np.einsum("pxy,p->xy", waves(8), amplitude) / 8
    wanted = operator_matrix(kernel, 8, boundary="periodic")
    says = "For three random taps on 8 sites it is the kernel's matrix to {printed}."
    return Finding.compare(says, printed=largest(ours - wanted), tolerance=1e-14)


@CLAIMS.add(
    "eq. (30)",
    printed="With h = log(k w) a layer is a double sum over x and p of exp(ip (x - y)) exp(h) "
    "(1 + Omega~(p)).",
    right="With 1/M. And h is log w or, where the gate is closed, minus infinity.",
    expects="corrected",
)
def double_sum(budget: Budget) -> Finding:
    kernels, psi, gates, output = network(8, 1)
    with np.errstate(divide="ignore"):
        h = np.log(gates[0] * SKIP)
    amplitude = 1 + np.asarray(symbol(kernels[0] / SKIP, momenta(8), skip=0.0))
    found = np.exp(h) * (layer_matrix(amplitude, 8) @ psi)
    return Finding.compare(
        f"One block on 8 sites, {int(np.isinf(h).sum())} of them closed: the printed sum is off by "
        "{printed}, with 1/M by {right}.",
        printed=largest(found - output),
        right=largest(found / 8 - output),
        tolerance=1e-13,
    )
