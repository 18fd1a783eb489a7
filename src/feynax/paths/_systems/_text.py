"""A potential written as a formula."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..._checks import check, check_count
from ..._errors import FormulaError
from .._potential import AbstractPotential, Energies, Places
from ._expression import evaluate, leading, parity
from ._formula import CONSTANTS, FUNCTIONS, RADIUS, Node, leaves, parse, place


class Potential(AbstractPotential):
    r"""A potential written as a formula, such as `"x**2/2 + x**4"`.

    - Places: `x`, `y`, `z`, or `x1`, `x2`, ...; `r` is the root of the sum of their squares.
    - Numbers, `pi`, `e`, and parameters of your own; `+ - * / **` and brackets.
    - `exp log sqrt sin cos tan sinh cosh tanh sech abs`.

    The text is never run: it is read into a tree of these operations, and anything else is
    refused with its place in the text. Whole powers are products, so that `x**4` costs two.

    **Arguments:**

    - `text`: the formula, in units of energy; at most 1000 characters.
    - `dof`: degrees of freedom; by default as many as the formula names.
    - `parameters`: numbers by their names in the formula. Other values do not compile again.

    **Raises:**

    - `FormulaError` where the text is no such formula; its `column` says where.

    ```python
    import numpy as np, feynax as fx
    V = fx.paths.Potential("k*x**2/2 + g*x**4", k=1.0, g=2.0)
    assert V(np.array([[1.0]]))[0] == 2.5
    ```
    """

    parameters: dict[str, Float[Array | np.ndarray, ""]]
    text: str = eqx.field(static=True)
    tree: Node = eqx.field(static=True)
    dof: int = eqx.field(static=True)

    def __init__(self, text: str, dof: int | None = None, **parameters: Any):
        check(isinstance(text, str), "text", "be a formula", repr(text))
        for name, value in parameters.items():
            _check_parameter(name, value)
        self.text = text.strip()
        self.tree = parse(self.text, parameters)
        self.parameters = {name: _leaf(value) for name, value in parameters.items()}
        self.dof = _count_dof(self.tree, dof)
        _check_used(self.tree, parameters)

    def __call__(self, x: Places) -> Energies:
        # Arrays of the host stay there: nothing is compiled to look at a potential.
        numpy: Any = np if isinstance(x, np.ndarray) else jnp
        value = evaluate(self.tree, x, self.parameters, numpy)
        return numpy.broadcast_to(numpy.asarray(value, x.dtype), x.shape[1:])

    def parity(self, places: tuple[int, ...]) -> int | None:
        """Return 1 where V is even in places turned over together, -1 where odd.

        `None` where the structure of the formula does not say.

        - `places`: degrees of freedom, counted from 0.
        """
        return parity(self.tree, frozenset(places) if len(places) < self.dof else None)

    def leading(self, sign: float) -> tuple[int, float] | None:
        """Return the power and coefficient with which V grows as x goes to plus or minus infinity.

        `None` where V is not a polynomial of one degree of freedom.

        - `sign`: 1 or -1, the side.
        """
        return leading(self.tree, sign, self.parameters) if self.dof == 1 else None


def _check_parameter(name: str, value: Any) -> None:
    reserved = place(name) is not None or name in (*FUNCTIONS, *CONSTANTS, RADIUS)
    check(not reserved, name, "not be the name of a place, a function or a constant", name)
    check(np.shape(value) == (), name, "be one number", f"shape {np.shape(value)}")
    if isinstance(value, int | float | np.number | np.ndarray):
        check(bool(np.isfinite(value)), name, "be finite", value)


def _leaf(value: Any) -> Any:
    """A number of the host, or an array of JAX as it is, so that it can be traced."""
    return np.float64(value) if isinstance(value, int | float | np.number) else value


def _check_used(tree: Node, parameters: Mapping[str, Any]) -> None:
    used = {node[1] for node in leaves(tree) if node[0] == "parameter"}
    for name in parameters:
        check(name in used, name, "stand in the formula", f"no place in it; it uses {sorted(used)}")


def _count_dof(tree: Node, dof: int | None) -> int:
    indices = {node[1] for node in leaves(tree) if node[0] == "place"}
    radius = any(node == ("radius",) for node in leaves(tree))
    named = max(indices, default=-1) + 1
    if dof is None:
        if radius and named < 1:
            must = "come with `dof` where only the radius r is named"
            raise FormulaError(f"Argument `potential` must {must}, but has none.", column=0)
        return max(named, 1)
    check_count("dof", dof)
    check(named <= dof, "dof", f"be at least {named}, as many as the formula names", dof)
    return dof
