"""Section 3.1, equations (21) to (25): a kernel of a residual block as a differential operator."""

import numpy as np

from ...equations import (
    AdvectionDiffusion,
    kernel_from_pde,
    operator_matrix,
    pde_from_kernel,
    similarity_gauge,
    spectrum,
    symbol,
)
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest, short, taps

_A2, _BETA, _GAMMA = 0.7, 0.3, -0.1
_PDE = AdvectionDiffusion(a2=_A2, beta=_BETA, gamma=_GAMMA)


def _field(size: int = 24) -> np.ndarray:
    return np.random.default_rng(0).normal(size=size)


def _rate(psi: np.ndarray) -> np.ndarray:
    """The right-hand side of (23) at the inner pixels."""
    right, here, left = psi[2:], psi[1:-1], psi[:-2]
    return _A2 / 2 * (right - 2 * here + left) + _BETA * (right - left) / 2 + _GAMMA * here


@CLAIMS.add(
    "eq. (22)",
    printed="d/dx is (psi(x+1) - psi(x-1))/2 and its square psi(x+1) - 2 psi(x) + psi(x-1); the "
    "time derivative a forward difference.",
    expects="holds",
)
def differences(budget: Budget) -> Finding:
    steps = np.array([0.2, 0.1, 0.05, 0.025])
    first = (np.sin(1 + steps) - np.sin(1 - steps)) / (2 * steps) - np.cos(1)
    second = (np.sin(1 + steps) - 2 * np.sin(1) + np.sin(1 - steps)) / steps**2 + np.sin(1)
    forward = (np.sin(1 + steps) - np.sin(1)) / steps - np.cos(1)
    order = lambda error: np.log2(np.abs(error[-2] / error[-1]))
    orders = np.array([order(first), order(second), order(forward)])
    ours = np.asarray(kernel_from_pde(np.eye(3), ndim=1))[1:]
    apart = largest(ours - [[-0.5, 0, 0.5], [1, -2, 1]])
    return Finding.compare(
        f"They are the library's stencils to {apart:.2g}, and halving the step of a sine "
        "shows orders within {printed} of 2 in space (both) and 1 in time.",
        printed=max(largest(orders - [2, 2, 1]), apart),
        tolerance=0.02,
    )


@CLAIMS.add(
    "eqs. (21) and (23)",
    printed="With these differences psi_t = (alpha^2/2) psi_xx + beta psi_x + gamma psi becomes a "
    "recursion in time that approaches its solution.",
    expects="holds",
)
def euler_recursion(budget: Budget) -> Finding:
    x, errors = 2 * np.pi * np.arange(64) / 64, []
    wave, dx = np.exp(1j * x), 2 * np.pi / 64
    generator = lambda psi: (
        _A2 / 2 * (np.roll(psi, -1) - 2 * psi + np.roll(psi, 1)) / dx**2
        + _BETA * (np.roll(psi, -1) - np.roll(psi, 1)) / (2 * dx)
        + _GAMMA * psi
    )
    # A plane wave decays and travels at a rate that is known for the lattice.
    rate = _A2 * (np.cos(dx) - 1) / dx**2 + 1j * _BETA * np.sin(dx) / dx + _GAMMA
    for steps in (400, 800):
        psi = wave
        for _ in range(steps):
            psi = psi + generator(psi) / steps
        errors.append(largest(psi - wave * np.exp(rate)))
    return Finding.compare(
        f"A wave on 64 pixels after one unit of time is off by {errors[1]:.2g} with 800 steps; "
        "twice the steps halve the error, to {printed}.",
        printed=abs(errors[0] / errors[1] - 2),
        tolerance=0.02,
    )


@CLAIMS.add(
    "eq. (24)",
    printed="With unit steps, psi(t+1) - psi(t) is the row [(alpha^2+beta)/2, gamma-alpha^2, "
    "(alpha^2-beta)/2] times the column psi(x+1), psi(x), psi(x-1).",
    expects="holds",
)
def row_times_column(budget: Budget) -> Finding:
    psi = _field()
    row = [(_A2 + _BETA) / 2, _GAMMA - _A2, (_A2 - _BETA) / 2]
    column = np.stack([psi[2:], psi[1:-1], psi[:-2]])
    ours = operator_matrix(_PDE, 24) @ psi
    says = "It equals (23), and the library's stencil of the equation, to {printed} on 22 pixels."
    error = largest(row @ column - _rate(psi), ours[1:-1] - _rate(psi))
    return Finding.compare(says, printed=error, tolerance=1e-14)


@CLAIMS.add(
    "eq. (25)",
    printed="So psi(t+1) = f * psi + psi with that row as the kernel f, and * the convolution.",
    right="As a true convolution. The sum of (1), which frameworks compute, mirrors the kernel: "
    "there it must be stored the other way round.",
    expects="holds",
)
def residual_form(budget: Budget) -> Finding:
    psi = _field()
    f = np.array([(_A2 + _BETA) / 2, _GAMMA - _A2, (_A2 - _BETA) / 2])
    mirrored = largest(np.correlate(psi, f, "valid") - _rate(psi))
    stored = largest(taps(_PDE) - f[::-1])
    return Finding.compare(
        f"The convolution is (23) to {{printed}}; the same list in the sum of (1) is off by "
        f"{mirrored:.2g}, and the library stores the reverse (differing by {stored:.1g}).",
        printed=max(largest(np.convolve(psi, f, "valid") - _rate(psi)), stored),
        tolerance=1e-14,
    )


@CLAIMS.add(
    "after eq. (25), from equation to block",
    kind="statement",
    printed="Every equation (21) is a residual block of three taps.",
    expects="holds",
)
def every_equation_is_a_block(budget: Budget) -> Finding:
    off, draw = [], np.random.default_rng(1)
    for a2, beta, gamma in draw.normal(size=(200, 3)):
        pde = AdvectionDiffusion(a2=a2, beta=beta, gamma=gamma)
        back = AdvectionDiffusion.from_kernel(taps(pde)).arrays()
        off += [back["a2"] - a2, back["beta"] - beta, back["gamma"] - gamma]
    turned = np.linalg.det(np.array([[0.5, -0.5, 0], [-1, 0, 1], [0.5, 0.5, 0]]))
    return Finding.compare(
        "200 random equations come back from their taps to {printed}; the map of coefficients to "
        f"taps has determinant {turned:.2g}.",
        printed=largest(*off),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "after eq. (25), real alpha",
    kind="statement",
    printed="And every three taps are such an equation, with a diffusion alpha^2.",
    right="With a signed diffusion: K(-1) + K(1) is below zero as often as above, and no real "
    "alpha has that square. Then the equation is anti-diffusion, ill-posed though the sum is not.",
    expects="corrected",
)
def signed_diffusion(budget: Budget) -> Finding:
    kernels = np.random.default_rng(2).normal(size=(400, 3))
    read = [AdvectionDiffusion.from_kernel(kernel) for kernel in kernels]
    negative = np.mean([pde.arrays()["a2"] < 0 for pde in read])
    off = largest(*[taps(pde) - kernel for pde, kernel in zip(read, kernels, strict=True)])
    return Finding.compare(
        "Of 400 random kernels a share {printed} has no real alpha; with the sign all of them come "
        "back to {right}.",
        printed=float(negative),
        right=off,
        tolerance=1e-13,
    )


@CLAIMS.add(
    "after eq. (25), blocks in general",
    kind="statement",
    printed="A residual block and a second-order equation are equivalent objects.",
    right="Only for three taps on a line. A 3x3 kernel has nine derivatives, of order up to "
    "four; with all nine it is an equation, and one for each kernel.",
    expects="corrected",
)
def order_of_a_block(budget: Budget) -> Finding:
    kernels = np.random.default_rng(3).normal(size=(100, 3, 3))
    C = np.asarray(pde_from_kernel(kernels))
    order = np.add.outer(np.arange(3), np.arange(3))
    beyond = np.linalg.norm(C[:, order > 2], axis=1) / np.linalg.norm(C.reshape(100, 9), axis=1)
    back = kernel_from_pde(C)
    rows = tuple(
        (f"d_y^{m} d_x^{n}", m + n, short(np.abs(C[:, m, n]).mean()))
        for m in range(3)
        for n in range(3)
    )
    caption = "Mean size of the nine coefficients of 100 random 3x3 kernels."
    return Finding.compare(
        "In 100 random 3x3 kernels the terms of order three and four hold at least a share "
        f"{beyond.min():.2g} and on average {{printed}} of all coefficients; nine terms give the "
        "kernels back to {right}.",
        printed=float(beyond.mean()),
        right=largest(back - kernels),
        tolerance=1e-13,
        comparison=Comparison(caption, ("term", "order", "mean size"), rows),
    )


@CLAIMS.add(
    "end of section 3.1, kernel as Hamiltonian",
    kind="statement",
    printed="The kernel acts on a hidden unit as the Hamilton operator does on a wave function.",
    right="As the generator of psi_t = H psi, without an i: minus a Euclidean Hamiltonian, and "
    "not Hermitian where beta is not zero. It is a chain with unequal hopping: between walls a "
    "gauge makes it symmetric, on a ring nothing does.",
    expects="corrected",
)
def not_hermitian(budget: Budget) -> Finding:
    size = 16
    matrix = operator_matrix(_PDE, size)
    S = similarity_gauge(_A2, _BETA, size)
    symmetric = matrix * S[None, :] / S[:, None]
    walls = np.sort(np.real(spectrum(_PDE, size).values))
    ring = spectrum(_PDE, size, boundary="periodic").values
    off = [symmetric - symmetric.T, walls - np.linalg.eigvalsh((symmetric + symmetric.T) / 2)]
    return Finding.compare(
        "The kernel differs from its adjoint by {printed}; between walls the gauge makes it "
        "symmetric with the closed levels, to {right}, while on a ring levels have imaginary parts "
        f"up to {np.abs(np.imag(ring)).max():.2g}.",
        printed=largest(matrix - matrix.T),
        right=largest(*off),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "end of section 3.1, quotient",
    kind="statement",
    printed="With a weight w on the skip connection the Hamiltonian is the quotient f/w, for w "
    "that has an inverse.",
    right="H = log(w + f) = log w + log(1 + f/w). The quotient is its first order in f, without "
    "log w; w + f itself needs no inverse of w.",
    expects="corrected",
)
def quotient(budget: Budget) -> Finding:
    w, kernel = 0.8, np.array([0.1, -0.15, 0.2])
    p = 2 * np.pi * np.arange(32) / 32
    quotient = symbol(kernel, p, skip=0.0) / w
    whole = np.log(symbol(kernel, p, skip=w))
    matrix = operator_matrix(kernel, 32, boundary="periodic", skip=w)
    values = np.linalg.eigvals(matrix)
    found = np.exp(np.log(w) + np.log1p(quotient))
    # The layer's own eigenvalues decide, each taken to its nearest partner.
    apart = np.abs(found[:, None] - values[None, :]).min(1)
    return Finding.compare(
        "For w = 0.8 and three taps the quotient is off from the exponent of the layer by "
        "{printed}, log w + log(1 + f/w) from the layer's eigenvalues by {right}.",
        printed=largest(whole - quotient),
        right=largest(apart),
        tolerance=1e-12,
    )
