"""Chains as they are driven from the host: block after block, on one device or many."""

import time

import equinox as eqx
import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from jaxtyping import Array, Float, PyTree

from ..._mesh import AXIS
from ._program import Block, Task, draw_block


class Chains:
    """All chains of a run, how far they are, and the seconds of every block."""

    def __init__(
        self, task: Task, x: np.ndarray, *, block: int, mesh: Mesh, progress: bool = False
    ):
        self.task, self.block, self.mesh, self.done = task, block, mesh, 0
        self.progress = progress
        self.x = self._share(x)
        self.seconds: list[float] = []
        self._numbers = self._share(np.arange(x.shape[0], dtype=np.uint32))

    def advance(self) -> Block:
        """Draw a block and return it on the host, whole on every process."""
        begin = time.perf_counter()
        first = np.uint32(self.done * self.block)
        found = draw_block(
            self.task, first, self._numbers, self.x, draws=self.block, mesh=self.mesh
        )
        self.x = found.x
        self.done += 1
        whole = gather(found)
        self.seconds.append(time.perf_counter() - begin)
        return whole

    def _share(self, values: np.ndarray) -> Float[Array, "..."]:
        rows = NamedSharding(self.mesh, P(AXIS))
        return jax.make_array_from_callback(values.shape, rows, lambda place: values[place])


def gather(tree: PyTree) -> PyTree:
    """Return the arrays of all processes on the host of each, in the order of the chains."""
    if jax.process_count() > 1:
        tree = multihost_utils.process_allgather(tree, tiled=True)
    return jax.tree.map(lambda leaf: np.asarray(leaf) if eqx.is_array(leaf) else leaf, tree)
