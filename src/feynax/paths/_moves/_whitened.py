"""The density of paths in whitened modes, for samplers of other libraries."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

from .._abstract import AbstractEnsemble, AbstractReference


def whitened_log_density(
    ensemble: AbstractEnsemble, reference: AbstractReference | None = None
) -> Callable[[Float[Array, "..."]], Float[Array, ""]]:
    r"""Return the logarithm of the density of whitened modes q, up to a constant.

    $$ \ln p(q) = -\tfrac12 q^2 - U(x(q)), \qquad x(q) = b + Lq $$

    With U the residual action. All scales are of order one, so the step of a black-box sampler
    (NUTS of BlackJAX or NumPyro) does not shrink with the number of slices. A draw's path is
    `reference.synthesis(q)`.

    **Arguments:**

    - `ensemble`: paths, or any other ensemble.
    - `reference`: of the modes; `ensemble.reference()` by default.

    **Returns:** a function of q of shape `reference.shape`, in float64 where x64 is on.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2 + x**4, beta=4.0, slices=16)
    density = fx.paths.whitened_log_density(paths)
    slope = jax.grad(density)(jnp.ones((1, 16)))
    assert slope.shape == (1, 16)
    ```
    """
    held = ensemble.reference() if reference is None else reference

    def density(q: Float[Array, "..."]) -> Float[Array, ""]:
        return -jnp.sum(q**2) / 2 - ensemble.residual(held, held.synthesis(q))

    return density
