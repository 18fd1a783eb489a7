"""The taps of an equation, one weight a channel, in the precision of its coefficients."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check
from ._advection_diffusion import AdvectionDiffusion
from ._host import is_traced
from ._moments import kernel_from_pde

LinearTerms = AdvectionDiffusion | Float[Array, "channels m n"]


class Taps(eqx.Module):
    """Offsets (y, x) of a stencil and one weight a channel for each."""

    offsets: tuple[tuple[int, int], ...] = eqx.field(static=True)
    weights: Float[Array, "taps channels"]

    def symbol(
        self, y: np.ndarray, x: np.ndarray
    ) -> tuple[Float[Array, "channels y x"], Float[Array, "channels y x"]]:
        """Real and imaginary part of the branch's symbol on a grid of momenta."""
        phases = np.stack([i * y[:, None] + j * x[None, :] for i, j in self.offsets])
        waves = [jnp.asarray(wave, self.weights.dtype) for wave in (np.cos(phases), np.sin(phases))]
        even, odd = (jnp.einsum("tc,tyx->cyx", self.weights, wave) for wave in waves)
        return even, odd


def stencil_taps(terms: LinearTerms, shape: tuple[int, int, int]) -> Taps:
    """Return the taps that may be non-zero.

    `terms` is the named equation, or coefficients C[channel, m, n] of d_y^m d_x^n of any order
    with an odd number of each.
    """
    check_state(shape)
    if isinstance(terms, AdvectionDiffusion):
        values = channel_terms(terms, shape)
        present = {n: v for n, v in values.items() if getattr(terms, n) is not None}
        offsets, weights = AdvectionDiffusion(**present).taps(jnp)
        weights = [jnp.broadcast_to(weight, shape[:1]) for weight in weights]
        return Taps(offsets, jnp.stack(weights))
    found = np.shape(terms)
    fits = len(found) == 3 and found[0] == shape[0]
    check(fits, "coefficients", f"have shape ({shape[0]}, m, n)", f"shape {found}")
    kernel = kernel_from_pde(terms)
    if not is_traced(terms):
        kernel = jnp.asarray(kernel, jnp.result_type(terms))
    rows, columns = (np.arange(size) - size // 2 for size in found[1:])
    offsets = tuple((int(i), int(j)) for i in rows for j in columns)
    return Taps(offsets, jnp.moveaxis(jnp.reshape(kernel, (shape[0], -1)), 0, 1))


def host_kernel(terms: LinearTerms) -> AdvectionDiffusion | np.ndarray:
    """Return what `gain` reads: the named equation, or a kernel for each channel."""
    if isinstance(terms, AdvectionDiffusion):
        return terms
    return np.asarray(kernel_from_pde(terms))


def check_state(shape: tuple[int, int, int]) -> None:
    """Refuse anything but (channels, height, width)."""
    whole = len(shape) == 3 and min(shape) >= 1
    check(whole, "shape", "be (channels, height, width)", shape)


def channel_terms(coefficients: AdvectionDiffusion, shape: tuple[int, int, int]) -> dict[str, Any]:
    """Return the six coefficients, one number a channel, in their own precision."""
    check_state(shape)
    terms = coefficients.arrays(jnp)
    found = terms["a2"].shape
    check(found in ((), (shape[0],)), "coefficients", f"fit {shape[0]} channels", f"shape {found}")
    return {name: jnp.broadcast_to(value, shape[:1]) for name, value in terms.items()}
