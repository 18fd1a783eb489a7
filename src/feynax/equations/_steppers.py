"""Steppers by name."""

from typing import Any

from .._checks import check_choice
from ._euler import Euler
from ._separable import ADI, Exact, Implicit
from ._spectral import Cosine, Fourier
from ._stepper import AbstractStepper
from ._strang import Strang

STEPPERS: dict[str, type[AbstractStepper]] = {
    "adi": ADI,
    "cosine": Cosine,
    "euler": Euler,
    "exact": Exact,
    "fourier": Fourier,
    "implicit": Implicit,
    "strang": Strang,
}


def stepper(name: str, **options: Any) -> AbstractStepper:
    """Look a stepper up by its name.

    | name | order | takes | boundary | cost a step |
    |---|---|---|---|---|
    | `euler` | 1, limited step | every term | zero, periodic, neumann | 5 or 9 taps |
    | `implicit` | 1 | no mixed term | zero, periodic, neumann | two products |
    | `adi` | 2 | no mixed term | zero, periodic, neumann | two products |
    | `exact` | exact | no mixed term | zero, periodic, neumann | two products |
    | `strang` | 2 | every term | zero | eight products |
    | `fourier` | exact | every term | periodic | two FFTs |
    | `cosine` | exact | even terms | neumann | two DCTs |

    **Arguments:**

    - `name`: one of the names above.
    - `options`: `boundary=` where there is a choice.

    **Returns:**

    An [`feynax.equations.AbstractStepper`][].

    **Raises:**

    `ValueError` for an unknown name or boundary.

    ```python
    from feynax.equations import Exact, stepper
    assert stepper("exact", boundary="neumann") == Exact(boundary="neumann")
    ```
    """
    check_choice("stepper", name, STEPPERS)
    return STEPPERS[name](**options)
