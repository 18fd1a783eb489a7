"""Which steps of which methods keep two states from moving apart."""

import math

import numpy as np

from .. import plot
from .._words import number
from ..equations import (
    FieldBound,
    Tableau,
    algebraic_certificate,
    circle_certificate,
    circle_radius,
    rate_certificate,
    stability_function,
    tableau,
)
from ._answer import Answer, Figure


def stability_answer(method: str, *, step: float, contraction: float, turning: float) -> Answer:
    r"""Say what is proven of a method's step on fields of a given contraction and steepness.

    The fields have $\langle\delta f, \delta y\rangle \le -c|\delta y|^2$ and $|\delta f| \le
    L|\delta y|$ with $L^2 = c^2 + \omega^2$: the linear one that is marked is
    $\lambda = -c \pm i\omega$.

    **Arguments:**

    - `method`: a key of `feynax.equations.TABLEAUX`.
    - `step`: h.
    - `contraction`: c; below zero fields may pull states apart.
    - `turning`: $\omega$.

    ```python
    from feynax.app import stability_answer
    answer = stability_answer("implicit_euler", step=1.0, contraction=1.0, turning=0.0)
    assert answer.numbers["at this step"].startswith("certified")
    ```
    """
    chosen = tableau(method)
    field = _field(contraction, turning)
    values = step * np.array([-contraction + 1j * turning, -contraction - 1j * turning])
    growth = float(abs(stability_function(chosen, values[0])))
    circle = circle_certificate(chosen, field, step)
    anywhere = algebraic_certificate(chosen, field)
    numbers = {
        "order": str(chosen.order),
        "factor of the marked equation": number(growth),
        "radius of the circle": number(circle_radius(chosen)).replace("none", "infinite"),
        "longest step of the circle": _longest(chosen, field),
        "at this step": circle.verdict.value,
        "at any step": anywhere.verdict.value,
    }
    caption = (
        "The shade is where a linear equation does not grow; dots are hλ of the marked one. "
        "Broken is the circle on which nonlinear fields may not grow either: the whole left half "
        "where it is a line."
    )
    picture = Figure.of(plot.stability_region(chosen, values), caption, "region")
    because = (f"This step: {circle.because}.", f"Any step: {anywhere.because}.")
    return Answer(_headline(bool(circle or anywhere), growth), numbers, (picture,), because)


def proof_answer(method: str, *, step: float, contraction: float, turning: float) -> Answer:
    """Search for the smallest factor that is proven for all fields of these constants: seconds.

    **Arguments:**

    - `method`, `step`, `contraction`, `turning`: as in [`feynax.app.stability_answer`][].

    ```python
    from feynax.app import proof_answer
    found = proof_answer("implicit_euler", step=1.0, contraction=1.0, turning=0.0)
    assert found.numbers["proven factor"] == "0.500000"
    ```
    """
    found = rate_certificate(tableau(method), _field(contraction, turning), step)
    if found.rate is None or math.isinf(found.rate):
        return Answer("No factor was found that could be proven.")
    numbers = {"proven factor": number(found.rate, 6)}
    return Answer("Proven for all such fields, by multipliers.", numbers, notes=(found.claim,))


def _field(contraction: float, turning: float) -> FieldBound:
    return FieldBound(-contraction, math.hypot(contraction, turning), because="as the sliders say")


def _headline(proven: bool, growth: float) -> str:
    if proven:
        return "Proven: this step brings no two states further apart."
    if growth > 1 + 1e-12:
        return "This step lets two states move apart: the marked equation shows it."
    return "The marked equation does not grow; the circle proves nothing for other such fields."


def _longest(chosen: Tableau, field: FieldBound) -> str:
    """2r/mu, the step up to which the circle holds."""
    steep, radius = field.cocoercivity, circle_radius(chosen)
    if steep is None or math.isinf(steep) or radius == 0:
        return "none"
    return "any" if math.isinf(radius) or steep == 0 else number(2 * radius / steep)
