"""Section 4.1 and the discussion of 4.2.1, before any training: stencils, growth and drift."""

import functools

import jax
import numpy as np

from ...equations import AdvectionDiffusion, gain, operator_matrix, pde_from_kernel
from ...networks import ThesisNet
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest, short, taps

_DEPTH = 50

CLAIMS.unchecked(
    "Fig. 4.1",
    printed="The digits are 60,000 images to learn from and 10,000 to test.",
    because="the first 6,000 and 2,000 come along; `feynax data fetch mnist` fetches the others "
    "and checks their sums.",
    kind="figure",
)


@functools.cache
def _net(equation: str, step: float = 1.0) -> ThesisNet:
    """The thesis' network with coefficients uniform in (0, 1), the same for every equation."""
    return ThesisNet(_DEPTH, equation=equation, step=step, hidden=(), key=jax.random.key(0))


def _layers(equation: str) -> list[AdvectionDiffusion]:
    values = _net(equation).coefficients().arrays()
    names = ("a2", "beta", "sigma2", "rho", "gamma")
    return [AdvectionDiffusion(**{n: float(values[n][k]) for n in names}) for k in range(_DEPTH)]


@CLAIMS.add(
    "section 4.1, second difference",
    kind="statement",
    printed="The second derivative is the stencil [1, -2, 1], along x as a row and along y as a "
    "column.",
    expects="holds",
)
def second_difference(budget: Budget) -> Finding:
    row, off = np.array([1.0, -2.0, 1.0]), []
    for kernel, place in ((row[None, :], (0, 2)), (row[:, None], (2, 0))):
        C = np.asarray(pde_from_kernel(kernel))
        wanted = np.zeros_like(C)
        wanted[place] = 1
        off.append(C - wanted)
    says = "Read as an equation it is the second derivative and nothing else, to {printed}."
    return Finding.compare(says, printed=largest(*off), tolerance=1e-15)


@CLAIMS.add(
    "section 4.1, first difference",
    kind="statement",
    printed="The first derivative is the stencil [1/2, 0, -1/2].",
    right="In a framework's convolution, the sum of (1), that is minus d/dx; d/dx is "
    "[-1/2, 0, 1/2].",
    expects="corrected",
)
def first_difference(budget: Budget) -> Finding:
    x = np.linspace(-1, 1, 12)
    slope = lambda row: operator_matrix(np.array(row), 12) @ (3 * x)
    wanted = np.full(12, 3 * (x[1] - x[0]))
    off = lambda row: largest((slope(row) - wanted)[1:-1]) / wanted[0]
    return Finding.compare(
        "On a ramp the printed stencil is off by {printed} times its slope, the mirrored one by "
        "{right}.",
        printed=off([0.5, 0.0, -0.5]),
        right=off([-0.5, 0.0, 0.5]),
        tolerance=1e-13,
    )


def _by_hand(psi: np.ndarray, pde: AdvectionDiffusion) -> np.ndarray:
    """One unit step of (39) by slices of a bordered image."""
    t, wide = pde.arrays(), np.pad(psi, 1)
    right, left = wide[1:-1, 2:], wide[1:-1, :-2]
    down, up = wide[2:, 1:-1], wide[:-2, 1:-1]
    rate = t["a2"] / 2 * (right - 2 * psi + left) + t["beta"] * (right - left) / 2
    rate += t["sigma2"] / 2 * (down - 2 * psi + up) + t["rho"] * (down - up) / 2
    return psi + rate + t["gamma"] * psi


@CLAIMS.add(
    "eq. (39)",
    printed="A layer of the network is a unit step of psi_t = (alpha^2/2) psi_xx + beta psi_x + "
    "(sigma^2/2) psi_yy + rho psi_y + gamma psi.",
    expects="holds",
)
def pde_layer(budget: Budget) -> Finding:
    kept, off = np.asarray(_net("39").taps(), np.float64), []
    for pde, row in list(zip(_layers("39"), kept, strict=True))[:5]:
        psi = np.random.default_rng(0).normal(size=(7, 6))
        matrix = operator_matrix(pde, (7, 6), skip=1.0)
        off.append((matrix @ psi.ravel()).reshape(7, 6) - _by_hand(psi, pde))
        kernel = taps(pde) + np.pad([[1.0]], 1)
        # The network keeps single precision.
        off.append(1e-6 * (row - kernel[[1, 1, 1, 0, 2], [1, 0, 2, 1, 1]]))
    says = "Five random layers on 7x6 pixels: stencil, network and differences agree to {printed}."
    return Finding.compare(says, printed=largest(*off), tolerance=1e-12)


@CLAIMS.add(
    "Fig. 4.2",
    kind="figure",
    printed="The map of the x terms and the map of the y terms are made apart, then added to the "
    "skip connection before ReLU.",
    right="It is one kernel of five taps, a cross.",
    expects="holds",
)
def two_maps(budget: Budget) -> Finding:
    off = []
    for pde in _layers("39")[:5]:
        kernel = taps(pde)
        across, along = kernel[1:2, :].copy(), kernel[:, 1:2].copy()
        along[1, 0] = 0  # the middle tap holds the terms of both; it is counted once
        apart = sum(operator_matrix(k, (6, 6)) for k in (across, along)) + np.eye(36)
        off += [apart - operator_matrix(pde, (6, 6), skip=1.0), kernel[::2, ::2]]
    says = "For five random layers the sum of the maps is one cross-shaped kernel, to {printed}."
    return Finding.compare(says, printed=largest(*off), tolerance=1e-14)


@CLAIMS.add(
    "section 4.1, in place of the kernel",
    kind="statement",
    printed="The network of (39) is the residual network with its kernels written as equations.",
    right="It has five of the nine dimensions of 3x3 kernels; all nine derivatives up to "
    "d_x^2 d_y^2 are needed for the rest.",
    expects="corrected",
)
def five_of_nine(budget: Budget) -> Finding:
    draw = np.random.default_rng(0)
    names = ("a2", "beta", "sigma2", "rho", "gamma")
    made = [AdvectionDiffusion(**dict(zip(names, row, strict=True))) for row in np.eye(5)]
    span = np.stack([taps(pde).ravel() for pde in made], 1)
    every = np.linalg.inv(np.asarray(pde_from_kernel(np.eye(9).reshape(9, 3, 3))).reshape(9, 9))
    kernels = draw.normal(size=(9, 500))

    def missed(basis):
        rest = kernels - basis @ np.linalg.lstsq(basis, kernels, rcond=None)[0]
        return float(np.mean(np.linalg.norm(rest, axis=0) / np.linalg.norm(kernels, axis=0)))

    return Finding.compare(
        f"(39) spans {np.linalg.matrix_rank(span)} dimensions: of 500 random kernels it misses a "
        "share {printed} on average; the nine terms miss {right}.",
        printed=missed(span),
        right=missed(every.T),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "section 4.2.1, diffusion",
    kind="statement",
    printed="Diffusion lowers a feature and raises its neighbours, at a rate set by the "
    "coefficients.",
    expects="holds",
)
def diffusion(budget: Budget) -> Finding:
    wrong, draw = 0, np.random.default_rng(0)
    for a2, s2 in draw.uniform(0, 0.5, (100, 2)):
        pde = AdvectionDiffusion(a2=a2, sigma2=s2)
        after = operator_matrix(pde, (5, 5), skip=1.0)[:, 12].reshape(5, 5)
        beside = [after[2, 1], after[2, 3], after[1, 2], after[3, 2]]
        wrong += not (0 <= after[2, 2] < 1 and min(beside) > 0 and abs(after.sum() - 1) < 1e-12)
    says = "Of 100 random diffusions with alpha^2 + sigma^2 < 1 {printed} do otherwise."
    return Finding.compare(says, printed=float(wrong), tolerance=0)


def _carried(layers: list[AdvectionDiffusion]) -> tuple[float, float]:
    """Mean displacement along x of a point through all layers, on the infinite lattice; told too.

    A layer is a product neither of x nor of y, but sums over y of it are three taps along x.
    """
    amplitude, told = np.ones(1), 0.0
    for pde in layers:
        t = pde.arrays()
        row = taps(pde).sum(0) + np.array([0, 1, 0])
        amplitude = np.convolve(amplitude, row[::-1])
        amplitude /= amplitude.sum()
        told -= float(t["beta"] / (1 + t["gamma"]))
    places = np.arange(len(amplitude)) - len(amplitude) // 2
    return float(amplitude @ places), told


@CLAIMS.add(
    "section 4.2.1, drift",
    kind="statement",
    printed="Features drift in a direction set by the equation, and are lost where they leave the "
    "image.",
    expects="holds",
)
def drift(budget: Budget) -> Finding:
    mean, told = _carried(_layers("39"))
    stays = abs(mean) < 14
    return Finding.compare(
        f"Fifty layers with coefficients uniform in (0, 1) move a point by {mean:.3g} pixels, "
        "against +x and out of an image of 28; the sum of -beta/(1 + gamma) is that to {printed}.",
        printed=abs(mean - told) + stays,
        tolerance=1e-10,
    )


@CLAIMS.add(
    "section 4.2.1, cause",
    kind="statement",
    printed="Accuracy falls with depth because of the nature of the chosen equation, and another "
    "equation cures it.",
    right="Growth comes with the step: at a step of 1 a layer of (39) and of (40) amplifies, at a "
    "step of 1/depth neither does. (That this is what happened in the thesis is not shown: its "
    "initial values are not given.)",
    expects="corrected",
)
def growth(budget: Budget) -> Finding:
    rows = []
    for equation, step in (("39", 1.0), ("40", 1.0), ("39", 1 / _DEPTH), ("40", 1 / _DEPTH)):
        gains = np.log10([float(gain(pde, h=step)) for pde in _layers(equation)])
        rows.append((f"({equation})", step, short(gains.mean()), short(gains.sum())))
    caption = (
        "Decades by which layers can amplify, coefficients uniform in (0, 1): the mean of a layer, "
        "and the sum over 50."
    )
    columns = ("equation", "step", "a layer", "50 layers")
    return Finding.compare(
        "Fifty random layers of (40) amplify by up to {printed} decades; those of (39) with a step "
        "of 1/50 by {right}.",
        printed=rows[1][3],
        right=rows[2][3],
        tolerance=0.5,
        comparison=Comparison(caption, columns, tuple(rows)),
    )


@CLAIMS.add(
    "before eq. (40)",
    kind="statement",
    printed="With beta and rho replaced by -beta/8 and -rho/8 the drift is under control.",
    expects="holds",
)
def slower_drift(budget: Budget) -> Finding:
    (mean, told), (before, _) = _carried(_layers("40")), _carried(_layers("39"))
    leaves = abs(mean) > 14
    return Finding.compare(
        f"The same fifty layers move a point by {mean:.3g} pixels in place of {before:.3g}: an "
        "eighth, turned round, as -beta/(1 + gamma) says to {printed}.",
        printed=abs(mean - told) + abs(mean + before / 8) + leaves,
        tolerance=1e-10,
    )


@CLAIMS.add(
    "eq. (40)",
    printed="Equation (40), with -beta/8 and -rho/8, is another equation than (39).",
    right="It is (39) with its letters renamed: the same functions. Only where training starts, "
    "and how far a step of Adam moves the drift, are different.",
    expects="corrected",
)
def renamed(budget: Budget) -> Finding:
    forty, scale = _net("40"), np.array([1, -0.125, 1, -0.125, 1])
    values = np.asarray(forty.layers, np.float64) * scale
    same = [
        taps(AdvectionDiffusion(a2=a * a, beta=b, sigma2=s * s, rho=r, gamma=g))
        for a, b, s, r, g in values
    ]
    kernels = [taps(pde) for pde in _layers("40")]
    first = [taps(pde) for pde in _layers("39")]
    return Finding.compare(
        "With the letters taken as they are, kernels of (39) and (40) differ by {printed}; with "
        "letters of (39) chosen as -beta/8 and -rho/8, fifty layers of (40) are layers of (39) to "
        "{right}.",
        printed=largest(np.subtract(kernels, first)),
        right=largest(np.subtract(kernels, same)),
        tolerance=1e-7,
    )
