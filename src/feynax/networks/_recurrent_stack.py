"""Cells on cells, as PyTorch stacks them."""

from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from .._checks import check_count
from ._cells._cell import AbstractCell
from ._cells._equation import CellEquation
from ._sequence_layer import Direction, make_direction


class RecurrentStack(eqx.Module):
    r"""Layers of cells, each reading the outputs of the one below, in one direction or both.

    $y^{k+1}_l = \Phi_k(y^k_{\le l})$, or with `bidirectional` $(\Phi_k(y^k_{\le l}),
    \Psi_k(y^k_{\ge l}))$: the module `torch.nn.LSTM`, `GRU` or `RNN`, without a read-out
    ([`feynax.networks.SequenceNet`][] has one).

    **Arguments:**

    - `input_size`: numbers a step.
    - `cell`: name of a cell in `feynax.networks`; `options`: its further arguments.
    - `hidden`: outputs of each cell.
    - `layers`: how many.
    - `bidirectional`: a second cell runs from the end; its outputs stand beside the first's.
    - `key`: for the weights.

    **Raises:**

    - `ValueError` where sizes, names or options do not fit.

    Source of the layout: PyTorch 2.13, torch/nn/modules/rnn.py.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    sizes = {"cell": "GRU", "hidden": 4, "layers": 2, "bidirectional": True}
    stack = fx.networks.RecurrentStack(2, **sizes, key=jax.random.key(0))
    assert stack(jnp.ones((5, 2))).shape == (5, 8) and len(stack.equation()) == 4
    ```
    """

    layers: tuple[Direction, ...]
    input_size: int = eqx.field(static=True)
    hidden: int = eqx.field(static=True)
    cell: str = eqx.field(static=True)
    options: tuple[tuple[str, Any], ...] = eqx.field(static=True)
    bidirectional: bool = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        *,
        cell: str = "LSTM",
        hidden: int = 64,
        layers: int = 1,
        options: dict[str, Any] | None = None,
        bidirectional: bool = False,
        key: PRNGKeyArray,
    ):
        """Draw all weights."""
        for name, value in (("input_size", input_size), ("hidden", hidden), ("layers", layers)):
            check_count(name, value)
        given, made, width = dict(options or {}), [], input_size
        for part in jax.random.split(key, layers):
            made.append(make_direction(cell, width, hidden, bidirectional, 1, given, part))
            width = made[-1].size
        self.layers = tuple(made)
        self.input_size, self.hidden, self.cell = input_size, hidden, cell
        self.options, self.bidirectional = tuple(sorted(given.items())), bidirectional

    @property
    def output_size(self) -> int:
        """Numbers that a step gives."""
        return self.layers[-1].size

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        return {
            "input_size": self.input_size,
            "cell": self.cell,
            "hidden": self.hidden,
            "layers": len(self.layers),
            "options": dict(self.options),
            "bidirectional": self.bidirectional,
        }

    def cells(self) -> tuple[AbstractCell, ...]:
        """Return all cells, each layer's forward one before its backward one."""
        both = (cell for layer in self.layers for cell in (layer.forth, layer.back))
        return tuple(cell for cell in both if cell is not None)

    def equation(self) -> tuple[CellEquation, ...]:
        """Return the equation of each cell, in the order of `cells`."""
        return tuple(cell.equation() for cell in self.cells())

    def __call__(
        self,
        xs: Float[Array, "time input"],
        *,
        dts: Float[Array, " time"] | None = None,
        mask: Bool[Array, " time"] | None = None,
    ) -> Float[Array, "time output"]:
        """Read one series.

        **Arguments:**

        - `xs`: the inputs.
        - `dts`: time since the last step, for cells that declare an ODE.
        - `mask`: steps that exist.

        **Returns:**

        What the last layer gives at each step.
        """
        for layer in self.layers:
            xs = layer(xs, dts, mask)
        return xs

    def features(
        self,
        xs: Float[Array, "time input"],
        *,
        dts: Float[Array, " time"] | None = None,
        mask: Bool[Array, " time"] | None = None,
    ) -> list[Float[Array, "time width"]]:
        """Return the series that each layer sees, for readings of its cells.

        **Arguments:**

        - `xs`, `dts`, `mask`: as for the call.
        """
        seen = []
        for layer in self.layers:
            seen.append(xs)
            xs = layer(xs, dts, mask)
        return seen
