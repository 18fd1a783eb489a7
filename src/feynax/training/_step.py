"""One optimiser step: gather, distort, differentiate on each device, add up once, update."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from jaxtyping import Array, Float, Int, PyTree

from ._augment import augment
from ._mesh import AXIS
from ._options import TrainOptions

if TYPE_CHECKING:
    import optax


_IMAGES = "images"  # the axis over which a network may take statistics


class TrainState(eqx.Module):
    """All that a step changes: weights, optimiser memory and the running mean of the weights."""

    params: PyTree
    memory: PyTree
    average: PyTree


def logits_of(network: Any, images: Float[Array, "batch c h w"], steps: int | None = None) -> Array:
    """Run a network on a batch: by its `batch` entry where it has one, else by `vmap`.

    **Arguments:**

    - `network`: callable on one image; its `batch` takes many.
    - `images`: standardised images.
    - `steps`: handed on as `steps=`, unless `None`.

    ```python
    import jax.numpy as jnp
    from feynax.training import logits_of
    assert logits_of(lambda image: image.sum((1, 2)), jnp.ones((5, 3, 2, 2))).shape == (5, 3)
    ```
    """
    extra = {} if steps is None else {"steps": steps}
    if hasattr(network, "batch"):
        return network.batch(images, **extra)
    return jax.vmap(lambda image: network(image, **extra))(images)


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


def standardise(images: Array, mean: float, std: float, dtype: Any) -> Array:
    """Make bytes (B, H, W) or (B, C, H, W), or floats, what a network sees."""
    x = images if images.ndim == 4 else images[:, None]
    return (_unit(x, dtype) - mean) / std


def _unit(x: Array, dtype: Any) -> Array:
    return x.astype(dtype) / 255 if jnp.issubdtype(x.dtype, jnp.integer) else x.astype(dtype)


def make_step(
    static: PyTree,
    options: TrainOptions,
    optimiser: "optax.GradientTransformation",
    mesh: Mesh,
    mean: float,
    std: float,
) -> Callable[..., tuple[TrainState, Array]]:
    """Return the jitted step `(state, images, labels, rows, moment, steps) -> state, metrics`.

    `moment` is (seed, number of the step): as a value and not a constant of the program, one
    compilation serves all seeds. The state is given away (its buffers are used again); metrics
    are mean loss and accuracy. Only the gradient is sharded; it travels in one
    vector, so that a step costs one collective.
    """
    gradient = partial(_sharded_gradient, static, options, mesh, mean, std)

    def step(state: TrainState, images, labels, rows, moment, steps):
        grads, moved, metrics = gradient(state.params, images, labels, rows, moment, steps)
        change, memory = optimiser.update(grads, state.memory, state.params)
        params = eqx.apply_updates(eqx.apply_updates(state.params, change), moved)
        average = state.average
        if options.average:
            count = moment[1].astype(metrics.dtype)
            decay = jnp.minimum(options.average, (1 + count) / (10 + count))
            average = jax.tree.map(lambda a, p: a + (1 - decay) * (p - a), average, params)
        return TrainState(params, memory, average), metrics

    everywhere = NamedSharding(mesh, P())
    return jax.jit(step, static_argnums=5, donate_argnums=0, out_shardings=everywhere)


def _sharded_gradient(
    static, options, mesh, mean, std, params, images, labels, rows, moment, steps
):
    dtype = jax.tree.leaves(params)[0].dtype

    def loss(params, images, labels, rows, places, moment):
        x = standardise(_distorted(images[rows], places, moment, options, dtype), mean, std, dtype)
        logits, moved = _forward(params, static, x, steps)
        right = (jax.lax.argmax(logits, 1, jnp.int32) == labels[rows]).sum().astype(dtype)
        return cross_entropy(logits, labels[rows], options.smoothing).sum(), (right, moved)

    def local(params, images, labels, rows, places, moment):
        zero = jnp.zeros((), dtype)
        still = params if _learns_statistics(static) else None
        empty, unravel = ravel_pytree((params, zero, zero, still))

        def part(total, chunk):
            value = jax.value_and_grad(loss, has_aux=True)
            (lost, (right, moved)), grads = value(params, images, labels, *chunk, moment)
            return total + ravel_pytree((grads, lost, right, moved))[0], None

        width = options.micro or len(rows)
        chunks = (rows.reshape(-1, width), places.reshape(-1, width))
        total, _ = jax.lax.scan(part, jnp.zeros_like(empty), chunks)
        grads, lost, right, moved = unravel(jax.lax.psum(total, AXIS) / options.batch)
        return grads, moved, jnp.stack([lost, right])

    shards = (P(), P(), P(), P(AXIS), P(AXIS), P())
    # Without the check of varying axes: with it, every use of a weight would bring its own
    # collective, and networks would have to mark the constants that they carry through a scan.
    run = jax.shard_map(local, mesh=mesh, in_specs=shards, out_specs=P(), check_vma=False)
    places = jnp.arange(options.batch, dtype=jnp.int32)
    return run(params, images, labels, rows, places, moment)


def _learns_statistics(network: Any) -> bool:
    """Whether a network has the method `train(x, axis)` of layers such as batch norm."""
    return hasattr(network, "train")


def _forward(params: PyTree, static: PyTree, x: Array, steps: int | None) -> tuple[Array, PyTree]:
    """Logits, and by how much the running statistics move, once for each image.

    A network with statistics returns itself with new ones; every other array comes back as it
    was, so the difference is what moved. Statistics are taken over the images at hand: those of
    one device, and of one micro-batch.
    """
    network = eqx.combine(params, static)
    if not _learns_statistics(network):
        return logits_of(network, x, steps), None
    extra = {} if steps is None else {"steps": steps}
    run = jax.vmap(
        lambda image: network.train(image, _IMAGES, **extra),
        axis_name=_IMAGES,
        out_axes=(0, None),
    )
    logits, after = run(x)
    fresh = eqx.filter(after, eqx.is_inexact_array)
    return logits, jax.tree.map(lambda new, old: len(x) * (new - old), fresh, params)


def _distorted(images, places, moment, options: TrainOptions, dtype):
    x = images if images.ndim == 4 else images[:, None]
    if not (options.shift or options.rotate or options.scale):
        return x if jnp.issubdtype(x.dtype, jnp.integer) else x.astype(dtype)
    key = jax.random.fold_in(jax.random.key(moment[0]), moment[1])
    keys = jax.vmap(lambda place: jax.random.fold_in(key, place))(places)
    warp = {"shift": options.shift, "rotate": options.rotate, "scale": options.scale}
    return augment(_unit(x, dtype), keys, **warp)
