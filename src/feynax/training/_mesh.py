"""One code path for one device and many: a mesh with a single axis, `data`."""

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec as P
from jaxtyping import PyTree

from .._checks import check, check_count

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


def may_overlap(mesh: Mesh) -> bool:
    """Whether steps may be queued behind one another.

    Several CPU devices of one process share one pool of threads: queued steps can take all of
    them and wait for one another for ever, until XLA ends the process.
    """
    return mesh.size == 1 or mesh.devices.flat[0].platform != "cpu"


def is_first_process() -> bool:
    """Whether this process writes the files and speaks for all."""
    return jax.process_index() == 0
