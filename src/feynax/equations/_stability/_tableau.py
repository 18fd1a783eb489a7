"""The coefficients of a Runge-Kutta method: exact numbers, or dense blocks."""

import dataclasses
import functools
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from ..._checks import check
from ._surd import Surd, parse


@dataclasses.dataclass(frozen=True)
class Tableau:
    r"""Exact coefficients of a Runge-Kutta method with scalar weights.

    $$k_i = f(y + h \sum_j a_{ij} k_j), \qquad y_+ = y + h \sum_i b_i k_i$$

    **Fields:**

    - `name`.
    - `a`: rows of exact numbers ([`feynax.equations.Surd`][]).
    - `b`: the weights.
    - `order`: of accuracy.

    ```python
    import feynax as fx
    gauss = fx.equations.tableau("gauss_2")
    assert str(gauss.a[0][1]) == "1/4 - 1/6 sqrt(3)" and not gauss.is_explicit
    ```
    """

    name: str
    a: tuple[tuple[Surd, ...], ...]
    b: tuple[Surd, ...]
    order: int

    def __post_init__(self):
        sizes = {len(row) for row in self.a} | {len(self.a)}
        check(sizes == {len(self.b)}, "a", f"be {len(self.b)} rows as long as `b`", sizes)

    @property
    def stages(self) -> int:
        """How many slopes a step takes."""
        return len(self.b)

    @property
    def c(self) -> tuple[Surd, ...]:
        """The nodes: sums of the rows of `a`."""
        return tuple(sum(row, Surd(Fraction(0))) for row in self.a)

    @property
    def is_explicit(self) -> bool:
        """Whether each stage reads only earlier ones."""
        return not any(float(x) for i, row in enumerate(self.a) for x in row[i:])

    @functools.cached_property
    def matrix(self) -> Float[np.ndarray, "stages stages"]:
        """`a` in float64."""
        return np.array([[float(x) for x in row] for row in self.a])

    @functools.cached_property
    def weights(self) -> Float[np.ndarray, " stages"]:
        """`b` in float64."""
        return np.array([float(x) for x in self.b])

    @functools.cached_property
    def nodes(self) -> Float[np.ndarray, " stages"]:
        """`c` in float64."""
        return np.array([float(x) for x in self.c])

    def __str__(self) -> str:
        rows = [[str(c), "|", *map(str, row)] for c, row in zip(self.c, self.a, strict=True)]
        rows.append(["", "|", *map(str, self.b)])
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = [
            "  ".join(x.rjust(w) for x, w in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return "\n".join([f"{self.name} (order {self.order})", *lines])


@dataclasses.dataclass(frozen=True)
class BlockTableau:
    r"""Coefficients of a Runge-Kutta method that are matrices.

    $$z_i = y + h\sum_j \alpha_{ij} k_j, \qquad y_+ = y + h\sum_i \beta_i k_i$$

    **Fields:**

    - `alpha`: (stages, stages, state, slope); a stage's row of blocks.
    - `beta`: (stages, state, slope).

    ```python
    import numpy as np, feynax as fx
    blocks = fx.equations.BlockTableau(np.eye(2)[None, None] / 2, np.eye(2)[None])
    assert fx.equations.burrage_butcher(blocks).shape == (2, 2)
    ```

    Source: n-t-ODERNN document, Definition 1, with the shapes of its products.
    """

    alpha: Float[np.ndarray, "stages stages state slope"]
    beta: Float[np.ndarray, "stages state slope"]

    def __post_init__(self):
        shape = np.shape(self.beta)
        check(len(shape) == 3, "beta", "have shape (stages, state, slope)", f"shape {shape}")
        wanted = (shape[0], *shape)
        has = np.shape(self.alpha)
        check(has == wanted, "alpha", f"have shape {wanted}", f"shape {has}")


def build(name: str, order: int, weights: str, *rows: str) -> Tableau:
    """Read a tableau from text; rows shorter than the weights are filled with zeros."""
    b = tuple(parse(entry) for entry in weights.split())
    zero = Surd(Fraction(0))
    a = [[parse(entry) for entry in row.split()] for row in rows]
    return Tableau(name, tuple(tuple(row + [zero] * (len(b) - len(row))) for row in a), b, order)
