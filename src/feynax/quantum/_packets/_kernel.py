"""The propagator of a quadratic Hamiltonian as a function of two positions."""

import dataclasses
import math

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from ..._checks import check
from ..._citation import cites
from ..._errors import CausticError
from .._abstract import AbstractQuadratic
from ._branch import holomorphic, right_angle, turning
from ._flow import Mechanics


@cites("kohli2020")
@dataclasses.dataclass(frozen=True, eq=False)
class Kernel:
    r"""$K(q, q') = c\,e^{iW/\hbar}$ with a quadratic generating function.

    $W = \frac12 x^TF_{22}F_{12}^{-1}x - q'^TF_{12}^{-1}x + \frac12 q'^TF_{12}^{-1}F_{11}q'
    + d_2^Tq - \frac12 d_1^Td_2 - \frac12\int_0^t l^Td\,dt'$ with $x = q - d_1$, where the flow is
    $z \mapsto Fz + d$ and $l$ the linear part of $H$, in canonical coordinates.

    **Fields:**

    - `later`, `mixed`, `earlier` (m, m): $F_{22}F_{12}^{-1}$, $F_{12}^{-1}$, $F_{12}^{-1}F_{11}$.
    - `shift`, `push` (m): $d_1$, $d_2$.
    - `factor`: $c$.
    - `maslov`: $\mu$ in $\arg c = -\frac{\pi}{2}(\frac m2 + \mu)$ (the constant of $W$ apart); for
      one centre with $D_2 > 0$ and $t > 0$ how many half periods have passed.
    - `hbar`, `time`.

    Source: P. Kohli and A. Haslam (2020) quantised in `tests/quantum/test_kernel.py`.
    """

    later: Float[np.ndarray, "modes modes"]
    mixed: Float[np.ndarray, "modes modes"]
    earlier: Float[np.ndarray, "modes modes"]
    shift: Float[np.ndarray, " modes"]
    push: Float[np.ndarray, " modes"]
    factor: complex
    maslov: int
    hbar: float
    time: float

    def __call__(
        self, q: Float[ArrayLike, "..."], before: Float[ArrayLike, "..."]
    ) -> Complex[np.ndarray, "..."]:
        """Return the amplitude to go from `before` to `q`.

        **Arguments:**

        - `q`, `before`: positions at the two times, of shapes that broadcast; for several
          degrees of freedom their last axis has length m.
        """
        points = [np.asarray(x, np.float64) for x in (q, before)]
        modes = len(self.shift)
        if modes == 1:
            points = [x[..., None] for x in points]
        for name, x in zip(("q", "before"), points, strict=True):
            check(x.shape[-1:] == (modes,), name, f"have a last axis of {modes}", x.shape)
        now, past = points
        x = now - self.shift
        turns = np.sum((x @ self.later.T / 2 + self.push) * x, axis=-1)
        turns = turns + np.sum(past * (past @ self.earlier.T / 2 - x @ self.mixed.T), axis=-1)
        return self.factor * np.exp(1j / self.hbar * turns)


def kernel(ham: AbstractQuadratic, t: float, tol: float) -> Kernel:
    """Return the propagator over a time; see `QuadraticHamiltonian.kernel`."""
    check(np.ndim(t) == 0, "t", "be one time", t)
    time, m = float(t), ham.modes
    mechanics = Mechanics(ham)
    flow = mechanics.flow(np.array([time]))
    matrix, shift = flow.matrix[0], flow.shift[0]
    across = matrix[:m, m:]
    _check_no_caustic(mechanics, across, time, tol)
    mixed = np.linalg.inv(across)
    later, earlier = matrix[m:, m:] @ mixed, mixed @ matrix[:m, :m]
    maslov = _maslov(mechanics, flow.matrix, time, later)
    size = (2 * math.pi * ham.hbar) ** (-m / 2) * abs(np.linalg.det(across)) ** -0.5
    constant = float(shift[:m] @ shift[m:] - flow.work_shift[0]) / 2 / ham.hbar
    phase = constant - math.pi / 2 * (m / 2 + maslov)
    return Kernel(
        (later + later.T) / 2,
        mixed,
        (earlier + earlier.T) / 2,
        shift[:m],
        shift[m:],
        complex(size * np.exp(1j * phase)),
        maslov,
        ham.hbar,
        time,
    )


def _check_no_caustic(
    mechanics: Mechanics, across: Float[np.ndarray, "modes modes"], time: float, tol: float
) -> None:
    m = mechanics.modes
    sizes = np.linalg.svd(across, compute_uv=False)
    size = max(float(sizes[0]), abs(time) * np.linalg.norm(mechanics.form[m:, m:], 2))
    if sizes[-1] <= tol * size:
        raise CausticError(
            f"At time {time:.6g} the propagator is a delta function: the block of the flow that "
            f"leads from momenta to positions is singular ({sizes[-1]:.2g} of {size:.2g}). "
            "`evolve` carries Gaussian packets through, and `propagate` any wave function."
        )


def _maslov(
    mechanics: Mechanics,
    flow: Float[np.ndarray, "1 n n"],
    time: float,
    later: Float[np.ndarray, "modes modes"],
) -> int:
    r"""Count as for a packet of no width: $\det Q$ turns by $\pi m/2 + \pi\mu$ from a point."""
    alpha, beta = holomorphic(flow)
    one = np.eye(mechanics.modes)
    angle = (
        turning(mechanics, np.array([time]))
        + right_angle(one - np.linalg.solve(alpha, beta))
        - right_angle((one - 1j * later)[None])
    )
    return round(float(angle[0] - math.pi / 2 * mechanics.modes) / math.pi)
