"""Networks of ReLUs in continuous time: one affine field for each set of units that are on."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Bool, Float

from ..._checks import check, check_finite, check_shape
from ..._citation import cites
from ._affine import AffineField, Numbers, Region

MOST_LISTED = 16  # units whose 2^n regimes are still listed


@cites("kohli2020")
class ReLUField(eqx.Module):
    r"""Piecewise linear field $y' = -\lambda \odot y + B\,\mathrm{relu}(Cy + d) + e$.

    Each of the $2^m$ sets of units that are on has an affine field of its own, its regime:
    $A_s = B\,\mathrm{diag}(s)\,C - \mathrm{diag}(\lambda)$, $b_s = B\,\mathrm{diag}(s)\,d + e$.
    The field is continuous where regimes meet, so solutions are unique and nothing slides.

    A continuous-time recurrent network $\tau_i y_i' = -y_i + \sum_j w_{ij} f(y_j + \theta_j) + I_i$
    has $\lambda = 1/\tau$, $B = w/\tau$, $C = 1$, $d = \theta$, $e = I/\tau$
    ([`feynax.equations.ReLUField.ctrnn`][]); here $w_{ij}$ acts on $i$ from $j$ (the document
    writes $w_{ji}$, and in its (1) a minus before $\theta$ where (2)-(8) have a plus).

    **Fields:**

    - `decay` (n), `outer` (n, units), `inner` (units, n), `shift` (units), `drive` (n):
      $\lambda, B, C, d, e$, in units of the state and of time.

    Source: P. Kohli and A. Haslam (2020), (2)-(8).

    ```python
    import jax.numpy as jnp, feynax as fx
    field = fx.equations.ReLUField.ctrnn([[1.5, -1.0], [1.0, 0.5]], bias=[0.1, 0.2])
    assert field.regime((1, 1)).matrix.tolist() == [[0.5, -1.0], [1.0, -0.5]]
    ```
    """

    decay: Float[Numbers, " n"]
    outer: Float[Numbers, "n units"]
    inner: Float[Numbers, "units n"]
    shift: Float[Numbers, " units"]
    drive: Float[Numbers, " n"]

    def __check_init__(self):
        n, units = np.shape(self.decay)[0], np.shape(self.shift)[0]
        wanted = {"outer": (n, units), "inner": (units, n), "drive": (n,)}
        for name, shape in wanted.items():
            check_shape(name, getattr(self, name), shape)

    @classmethod
    def ctrnn(
        cls,
        weights: Float[ArrayLike, "n n"],
        tau: Float[ArrayLike, "#n"] = 1.0,
        bias: Float[ArrayLike, "#n"] = 0.0,
        current: Float[ArrayLike, "#n"] = 0.0,
    ) -> "ReLUField":
        r"""Make the field of a ReLU network in Beer's form, in float64.

        **Arguments:**

        - `weights`: $w_{ij}$, to unit $i$ from unit $j$.
        - `tau`, `bias`, `current`: $\tau, \theta, I$; one number for all units, or one each.

        **Raises:**

        - `ValueError` for shapes that do not fit, NaN, infinities, and times that are not positive.
        """
        w = np.asarray(weights, np.float64)
        check(w.ndim == 2, "weights", "be a square matrix", f"shape {w.shape}")
        check_shape("weights", w, (len(w), len(w)))
        check_finite("weights", w)
        row = {
            name: _row(name, value, len(w))
            for name, value in {"tau": tau, "bias": bias, "current": current}.items()
        }
        positive = bool(np.all(row["tau"] > 0))
        check(positive, "tau", "be positive", np.min(row["tau"], initial=np.inf))
        rate = 1 / row["tau"]
        check_finite("tau", rate)
        outer = rate[:, None] * w
        lost = (w != 0) & (np.abs(outer) < np.finfo(np.float64).tiny)
        check(not lost.any(), "weights", "over `tau` be 0 or normal floats", "digits that are lost")
        return cls(rate, outer, np.eye(len(w)), row["bias"], rate * row["current"])

    @property
    def size(self) -> int:
        """How many components the state has."""
        return np.shape(self.decay)[0]

    @property
    def units(self) -> int:
        """How many ReLUs there are."""
        return np.shape(self.shift)[0]

    def __call__(self, t: Any, y: Float[Numbers, " n"], args: Any = None) -> Float[Numbers, " n"]:
        """Return the velocity at `y`; Diffrax's order of arguments."""
        on = jax.nn.relu(self.inner @ y + self.shift)
        return self.outer @ on - self.decay * y + self.drive

    def mask(self, y: Float[ArrayLike, " n"]) -> Bool[np.ndarray, " units"]:
        """Which units are on at a state (also those that are exactly at their threshold)."""
        inner, shift = np.asarray(self.inner, np.float64), np.asarray(self.shift, np.float64)
        return inner @ np.asarray(y, np.float64) + shift >= 0

    def regime(self, mask: Bool[ArrayLike, " units"] | Iterable[int]) -> AffineField:
        r"""Return the affine field $A_s y + b_s$ that holds where the units of `mask` are on.

        **Arguments:**

        - `mask`: zeros and ones, or booleans, one for each unit.
        """
        given = np.asarray(mask)
        check_shape("mask", given, (self.units,))
        check(bool(np.all((given == 0) | (given == 1))), "mask", "hold zeros and ones", given)
        on = given.astype(bool)
        decay, outer, inner, shift, drive = (
            np.asarray(x, np.float64)
            for x in (self.decay, self.outer, self.inner, self.shift, self.drive)
        )
        acting = outer * on
        region = Region(inner, shift, on)
        return AffineField(acting @ inner - np.diag(decay), acting @ shift + drive, region)

    def regimes(self) -> Iterator[tuple[tuple[int, ...], AffineField]]:
        """Iterate over all regimes with their masks, at most 2^16 of them."""
        few = self.units <= MOST_LISTED
        check(few, "units", f"be at most {MOST_LISTED} to list all regimes", self.units)
        for mask in itertools.product((0, 1), repeat=self.units):
            yield mask, self.regime(mask)


def _row(name: str, value: Any, size: int) -> Float[np.ndarray, " n"]:
    """One number for all units, or one each, as finite float64."""
    given = np.asarray(value, np.float64)
    fits = given.shape in ((), (1,), (size,))
    check(fits, name, f"be one number, or one for each of {size} units", f"shape {given.shape}")
    check_finite(name, given)
    return np.broadcast_to(given, (size,)).copy()
