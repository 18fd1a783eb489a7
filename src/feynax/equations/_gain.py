"""The largest factor by which a linear layer can stretch its input."""

import dataclasses
from typing import Any

import numpy as np
from jax.typing import ArrayLike

from .._checks import check, check_positive
from .._citation import cites
from ._advection_diffusion import AdvectionDiffusion, is_absent
from ._brillouin import maximum_norm
from ._host import precision
from ._moments import Centre
from ._symbol import Stencil, read_skip, read_taps


@dataclasses.dataclass(frozen=True)
class Gain:
    """Largest 2-norm of a layer's symbol over all momenta, between two bounds.

    **Fields:**

    - `lower`: attained, at `momentum`.
    - `upper`: proven (up to rounding in float64). The two differ by about 1e-12 unless the search
      ran out of its budget; a closed form gives the same number twice.
    - `momentum`: where `lower` is attained, in radians per pixel, (p_y, p_x) or (p,).
    - `channel`: which channel attains it when channels do not mix, else `None`.
    """

    lower: float
    upper: float
    momentum: tuple[float, ...]
    channel: int | None = None

    def __float__(self) -> float:
        """Return the proven bound."""
        return self.upper

    def __str__(self) -> str:
        where = ", ".join(f"{p:.3g}" for p in self.momentum)
        if self.upper - self.lower <= 1e-9 * self.upper:
            return f"gain {self.upper:.6g} at momentum ({where})"
        return f"gain between {self.lower:.6g} (attained at ({where})) and {self.upper:.6g}"


@cites("imchitr2020")
def gain(
    kernel: Stencil,
    *,
    h: float = 1.0,
    skip: ArrayLike = 1.0,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
) -> Gain:
    r"""Gain of the layer $\psi \mapsto w\psi + h K * \psi$.

    $\max_p \lVert g(p) \rVert_2$: the spectral *norm* in channel space, since a matrix whose
    spectral radius is below one may still amplify. On a line, with $c = w + h\gamma$,
    $Q = c - h a_2$ and $a = h a_2$, $b = h\beta$, in closed form

    $$\max_p |g|^2 = \max\!\Big(c^2,\ (c - 2a)^2,\
      \Big[b^2 + \tfrac{b^2 Q^2}{b^2 - a^2}\ \text{if}\ |a Q| < b^2 - a^2\Big]\Big).$$

    Otherwise a branch and bound over the Brillouin zone: in a cell around $p_0$,
    $G = g^* g$ is below the largest eigenvalue of its linear part at the corners plus a bound on
    its curvature, $\tfrac12\sum_d \lVert R_d\rVert (|d|\cdot r)^2$ with $R$ the autocorrelation of
    the taps.

    The same number bounds the 2-norm of the layer with zero padding (a corner of the infinite
    lattice operator), and after any ReLU or 0/1 mask, which do not enlarge distances.

    **Arguments:**

    - `kernel`, `skip`, `centre`, `dilation`, `ndim`: as in [`feynax.equations.symbol`][].
    - `h`: time step; multiplies the kernel.

    **Returns:**

    A [`feynax.equations.Gain`][]; `float()` of it is the proven bound.

    ```python
    from feynax.equations import AdvectionDiffusion, gain
    drifting = AdvectionDiffusion(a2=0.5, beta=0.8)
    assert abs(float(gain(drifting)) - 1.0248201843525577) < 1e-12
    ```

    Source: von Neumann's analysis of eqs (21) and (39) of V. Imchitr (2020).
    """
    check_positive("h", h)
    if isinstance(kernel, AdvectionDiffusion) and kernel.ndim == 1 and np.ndim(skip) == 0:
        return _line_gain(kernel, float(h), float(np.asarray(skip)))
    _, offsets, weights = read_taps(kernel, ndim=ndim, centre=centre, dilation=dilation)
    channels = weights.shape[1:]
    check(len(channels) <= 2, "kernel", "have at most two channel axes", channels)
    shape = np.shape(kernel.kernel() if isinstance(kernel, AdvectionDiffusion) else kernel)
    straight, here = read_skip(skip, channels, len(offsets), shape)
    weights = h * np.asarray(weights)
    if here:
        offsets = np.concatenate([offsets, np.zeros((1, offsets.shape[1]))])
        weights = np.concatenate([weights, straight])
    else:
        weights = weights + straight
    # (blocks, taps, out, in): channels that do not mix are blocks of size one
    if len(channels) == 2:
        blocks = weights[None]
    else:
        blocks = np.moveaxis(weights.reshape(len(weights), -1), 0, 1)[:, :, None, None]
    lower, upper, momentum, block = maximum_norm(offsets, blocks)
    return Gain(lower, upper, momentum, block if len(channels) == 1 else None)


@cites("imchitr2020", "hindmarsh1984")
def is_stable(
    kernel: Stencil,
    *,
    h: float = 1.0,
    skip: ArrayLike = 1.0,
    centre: Centre = None,
    dilation: int = 1,
    ndim: int | None = None,
    tolerance: float | None = None,
) -> bool:
    r"""Whether it is proven that the layer $\psi \mapsto w\psi + h K*\psi$ never amplifies.

    For the five-point equation (39) with $\gamma = 0$, $w = 1$ the condition is closed:
    $h(a_2+\sigma_2) \le 1$ and $h(\beta^2/a_2 + \rho^2/\sigma_2) \le 1$ with both diffusions not
    negative, where no diffusion allows no drift. Everything else asks
    [`feynax.equations.gain`][]. This speaks of the linear stencil only: a reaction
    $h K_2\,\mathrm{relu}(K_1\psi)$ adds at most $h |K_2||K_1|$ to the gain.

    **Arguments:**

    As in `gain`; `tolerance` is 1e-12 by default, 1e-5 where a value is in single precision.

    **Returns:**

    `True` only where the proven bound is at most 1 + `tolerance`.

    ```python
    from feynax.equations import AdvectionDiffusion, is_stable
    assert is_stable(AdvectionDiffusion(a2=0.5, beta=0.3, sigma2=0.5, rho=0.3))
    assert not is_stable(AdvectionDiffusion(a2=0.5, beta=0.6, sigma2=0.5, rho=0.4))
    ```

    Source: Hindmarsh, Gresho and Griffiths (1984) for the plane; V. Imchitr (2020), ch. 4.
    """
    check_positive("h", h)
    slack = precision(kernel, skip) if tolerance is None else tolerance
    if isinstance(kernel, AdvectionDiffusion) and kernel.ndim == 2:
        plain = np.ndim(skip) == 0 and float(np.asarray(skip)) == 1.0
        if plain and is_absent(kernel.gamma) and is_absent(kernel.mixed):
            return _plane_is_stable(kernel, float(h), slack)
    found = gain(kernel, h=h, skip=skip, centre=centre, dilation=dilation, ndim=ndim)
    return found.upper <= 1 + slack


def _line_gain(pde: AdvectionDiffusion, h: float, skip: float) -> Gain:
    """Look at the ends of the zone and at the vertex of a parabola in cos p."""
    t = {name: h * np.atleast_1d(value) for name, value in pde.arrays().items()}
    a, b, c = t["a2"], t["beta"], skip + t["gamma"]
    Q = c - a
    bend = b**2 - a**2
    inside = (bend > 0) & (np.abs(a * Q) < bend)
    safe = np.where(inside, bend, 1.0)
    vertex = np.where(inside, b**2 + Q**2 * (b**2 / safe), 0.0)
    squares = np.stack([c**2, (c - 2 * a) ** 2, vertex])
    momenta = np.stack([0 * a, 0 * a + np.pi, np.arccos(np.where(inside, a * Q / safe, 0.0))])
    kind, channel = np.unravel_index(int(squares.argmax()), squares.shape)
    largest = float(np.sqrt(squares[kind, channel]))
    where = (float(momenta[kind, channel]),)
    return Gain(largest, largest, where, int(channel) if pde.arrays()["a2"].ndim else None)


def _plane_is_stable(pde: AdvectionDiffusion, h: float, slack: float) -> bool:
    t: dict[str, Any] = pde.arrays()
    diffusive = np.all((t["a2"] >= 0) & (t["sigma2"] >= 0))
    short = np.all(h * (t["a2"] + t["sigma2"]) <= 1 + slack)
    drift = h * (_ratio(t["beta"], t["a2"]) + _ratio(t["rho"], t["sigma2"]))
    return bool(diffusive and short and np.all(drift <= 1 + slack))


def _ratio(drift: np.ndarray, diffusion: np.ndarray) -> np.ndarray:
    """drift^2 / diffusion, where no diffusion allows no drift."""
    still = diffusion == 0
    none = np.where(drift == 0, 0.0, np.inf)
    return np.where(still, none, drift**2 / np.where(still, 1.0, diffusion))
