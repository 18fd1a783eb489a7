"""The named coefficients of a second-order stencil, eqs (21) and (39) of the thesis."""

import functools
import math
from types import ModuleType
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .._checks import check
from .._citation import cites
from ._host import is_traced
from ._moments import pde_from_kernel, resolve_ndim

_NAMES = ("a2", "beta", "sigma2", "rho", "gamma", "mixed")
_Coefficient = Float[ArrayLike, "*channels"] | None


@cites("imchitr2020")
class AdvectionDiffusion(eqx.Module):
    r"""Advection, diffusion and reaction on a lattice of pixels.

    $$\psi_t = \tfrac{a_2}{2} \psi_{xx} + \beta \psi_x + \tfrac{\sigma_2}{2} \psi_{yy}
    + \rho\, \psi_y + m\, \psi_{xy} + \gamma\, \psi$$

    in pixels and layers. Features move *against* +x for $\beta > 0$ (see
    [`feynax.equations.gaussian_action`][]). The diffusion $a_2$ is signed: every stencil of three
    taps is such an equation only if it may be negative (anti-diffusion), where the thesis writes
    $\alpha^2$. This is a pytree, so coefficients may be trained.

    **Fields:**

    - `a2`, `beta`, `gamma`: diffusion (twice the factor of the second derivative), drift along x,
      and growth.
    - `sigma2`, `rho`: the same along y. `mixed`: factor of the mixed derivative.

    Each is a number or an array of shape (channels,). `None` says that a term is *absent*, which
    a trained array can never say; with `sigma2`, `rho` and `mixed` absent the equation lives on a
    line.

    ```python
    import numpy as np
    from feynax.equations import AdvectionDiffusion
    pde = AdvectionDiffusion(a2=0.7, beta=0.3, gamma=0.0)
    assert np.allclose(pde.kernel(), [0.2, -0.7, 0.5])
    assert np.isclose(AdvectionDiffusion.from_kernel(pde.kernel()).beta, 0.3)
    ```

    Source: V. Imchitr (2020), eqs (21)-(25) and (39).
    """

    a2: _Coefficient = None
    beta: _Coefficient = None
    sigma2: _Coefficient = None
    rho: _Coefficient = None
    gamma: _Coefficient = None
    mixed: _Coefficient = None

    def __check_init__(self):
        for name in _NAMES:
            value = getattr(self, name)
            rank = np.ndim(value) if value is not None else 0
            check(rank <= 1, name, "be a number or have shape (channels,)", f"{rank} axes")

    @classmethod
    def from_kernel(
        cls, kernel: Float[ArrayLike, "*channels kh kw"], *, ndim: int | None = None
    ) -> "AdvectionDiffusion":
        r"""Name the coefficients of a stencil of three taps a side.

        **Arguments:**

        - `kernel`: shape (3,), (3, 3) or (channels, 3, 3); (channels, 3) with `ndim=1`.

        **Raises:**

        `ValueError` where a 3x3 stencil has third or fourth derivatives, which most have: read
        those with [`feynax.equations.pde_from_kernel`][].

        ```python
        import numpy as np
        from feynax.equations import AdvectionDiffusion
        laplace = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
        assert AdvectionDiffusion.from_kernel(laplace).sigma2 == 2.0
        ```
        """
        check(not is_traced(kernel), "kernel", "be known outside JAX transformations", "a tracer")
        weights = np.asarray(kernel, np.float64)
        ndim = resolve_ndim(weights, ndim)
        sizes = weights.shape[-ndim:]
        check(sizes == (3,) * ndim, "kernel", "have three taps a side", f"sizes {sizes}")
        check(weights.ndim <= ndim + 1, "kernel", "act on each channel", f"shape {weights.shape}")
        C = np.asarray(pde_from_kernel(weights, ndim=ndim))
        if ndim == 1:
            return cls(**_plain(a2=2 * C[..., 2], beta=C[..., 1], gamma=C[..., 0]))
        beyond = max(float(np.abs(C[..., m, n]).max()) for m, n in ((1, 2), (2, 1), (2, 2)))
        second = beyond <= 1e-12 * max(float(np.abs(C).max()), 1e-300)
        check(second, "kernel", "be a second-order stencil", f"higher orders up to {beyond:.3g}")
        return cls(
            **_plain(
                a2=2 * C[..., 0, 2],
                beta=C[..., 0, 1],
                sigma2=2 * C[..., 2, 0],
                rho=C[..., 1, 0],
                gamma=C[..., 0, 0],
                mixed=C[..., 1, 1] if np.any(C[..., 1, 1]) else None,
            )
        )

    @property
    def ndim(self) -> int:
        """Lattice axes: 1 where every term along y is absent."""
        return 1 if self.sigma2 is None and self.rho is None and self.mixed is None else 2

    @property
    def alpha(self) -> Float[ArrayLike, "*channels"]:
        """Square root of `a2`, as the thesis prints it; negative `a2` raises `ValueError`."""
        return _root("a2", self.a2)

    @property
    def sigma(self) -> Float[ArrayLike, "*channels"]:
        """Square root of `sigma2`; negative `sigma2` raises `ValueError`."""
        return _root("sigma2", self.sigma2)

    def kernel(self) -> Float[ArrayLike, "*channels kh kw"]:
        r"""Stencil of the equation: (..., 3) on a line, (..., 3, 3) on a plane.

        On a line $K = [(a_2-\beta)/2,\ \gamma-a_2,\ (a_2+\beta)/2]$.

        ```python
        from feynax.equations import AdvectionDiffusion
        assert AdvectionDiffusion(a2=1.0, sigma2=1.0).kernel()[1, 1] == -2.0
        ```
        """
        xp = jnp if is_traced(self) else np
        offsets, weights = self.taps(xp)
        if self.ndim == 1:
            return xp.stack(weights, -1)
        blank = xp.zeros_like(weights[0])
        found = dict(zip(offsets, weights, strict=True))
        rows = [[found.get((i, j), blank) for j in (-1, 0, 1)] for i in (-1, 0, 1)]
        return xp.stack([xp.stack(row, -1) for row in rows], -2)

    def taps(self, xp: ModuleType) -> tuple[tuple[tuple[int, int], ...], list[Any]]:
        """Offsets (y, x) of the taps that may be non-zero, and their weights in `xp`."""
        t = self.arrays(xp)
        offsets = [(0, -1), (0, 0), (0, 1)]
        middle = t["gamma"] - t["a2"] - t["sigma2"]
        weights = [(t["a2"] - t["beta"]) / 2, middle, (t["a2"] + t["beta"]) / 2]
        if self.sigma2 is not None or self.rho is not None:
            offsets += [(-1, 0), (1, 0)]
            weights += [(t["sigma2"] - t["rho"]) / 2, (t["sigma2"] + t["rho"]) / 2]
        if self.mixed is not None:
            offsets += [(i, j) for i in (-1, 1) for j in (-1, 1)]
            weights += [i * j * t["mixed"] / 4 for i in (-1, 1) for j in (-1, 1)]
        return tuple(offsets), weights

    def arrays(self, xp: ModuleType = np) -> dict[str, Any]:
        """All six coefficients in one shape and dtype, absent ones as zeros.

        With `xp=numpy` in float64, with `xp=jax.numpy` in the coefficients' own precision.
        """
        given = {n: getattr(self, n) for n in _NAMES if getattr(self, n) is not None}
        dtype = np.float64 if xp is np else jnp.result_type(float, *given.values())
        if xp is not np and given:
            dtype = jnp.result_type(*given.values())
        shapes = {np.shape(v) for v in given.values()}
        shape = functools.reduce(np.broadcast_shapes, shapes, ())
        zero = xp.zeros(shape, dtype)
        return {
            n: xp.broadcast_to(xp.asarray(given[n], dtype), shape) if n in given else zero
            for n in _NAMES
        }


def is_absent(value: Any) -> bool:
    """Whether a term is `None`, or known to be zero everywhere."""
    return value is None or (not is_traced(value) and not np.any(np.asarray(value)))


def _plain(**values: Any) -> dict[str, Any]:
    """Arrays without axes as plain numbers, so that records compare and print well."""
    return {
        name: float(value) if value is not None and np.ndim(value) == 0 else value
        for name, value in values.items()
    }


def _root(name: str, value: Any) -> Any:
    if is_traced(value):
        raise jax.errors.TracerBoolConversionError(value)
    array = np.asarray(0.0 if value is None else value, np.float64)
    if np.any(array < 0):
        raise ValueError(f"negative diffusion: {name}={array.min():.6g}")
    return math.sqrt(array) if array.ndim == 0 else np.sqrt(array)
