"""Integrators of a relaxation toward a target."""

from collections.abc import Callable

from jaxtyping import Array, Float

STAGES = {"euler": 1, "exponential": 1, "heun": 2, "rk4": 4}
INTEGRATORS = {
    "euler": "forward Euler",
    "exponential": "exact flow toward the held target",
    "heun": "Heun's method",
    "rk4": "classical Runge-Kutta method",
}


def relax(
    method: str,
    target: Callable[[Float[Array, " n"]], Float[Array, " n"]],
    y: Float[Array, " n"],
    share: Float[Array, " n"],
    time: Float[Array, " n"],
) -> Float[Array, " n"]:
    r"""One step of $y' = (v(y) - y)/\tau$.

    **Arguments:**

    - `method`: a key of `STAGES`.
    - `target`: $v$.
    - `y`: the state.
    - `share`: how far each unit goes toward its target, for methods that hold the target.
    - `time`: $h/\tau$, for the others.
    """
    if method in ("euler", "exponential"):
        return y + share * (target(y) - y)

    def moved(at: Array) -> Array:
        return time * (target(at) - at)

    k1 = moved(y)
    if method == "heun":
        return y + (k1 + moved(y + k1)) / 2
    k2 = moved(y + k1 / 2)
    k3 = moved(y + k2 / 2)
    return y + (k1 + 2 * k2 + 2 * k3 + moved(y + k3)) / 6
