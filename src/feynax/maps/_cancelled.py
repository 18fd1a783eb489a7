"""A word where a network's own rounding decides what its Hamiltonian is."""

import warnings

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Bool, Float

from ..equations import ReLUField
from ..quantum import ConditionWarning

_ILL = 1e-8  # relative error of a discriminant from which a warning is given
_FEW = 100  # times the rounding of single precision, where that is more


def warn_of_cancellation(
    net: ReLUField, mask: Bool[ArrayLike, " units"], matrix: Float[np.ndarray, "2 2"]
) -> None:
    r"""Warn where the leak cancels so much of the weights that $\det A$ is not known.

    $A = B\,\mathrm{diag}(s)\,C - \mathrm{diag}(\lambda)$ is known to the rounding of its terms; if
    they cancel that is much of $A$, and what is computed from $A$ alone cannot know.
    """
    eps = float(np.finfo(np.asarray(net.outer).dtype).eps)
    outer, inner = np.abs(np.asarray(net.outer, float)), np.abs(np.asarray(net.inner, float))
    leak = np.diag(np.asarray(net.decay, float))
    wrong = 2 * eps * (outer * np.asarray(mask, bool) @ inner + leak)
    # the largest entry goes first, so that products stay inside the range
    scale = max(float(np.max(np.abs(matrix))), np.finfo(float).tiny)
    a, wrong = matrix / scale, wrong / scale
    mean = (a[0, 0] - a[1, 1]) / 2
    slack = max(wrong[0, 0], wrong[1, 1]) if mean else 0.0  # equal numbers cancel exactly
    exact = mean * mean + a[0, 1] * a[1, 0]
    doubt = (2 * abs(mean) + slack) * slack
    doubt += abs(a[0, 1]) * wrong[1, 0] + abs(a[1, 0]) * wrong[0, 1]
    size = abs(exact) or mean * mean
    if doubt > max(_ILL, _FEW * eps) * size:
        warnings.warn(
            f"The weights cancel against the leak: the discriminant is known to {doubt / size:.1g} "
            "of its size, and so are class and levels.",
            ConditionWarning,
            stacklevel=5,
        )
