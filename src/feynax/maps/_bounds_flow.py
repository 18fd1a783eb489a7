"""Fields that flow, and the solvers that follow them: how far two solutions can part."""

import functools
from typing import Any

import numpy as np

from ..equations import TABLEAUX, FieldBound, Tableau
from ..networks import MLPField, NeuralODE
from ._bounds import LayerBound, bounds
from ._slopes import SLOPES


@functools.singledispatch
def field_bound(field: Any) -> FieldBound:
    r"""Bound how fast a field parts two solutions at most, and how steep it is.

    Of $f = W_2\,\sigma(W_1\psi + wt + b_1) + b_2$ with slopes of $\sigma$ between
    $\bar s - r$ and $\bar s + r$: its Jacobian is $\bar s\,W_2W_1$ and something of norm
    $r\,|W_2||W_1|$ at most, so that $\nu \le \bar s\,\lambda_{\max}(\mathrm{sym}\,W_2W_1)
    + r\,|W_2||W_1|$ and $L \le \bar s\,|W_2W_1| + r\,|W_2||W_1|$.

    Open for registration: `@fx.maps.field_bound.register` on a function for your class;
    [`feynax.certify`][] makes of it a bound of the [`feynax.networks.NeuralODE`][] around it.

    **Arguments:**

    - `field`: a function of time and state.

    **Returns:**

    A [`feynax.equations.FieldBound`][], for every time, in 2-norms.

    **Raises:**

    - `TypeError` for classes without a rule.

    ```python
    import jax, feynax as fx
    field = fx.networks.MLPField(2, 3, activation="identity", key=jax.random.key(0))
    assert fx.maps.field_bound(field).nu <= fx.maps.field_bound(field).lipschitz
    ```
    """
    raise TypeError(
        f"nothing is known of the field, {type(field).__name__}: register a rule with "
        "`feynax.maps.field_bound.register`."
    )


@field_bound.register
def _(field: MLPField) -> FieldBound:
    outward, inward = (np.asarray(m, np.float64) for m in (field.outward, field.inward))
    low, high = SLOPES[field.activation]
    middle = (low + high) / 2 * outward @ inward
    spread = (high - low) / 2 * float(np.linalg.norm(outward, 2) * np.linalg.norm(inward, 2))
    nu = float(np.linalg.eigvalsh((middle + middle.T) / 2)[-1]) + spread
    steep = float(np.linalg.norm(middle, 2)) + spread
    because = f"the middle slope of {field.activation}, and how far its slopes lie from it"
    return FieldBound(nu, max(steep, -nu), because=because)


@bounds.register
def _(net: NeuralODE) -> list[LayerBound]:
    if net.tolerance is not None:
        raise TypeError("its steps are chosen while it runs, and no bound holds for all choices.")
    if net.adjoint == "reversible":
        raise TypeError("there is no rule for the pair of states of the reversible scheme.")
    found = field_bound(net.field)
    h = (net.t1 - net.t0) / net.steps
    factor = step_factor(TABLEAUX[net.method], h, found)
    because = f"over a time of {h:.4g} two solutions part at a rate of {found.nu:.4g} at most"
    return [LayerBound(f"{net.method} step", factor, because, net.steps)]


def step_factor(tableau: Tableau, h: float, field: FieldBound) -> float:
    r"""Bound how far one explicit step parts two states.

    Its first order is $1 + h\sum b_iJ_i$, whose norm is at most
    $\sqrt{1 + 2\operatorname{sym} + (\sum|b_i|\,hL)^2}$; products of more than one Jacobian are
    bounded one by one.
    """
    size, weights = abs(h), tableau.weights
    steep, total = size * field.lipschitz, float(np.abs(weights).sum())
    # Backwards in time, and at negative weights, the field's other side counts: at most L.
    along = field.nu if h > 0 else field.lipschitz
    sides = np.where(weights > 0, weights * along, np.abs(weights) * field.lipschitz)
    first = np.sqrt(max(1 + 2 * size * float(sides.sum()) + (steep * total) ** 2, 0.0))
    stages: list[float] = []
    for row in np.abs(tableau.matrix):
        stages.append(1 + steep * float(row[: len(stages)] @ np.array(stages)))
    products = steep * float(np.abs(weights) @ (np.array(stages) - 1))
    return float(first) + products
