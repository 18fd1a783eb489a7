"""Losses and scores: what is minimised, and what a person wants to know."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from .._checks import check_choice


def cross_entropy(
    logits: Float[Array, "batch classes"], labels: Int[Array, "batch"], smoothing: float = 0.0
) -> Float[Array, "batch"]:
    r"""Cross entropy against labels of which a share is spread over all classes.

    $-\sum_k q_k \log p_k$ with $q = (1 - \epsilon)\,\text{one-hot} + \epsilon / K$.

    **Arguments:**

    - `logits`: unnormalised log probabilities.
    - `labels`: class numbers.
    - `smoothing`: the share $\epsilon$.

    Source: Szegedy et al., arXiv 1512.00567, section 7.

    ```python
    import jax.numpy as jnp
    from feynax.training import cross_entropy
    loss = cross_entropy(jnp.zeros((1, 4)), jnp.array([2]), 0.1)
    assert jnp.allclose(loss, jnp.log(4.0))
    ```
    """
    logs = jax.nn.log_softmax(logits)
    chosen = jnp.take_along_axis(logs, labels[:, None], 1)[:, 0]
    return -(1 - smoothing) * chosen - smoothing * logs.mean(1)


@dataclasses.dataclass(frozen=True)
class Loss:
    """Loss and score of one example, from its outputs, targets and the weights of its steps.

    **Fields:**

    - `each`: `(outputs, targets, weights) -> (loss, score)`, all of one example; `weights` is
      `None`, or one number for each step of outputs and targets.
    - `score`: what the second number is: "accuracy" (share), "mae" (mean absolute error), or any
      name of your own.

    ```python
    import jax.numpy as jnp
    from feynax.training import Loss
    worst = Loss(lambda y, target, weights: ((y - target) ** 2, jnp.abs(y - target).max()), "worst")
    assert worst.score == "worst"
    ```
    """

    each: Callable[[Any, Any, Any], tuple[Any, Any]]
    score: str


def find_loss(loss: "str | Loss | None", classes: int, smoothing: float) -> Loss:
    """Return the loss of that name; by default what the targets ask for."""
    if isinstance(loss, Loss):
        return loss
    name = loss or ("cross_entropy" if classes else "mse")
    check_choice("loss", name, ("cross_entropy", "mse"))
    if name == "mse":
        return Loss(_square, "mae")
    # A partial would be new at each call, and with it everything that was compiled.
    return Loss(_Entropy(smoothing), "accuracy")


@dataclasses.dataclass(frozen=True)
class _Entropy:
    smoothing: float

    def __call__(self, logits: Array, labels: Array, weights: Array | None) -> tuple[Array, Array]:
        rows = logits.reshape(-1, logits.shape[-1])
        lost = cross_entropy(rows, labels.reshape(-1), self.smoothing)
        best = jax.lax.argmax(rows, 1, labels.dtype)
        right = (best == labels.reshape(-1)).astype(rows.dtype)
        return _mean(lost, weights), _mean(right, weights)


def _square(outputs: Array, targets: Array, weights: Array | None) -> tuple[Array, Array]:
    apart = outputs - targets.astype(outputs.dtype)
    if weights is None:
        return (apart * apart).mean(), jnp.abs(apart).mean()
    rows = apart.reshape(len(weights), -1)
    return _mean((rows * rows).mean(1), weights), _mean(jnp.abs(rows).mean(1), weights)


def _mean(values: Array, weights: Array | None) -> Array:
    return values.mean() if weights is None else (values @ weights) / weights.sum()
