"""Layers of sequence networks: a cell in one direction or both, alone or in a residual block."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from .._checks import check
from ._cells._cell import AbstractCell
from ._cells._sequence import run
from ._layers import Linear

Series = Float[Array, "time width"]


def make_cell(
    name: str, input_size: int, hidden: int, options: dict[str, Any], key: PRNGKeyArray
) -> AbstractCell:
    """Make the cell of that name; what it does not take is said in one sentence."""
    from .. import networks

    kind: Any = getattr(networks, name, None)
    known = isinstance(kind, type) and issubclass(kind, AbstractCell)
    check(known and not name.startswith("Abstract"), "cell", "name a cell of feynax.networks", name)
    make: Any = kind
    try:
        return make(input_size, hidden, **options, key=key)
    except TypeError as err:
        check(False, "options", f"be arguments of {name}", f"{options} ({err})")
        raise


class Direction(eqx.Module):
    """A cell along a series, forth, or forth and back, outputs side by side."""

    forth: AbstractCell
    back: AbstractCell | None
    every: int = eqx.field(static=True)

    @property
    def size(self) -> int:
        """Numbers that a step gives."""
        return self.forth.hidden_size * (1 if self.back is None else 2)

    def __call__(
        self,
        xs: Series,
        dts: Float[Array, " time"] | None = None,
        mask: Bool[Array, " time"] | None = None,
    ) -> Series:
        """Run along one series; give the outputs of every so many steps."""
        ahead = run(self.forth, xs, dts=dts, mask=mask, every=self.every).outputs
        if self.back is None:
            return ahead
        # Backwards the padding comes first: the state waits until the series begins.
        turned = [None if a is None else a[::-1] for a in (_before(dts), mask)]
        behind = run(self.back, xs[::-1], dts=turned[0], mask=turned[1], every=self.every).outputs
        return jnp.concatenate([ahead, behind[::-1]], axis=1)

    def thin(self, dts: Any, mask: Any) -> tuple[Any, Any]:
        """Return the times between the steps that are left, and which of those exist."""
        if self.every == 1:
            return dts, mask
        parts = [None if a is None else a.reshape(-1, self.every) for a in (dts, mask)]
        return (
            None if parts[0] is None else parts[0].sum(axis=1),
            None if parts[1] is None else parts[1].any(axis=1),
        )


def make_direction(
    name: str,
    input_size: int,
    hidden: int,
    bidirectional: bool,
    every: int,
    options: dict[str, Any],
    key: PRNGKeyArray,
) -> Direction:
    """Make a cell, and with `bidirectional` a second one."""
    first, second = jax.random.split(key)
    forth = make_cell(name, input_size, hidden, options, first)
    back = make_cell(name, input_size, hidden, options, second) if bidirectional else None
    return Direction(forth, back, every)


class Block(eqx.Module):
    r"""Norm, recurrence, gate, skip: $x + a \odot \sigma(b)$ with $(a, b) = W\,\mathrm{gelu}(y)$.

    $y$ is what the cell gives for the normed series $u$, plus $d \odot u$ where the sizes agree:
    the feed-through of linear state-space layers.
    """

    scale: Float[Array, " width"] | None
    cell: Direction
    through: Float[Array, " width"] | None
    gate: Linear | None

    def recur(self, xs: Series, dts: Any = None, mask: Any = None) -> Float[Array, "time cell"]:
        """Return what the recurrence gives at each step."""
        seen = self.sees(xs)
        ys = self.cell(seen, dts, mask)
        return ys if self.through is None else ys + self.through[None] * self.stay(seen)

    def stay(self, xs: Series) -> Series:
        """Return the steps at which the recurrence gives something."""
        return xs[self.cell.every - 1 :: self.cell.every]

    def sees(self, xs: Series) -> Series:
        """Return what the cell sees of what comes in."""
        return xs if self.scale is None else self.scale[None] * normed(xs)

    def close(self, xs: Series, ys: Float[Array, "time cell"], drop: Any) -> Series:
        """Add what the gate lets through of the recurrence to what came in."""
        ys = drop(jax.nn.gelu(ys))
        if self.gate is None:
            return xs + ys
        value, gate = jnp.split(jax.vmap(self.gate)(ys), 2, axis=1)
        return xs + drop(value * jax.nn.sigmoid(gate))


def make_block(
    cell: Direction, width: int, norm: bool, gate: str | None, key: PRNGKeyArray
) -> Block:
    """Make a block around a cell; its weights start at those of the plain recurrence."""
    fits = gate is not None or cell.size == width
    check(fits, "gate", f'be "glu": the cell gives {cell.size} numbers, not {width}', gate)
    plan = Linear(cell.size, 2 * width, key=key) if gate else None
    through = jnp.ones(width) if cell.size == width else None
    return Block(jnp.ones(width) if norm else None, cell, through, plan)


def normed(xs: Series) -> Series:
    """Divide each step by its root mean square."""
    tiny = jnp.asarray(1e-6, xs.dtype)
    return xs * jax.lax.rsqrt((xs * xs).mean(axis=1, keepdims=True) + tiny)


def _before(dts: Any) -> Any:
    """Times since the step that comes before in reverse order."""
    return None if dts is None else jnp.concatenate([dts[1:], dts[:1]])
