"""What every stepper of a lattice equation offers, and what they share."""

import abc
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from .._checks import check, check_choice
from ._advection_diffusion import AdvectionDiffusion, is_absent

if TYPE_CHECKING:  # type checkers know only the standard name
    from typing import ClassVar as AbstractClassVar
else:
    from equinox import AbstractClassVar

Boundary = str
_BOUNDARIES = ("zero", "periodic", "neumann")


class AbstractStepper(eqx.Module):
    r"""One step of $\psi_t = A\psi$ on a lattice of channels.

    Two pure functions. `prepare` turns coefficients (which may be traced and trained) into
    operators, once for as many steps as share them; `apply` takes one step and is all that a
    `scan` over the steps needs.

    - `order`: order of accuracy in the step, `None` where a step is exact.
    """

    order: AbstractClassVar[int | None]

    @abc.abstractmethod
    def prepare(self, coefficients: Any, shape: tuple[int, int, int], h: Any) -> PyTree[Array]:
        """Compute the operators of one step.

        **Arguments:**

        - `coefficients`: an [`feynax.equations.AdvectionDiffusion`][] of numbers or of arrays of
          shape (channels,). `Euler`, `Fourier` and `Cosine` also take an array C[channel, m, n] of
          the coefficients of d_y^m d_x^n, of any order.
        - `shape`: (channels, height, width) of the state.
        - `h`: time step; may be traced.

        **Raises:**

        `ValueError` where coefficients and shape disagree, or a term is present that this
        stepper cannot take.
        """

    @abc.abstractmethod
    def apply(
        self, operators: PyTree[Array], psi: Float[Array, "channels height width *batch"]
    ) -> Float[Array, "channels height width *batch"]:
        """Take one step of a state whose batch axes, if any, come last."""

    @abc.abstractmethod
    def bound(self, coefficients: Any, h: float) -> float:
        """Bound the 2-norm of one step over all states and lattice sizes.

        The largest over the channels; infinite where nothing is known. Coefficients must not be
        traced.
        """


def host_terms(coefficients: AdvectionDiffusion) -> dict[str, Float[np.ndarray, " channels"]]:
    """Return the six coefficients in float64 on the host, at least one channel."""
    return {name: np.atleast_1d(value) for name, value in coefficients.arrays(np).items()}


def check_boundary(boundary: Boundary) -> None:
    """Refuse an unknown boundary."""
    check_choice("boundary", boundary, _BOUNDARIES)


def refuse(coefficients: AdvectionDiffusion, names: tuple[str, ...], instead: str) -> None:
    """Refuse terms that a stepper cannot take; traced ones count as present."""
    for name in names:
        absent = is_absent(getattr(coefficients, name))
        check(absent, "coefficients", f"have no `{name}` ({instead})", "that term")


def shift_matrix(size: int, shift: int, boundary: Boundary) -> Float[np.ndarray, "size size"]:
    """Return the matrix that reads the neighbour at distance `shift` (-1 or 1)."""
    if boundary == "periodic":
        return np.roll(np.eye(size), shift, axis=1)
    matrix = np.eye(size, k=shift)
    if boundary == "neumann":  # the mirror lies between pixels: the edge is its own neighbour
        edge = size - 1 if shift > 0 else 0
        matrix[edge, edge] = 1.0
    return matrix


def axis_matrix(
    diffusion: Float[Array, " channels"],
    drift: Float[Array, " channels"],
    growth: Float[Array, " channels"],
    size: int,
    boundary: Boundary,
) -> Float[Array, "channels size size"]:
    """Return the generator along one axis, one matrix a channel."""
    forth, back = (shift_matrix(size, s, boundary) for s in (1, -1))
    second = jnp.asarray((forth + back) / 2 - np.eye(size), diffusion.dtype)
    first = jnp.asarray((forth - back) / 2, diffusion.dtype)
    identity = jnp.eye(size, dtype=diffusion.dtype)

    def outer(a, b):
        return a[:, None, None] * b[None]

    return outer(diffusion, second) + outer(drift, first) + outer(growth, identity)


def growth_rate(terms: dict[str, np.ndarray], boundary: Boundary) -> tuple[np.ndarray, np.ndarray]:
    r"""Bound the numerical range of the generators along y and x, half of gamma in each.

    The symmetric part of a2/2 d2 + beta d lies in [min(0, -2 a2), max(0, -2 a2)]; a mirror adds
    the drift through it.
    """
    rates = []
    for diffusion, drift in (("sigma2", "rho"), ("a2", "beta")):
        rate = np.maximum(0.0, -2 * terms[diffusion]) + terms["gamma"] / 2
        rates.append(rate + np.abs(terms[drift]) / 2 * (boundary == "neumann"))
    return rates[0], rates[1]


class SeparableOperators(eqx.Module):
    """One matrix a channel for each axis: a step is rows @ psi @ columns^T."""

    rows: Float[Array, "channels height height"]
    columns: Float[Array, "channels width width"]

    def __call__(
        self, psi: Float[Array, "channels height width *batch"]
    ) -> Float[Array, "channels height width *batch"]:
        """Apply both matrices to a state with its batch last."""
        channels, height, width = psi.shape[:3]
        flat = psi.reshape(channels, height, -1)
        flat = jnp.matmul(self.rows, flat)  # one large product a channel: batch rides along
        flat = flat.reshape(channels, height, width, -1)
        flat = jnp.einsum("cxj,cyjb->cyxb", self.columns, flat)
        return flat.reshape(psi.shape)
