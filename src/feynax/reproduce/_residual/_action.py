"""Section 3.2, equations (34) to (38): the Lagrangian and the action of a layer."""

import numpy as np

from ...equations import (
    AdvectionDiffusion,
    GaussianAction,
    exponent,
    gaussian_action,
    line_propagator,
    printed_action,
    printed_exponent,
    symbol,
)
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest, short
from ._path_sum import residual_example

_CASES = ((0.5, 0.2, 0.0), (0.8, 0.4, -0.02), (0.3, 0.29, 0.01))


@CLAIMS.add(
    "before eq. (34)",
    printed="In momentum space the layer's Hamiltonian is H(p) = -alpha^2 p^2/2 + i b p + c.",
    right="b and c are the beta and gamma of (21). And that is the second order of g - 1, where "
    "g = 1 + gamma + alpha^2 (cos p - 1) + i beta sin p is a layer's factor; H = log g.",
    expects="corrected",
)
def momentum_hamiltonian(budget: Budget) -> Finding:
    p = np.linspace(-3, 3, 31)
    printed, right, small = [], [], []
    for a2, beta, gamma in _CASES:
        pde = AdvectionDiffusion(a2=a2, beta=beta, gamma=gamma)
        g = 1 + gamma + a2 * (np.cos(p) - 1) + 1j * beta * np.sin(p)
        printed.append(printed_exponent(pde, p) - np.log(g))
        right.append(np.exp(exponent(pde, p)) - g)
        tiny = np.array([1e-3, -1e-3])
        small.append(printed_exponent(pde, tiny) - symbol(pde, tiny, skip=0.0))
    return Finding.compare(
        "For three layers and 31 momenta the printed form is off from log g by {printed}, the "
        f"library's exponent by {{right}}; for p = 0.001 the printed form is g - 1 to "
        f"{largest(*small):.1g}.",
        printed=largest(*printed),
        right=largest(*right),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (34)",
    printed="exp(gamma) comes out of the sum over momenta, and the phases join to "
    "exp(ip (x_t - x_(t-1) + beta)).",
    expects="holds",
)
def phases_join(budget: Budget) -> Finding:
    a2, beta, gamma = _CASES[1]
    p, dx = 2 * np.pi * np.arange(8) / 8, np.arange(-3, 4)[:, None]
    pde = AdvectionDiffusion(a2=a2, beta=beta, gamma=gamma)
    first = np.exp(1j * p * dx + printed_exponent(pde, p))
    second = np.exp(gamma) * np.exp(-a2 / 2 * p**2 + 1j * p * (dx + beta))
    says = "At 8 momenta and 7 displacements both lines agree to {printed}."
    return Finding.compare(says, printed=largest(first - second), tolerance=1e-13)


@CLAIMS.add(
    "after eq. (34)",
    kind="statement",
    printed="The momenta can be integrated out as in quantum mechanics, over the whole line.",
    right="Lattice momenta end at pi. For narrow layers the Gaussian reaches beyond; the sum over "
    "lattice momenta of the layer's own factor gives its taps exactly.",
    expects="corrected",
)
def brillouin_zone(budget: Budget) -> Finding:
    from scipy.special import erfc

    rows = tuple((a, float(erfc(np.pi * a / np.sqrt(2)))) for a in (0.3, 0.5, 1.0))
    a2, beta, gamma = 0.09, 0.05, 0.0
    p, dx = 2 * np.pi * np.arange(16) / 16, np.arange(-1, 2)[:, None]
    g = symbol(AdvectionDiffusion(a2=a2, beta=beta, gamma=gamma), p)
    taps = (np.exp(1j * p * dx) * g).mean(1)
    _, wanted = line_propagator(a2, beta, gamma, 1)
    caption = "Share of the momentum Gaussian exp(-alpha^2 p^2/2) outside the lattice's momenta."
    return Finding.compare(
        "For alpha = 0.3 a share {printed} of the Gaussian lies beyond pi; the sum over 16 lattice "
        "momenta gives the layer's taps to {right}.",
        printed=rows[0][1],
        right=largest(taps - wanted),
        tolerance=1e-14,
        comparison=Comparison(caption, ("alpha", "share outside"), rows),
    )


def _error(action: GaussianAction, case: tuple[float, float, float], layers: int) -> float:
    """Largest error of an action's propagator, relative to the exact one's largest value."""
    dx, exact = line_propagator(*case, layers)
    with np.errstate(over="ignore"):
        found = np.exp(action.log_propagator(dx, layers))
    return largest(found - exact) / largest(exact)


@CLAIMS.add(
    "eq. (35)",
    printed="A step weighs (e^gamma/alpha) exp(-(x_t - x_(t-1) + beta)^2/(2 alpha^2)).",
    right="((1 + gamma)/sqrt(2 pi s2)) exp(-(dx + b)^2/(2 s2)), b = beta/(1 + gamma), s2 = "
    "alpha^2/(1 + gamma) - b^2. It is right for many layers, with an error like N^(-1/2); a layer "
    "takes b^2 of variance away, and the print lacks 1/sqrt(2 pi).",
    expects="corrected",
)
def step_weight(budget: Budget) -> Finding:
    rows, found, counts = [], [], (1, 16, 256)
    for case in _CASES:
        printed = printed_action(*case), printed_action(*case, normalised=True)
        for layers in counts:
            errors = [_error(form, case, layers) for form in (*printed, gaussian_action(*case))]
            rows.append((str(case), layers, *(short(error) for error in errors)))
            found.append(errors)
    found = np.array(found).reshape(len(_CASES), len(counts), 3)
    falls = found[:, 1, 2] / found[:, 2, 2]
    caption = (
        "Largest error of the path sum with each weight, relative to the exact propagator of N "
        "layers."
    )
    columns = ("alpha^2, beta, gamma", "N", "printed", "with 1/sqrt(2 pi)", "corrected")
    return Finding.compare(
        "After 256 layers of three equations the printed weight, even with 1/sqrt(2 pi), is off by "
        "{printed}, the corrected one by {right}: from 16 to 256 layers its error falls by factors "
        + ", ".join(f"{fall:.2g}" for fall in falls)
        + " (4 is N^(-1/2)).",
        printed=largest(found[:, 2, 1]),
        right=largest(found[:, 2, 2]),
        tolerance=0.02,
        comparison=Comparison(caption, columns, tuple(rows)),
    )


@CLAIMS.add(
    "eq. (36)",
    printed="The kinetic energy is (v + beta)^2/(2 alpha^2), v = x_t - x_(t-1).",
    right="(v + b)^2/(2 s2) as for (35). Features move by -b a layer, against +x for beta > 0.",
    expects="corrected",
)
def kinetic_energy(budget: Budget) -> Finding:
    printed, right, layers = [], [], 8
    for case in _CASES:
        dx, amplitude = line_propagator(*case, layers)
        share = amplitude / amplitude.sum()
        mean = share @ dx
        moments = np.array([-mean, share @ (dx - mean) ** 2]) / layers
        for form, kept in ((printed_action, printed), (gaussian_action, right)):
            action = form(*case)
            kept.append(moments - [action.drift, action.variance])
    return Finding.compare(
        "Drift and variance a layer of the exact propagator differ from the printed ones by up to "
        "{printed}, from b and s2 by {right}.",
        printed=largest(*printed),
        right=largest(*right),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (37)",
    printed="The potential is V = gamma - log(alpha).",
    right="V = log(1 + gamma), in a Euclidean action V_E = -log(1 + gamma); the other logarithm "
    "belongs to the normalisation, log sqrt(2 pi s2).",
    expects="corrected",
)
def potential(budget: Budget) -> Finding:
    printed, right = [], []
    for a2, beta, gamma in _CASES:
        mass = np.log(line_propagator(a2, beta, gamma, 10)[1].sum()) / 10
        printed.append(gamma - np.log(np.sqrt(a2)) - mass)
        right.append(-gaussian_action(a2, beta, gamma).potential - mass)
    return Finding.compare(
        "The amplitude that ten layers keep in all gives log(mass) a layer: the print is off by "
        "{printed}, log(1 + gamma) by {right}.",
        printed=largest(*printed),
        right=largest(*right),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (38)",
    printed="With L = T - V and S the sum of L, the weight exp(sum V - T) of a path is exp(-S).",
    expects="holds",
)
def weight_of_a_path(budget: Budget) -> Finding:
    paths = np.random.default_rng(0).normal(size=(20, 7)).cumsum(-1)
    off = []
    for case in _CASES:
        a2, beta, gamma = case
        v = np.diff(paths, axis=-1)
        T, V = (v + beta) ** 2 / (2 * a2), gamma - np.log(np.sqrt(a2))
        off.append(np.exp(printed_action(*case).log_weight(paths)) / np.exp((V - T).sum(-1)) - 1)
    says = "For the printed T and V, 20 random paths and the library's action: relative {printed}."
    return Finding.compare(says, printed=largest(*off), tolerance=1e-12)


@CLAIMS.add(
    "after eq. (38)",
    kind="statement",
    printed="So each path of a residual network contributes exp(-S) with a classical action S, "
    "in the fashion of Feynman.",
    right="Only where all taps and weights are positive, and then as a Euclidean path sum, "
    "without phases. In general amplitudes have both signs and nearly cancel.",
    expects="corrected",
)
def signs_of_paths(budget: Budget) -> Finding:
    paths = residual_example()
    return Finding.compare(
        f"In a residual network the paths sum to {paths.total:.3g}, their sizes to "
        f"{paths.absolute:.3g}: a share {{printed}} of that is negative; the signed sum is the "
        "output to {right}.",
        printed=abs(paths.negative) / paths.absolute,
        right=paths.completeness,
        tolerance=1e-12,
    )
