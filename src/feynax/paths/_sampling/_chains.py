"""Chains as they are driven from the host: block after block, on one device or many."""

import sys
import time
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from jaxtyping import Array, Float, PyTree

from ..._mesh import AXIS, is_first_process
from ._folder import Folder
from ._program import Block, Task, draw_block


class Chains:
    """All chains of a run, how many blocks they have done, and the seconds of every one."""

    def __init__(
        self, task: Task, x: np.ndarray, *, block: int, mesh: Mesh, folder: Folder, bar: Any
    ):
        self.block, self.mesh, self.folder = block, mesh, folder
        self.done, self.task, x = folder.read_state(task, x)
        self.x: Any = self._share(x)
        self.seconds: list[float] = []
        self.bar = bar
        self.bar.update(self.done)
        self._numbers = self._share(np.arange(x.shape[0], dtype=np.uint32))

    def advance(self) -> Block:
        """Draw a block and return it on the host, whole on every process."""
        begin = time.perf_counter()
        first = np.asarray(self.done * self.block, np.uint32)
        found = draw_block(
            self.task, first, self._numbers, self.x, draws=self.block, mesh=self.mesh
        )
        self.x = found.x
        self.done += 1
        whole = gather(found, self.mesh)
        self.seconds.append(time.perf_counter() - begin)
        self.bar.update(1)
        return whole

    def keep(self, block: Block, *, whole: bool) -> None:
        """Write where the chains are, and the block itself if `whole`."""
        self.folder.write(self.done, self.task, block if whole else None, block.x)

    def _share(self, values: np.ndarray) -> Float[Array, "..."]:
        rows = NamedSharding(self.mesh, P(AXIS))
        return jax.make_array_from_callback(values.shape, rows, lambda place: values[place])


@eqx.filter_jit
def _replicated(tree: PyTree, mesh: Mesh) -> PyTree:
    everywhere = NamedSharding(mesh, P())
    return jax.tree.map(lambda leaf: jax.lax.with_sharding_constraint(leaf, everywhere), tree)


def gather(tree: PyTree, mesh: Mesh) -> PyTree:
    """Return the arrays of all processes on the host of each, in the order of the chains."""
    if jax.process_count() > 1:
        tree = _replicated(tree, mesh)
    return jax.tree.map(lambda leaf: np.asarray(leaf) if eqx.is_array(leaf) else leaf, tree)


def progress_bar(blocks: int, shown: bool) -> Any:
    """Return a bar of blocks; only the first process shows one."""
    from tqdm import tqdm

    hidden = not (shown and is_first_process())
    return tqdm(total=blocks, disable=hidden, file=sys.stderr, unit="block", leave=False)
