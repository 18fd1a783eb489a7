"""One code path for one device and many: a mesh with a single axis, `data`."""

from functools import partial

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec as P
from jaxtyping import PyTree

from ._checks import check, check_count

AXIS = "data"


def data_mesh(devices: int | None = None) -> Mesh:
    """Return a mesh of one axis over the devices of all processes.

    **Arguments:**

    - `devices`: how many to use; by default one where there is a single process, and all of
      them where there are several.

    **Raises:**

    - `ValueError` where there are not so many.

    ```python
    from feynax.training import data_mesh
    assert data_mesh(1).devices.shape == (1,)
    ```
    """
    there = jax.device_count()
    wanted = devices or (1 if jax.process_count() == 1 else there)
    check_count("devices", wanted)
    check(wanted <= there, "devices", f"be at most the {there} that JAX sees", wanted)
    kinds = (AxisType.Auto,)
    return jax.make_mesh((wanted,), (AXIS,), kinds, devices=jax.devices()[:wanted])


def replicate(tree: PyTree, mesh: Mesh) -> PyTree:
    """Copy the arrays of a tree to every device of the mesh; all processes hold the same values.

    **Arguments:**

    - `tree`: arrays, on this process.
    - `mesh`: from `data_mesh`.

    ```python
    import jax.numpy as jnp
    from feynax.training import data_mesh, replicate
    assert replicate({"a": jnp.ones(2)}, data_mesh())["a"].is_fully_replicated
    ```
    """
    everywhere = NamedSharding(mesh, P())

    def copy(leaf):
        # A fresh copy: the training step gives its buffers away, and these may be the caller's.
        local = np.array(leaf)
        return jax.make_array_from_callback(local.shape, everywhere, lambda place: local[place])

    return jax.tree.map(copy, tree)


def meet(mesh: Mesh) -> None:
    """Let the processes of a mesh connect; call it soon after their start.

    The connections are made at the first collective over these devices, and that gives up after
    30 s: less than one process may wait for another to compile. Later ones wait as long as it
    takes.

    **Arguments:**

    - `mesh`: from `data_mesh`.

    ```python
    from feynax.training import data_mesh, meet
    meet(data_mesh())
    ```
    """
    add = partial(jax.lax.psum, axis_name=AXIS)
    run = jax.shard_map(add, mesh=mesh, in_specs=P(), out_specs=P(), check_vma=False)
    jax.block_until_ready(jax.jit(run)(np.ones((), np.float32)))


def may_overlap(mesh: Mesh) -> bool:
    """Whether steps may be queued behind one another.

    Several CPU devices of one process share one pool of threads: queued steps can take all of
    them and wait for one another for ever, until XLA ends the process.
    """
    return mesh.size == 1 or mesh.devices.flat[0].platform != "cpu"


def is_first_process() -> bool:
    """Whether this process writes the files and speaks for all."""
    return jax.process_index() == 0
