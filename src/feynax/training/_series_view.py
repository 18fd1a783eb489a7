"""Series: standardised, with masks and times, from arrays or drawn by a task."""

import dataclasses
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, PyTree

from .._checks import check_count
from ._kinds import Task
from ._losses import Loss
from ._view import AbstractView, precision_of


@dataclasses.dataclass(frozen=True)
class SeriesView(AbstractView):
    """Series with masks and times, from arrays or drawn by a task."""

    loss: Loss
    plain_loss: Loss
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    task: Any = None
    each: bool = False

    @property
    def score(self) -> str:
        """Of the loss."""
        return self.loss.score

    def draw(self, arrays: PyTree, rows: Array, keys: PRNGKeyArray) -> PyTree:
        """Return the series at these rows, or new ones of the task."""
        if self.task is None:
            return jax.tree.map(lambda a: a[rows], arrays)
        return as_examples(*jax.vmap(self.task.sample)(keys))

    def measure(
        self, params: PyTree, static: PyTree, some: PyTree, steps: int | None, keys: Any
    ) -> tuple[Float[Array, " batch"], Float[Array, " batch"], PyTree]:
        """Return losses and scores."""
        network = eqx.combine(params, static)
        dtype = precision_of(params)
        drops = keys is not None and getattr(network, "dropout", 0) > 0
        loss = self.plain_loss if keys is None else self.loss

        def one(example: dict[str, Array], key: Any) -> tuple[Array, Array]:
            outputs = network(self._seen(example["inputs"], dtype), **_extras(example, key, dtype))
            return loss.each(outputs, example["targets"], _weights(example, self.each, dtype))

        lost, score = jax.vmap(one)(some, keys if drops else None)
        return lost, score, None

    def _seen(self, inputs: Array, dtype: Any) -> Array:
        if inputs.ndim == 1:
            return inputs
        mean, std = (jnp.asarray(value, dtype)[None] for value in (self.mean, self.std))
        return (inputs.astype(dtype) - mean) / std


def as_examples(inputs: Any, targets: Any, weights: Any = None) -> dict[str, Any]:
    """Name what is there, leave out what is not."""
    named = {"inputs": inputs, "targets": targets, "weights": weights}
    return {name: value for name, value in named.items() if value is not None}


def draw_examples(task: Task, count: int, seed: int = 0) -> PyTree:
    """Return examples of a task that no training run with this seed meets."""
    check_count("samples", count)
    key = jax.random.fold_in(jax.random.key(seed), 2**31 - 1)
    return jax.jit(lambda k: as_examples(*jax.vmap(task.sample)(jax.random.split(k, count))))(key)


def _extras(example: dict[str, Array], key: Any, dtype: Any) -> dict[str, Any]:
    extra: dict[str, Any] = {"mask": example["mask"]} if "mask" in example else {}
    extra |= {"dts": example["dts"].astype(dtype)} if "dts" in example else {}
    return extra if key is None else extra | {"key": key}


def _weights(example: dict[str, Array], each: bool, dtype: Any) -> Array | None:
    """Of the steps: those given, 0 where there is no step; `None` where one target is for all."""
    given, mask = example.get("weights"), example.get("mask")
    if given is not None:
        return given.astype(dtype) if mask is None else given.astype(dtype) * mask.astype(dtype)
    return mask.astype(dtype) if each and mask is not None else None
