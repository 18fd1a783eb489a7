"""What a sampler needs to know: configurations, their weight, and a Gaussian close to it."""

import abc
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float


class AbstractReference(eqx.Module):
    r"""A Gaussian measure of which draws are exact and independent.

    Configurations are an affine image of white noise, $x = b + Lq$ with $q \sim N(0, 1)$, and the
    transform costs no more than a fast Fourier transform. The numbers $q$ are the whitened modes:
    the coordinates in which all samplers move.
    """

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of the whitened modes of one configuration."""

    @abc.abstractmethod
    def synthesis(self, modes: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the configuration of one set of whitened modes."""

    @abc.abstractmethod
    def analysis(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the whitened modes of one configuration: the inverse of `synthesis`."""


class AbstractEnsemble(eqx.Module):
    r"""A weight $e^{-S(x)/\hbar}$ over configurations $x$: paths, or fields on a lattice.

    Everything is for one configuration; chains are a `jax.vmap` around it. A new system is a
    subclass with these four methods: all samplers, statistics and tests then apply to it.
    """

    @abc.abstractmethod
    def action(self, x: Float[Array, "..."]) -> Float[Array, ""]:
        r"""Return $S/\hbar$, without unit: the weight of `x` is its exponential with a minus."""

    @abc.abstractmethod
    def reference(self) -> AbstractReference:
        """Return a first Gaussian reference, found without a chain."""

    @abc.abstractmethod
    def matched(self, x: Float[Array, "chains ..."]) -> AbstractReference:
        """Return the reference whose stiffness and centre are those of the configurations `x`."""

    @abc.abstractmethod
    def residual(self, reference: Any, x: Float[Array, "..."]) -> Float[Array, ""]:
        r"""Return $S/\hbar$ less the reference's own action, up to a constant.

        Only local terms enter: the kinetic part, whose stiffness grows with the number of slices,
        is in both and is never formed.
        """
