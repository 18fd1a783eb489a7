"""All Runge-Kutta methods that the library names."""

from fractions import Fraction

from ..._checks import check, check_choice
from ..._citation import cites
from ._surd import Surd
from ._tableau import Tableau, build

TABLEAUX: dict[str, Tableau] = {
    found.name: found
    for found in (
        build("euler", 1, "1", "0"),
        build("midpoint", 2, "0 1", "0", "1/2"),
        build("heun", 2, "1/2 1/2", "0", "1"),
        build("ralston", 2, "1/4 3/4", "0", "2/3"),
        build("ssprk3", 3, "1/6 1/6 2/3", "0", "1", "1/4 1/4"),
        build("rk4", 4, "1/6 1/3 1/3 1/6", "0", "1/2", "0 1/2", "0 0 1"),
        build("rk4_38", 4, "1/8 3/8 3/8 1/8", "0", "1/3", "-1/3 1", "1 -1 1"),
        build(
            "dopri5",
            5,
            "35/384 0 500/1113 125/192 -2187/6784 11/84",
            "0",
            "1/5",
            "3/40 9/40",
            "44/45 -56/15 32/9",
            "19372/6561 -25360/2187 64448/6561 -212/729",
            "9017/3168 -355/33 46732/5247 49/176 -5103/18656",
        ),
        build("implicit_euler", 1, "1", "1"),
        build("implicit_midpoint", 2, "1", "1/2"),
        build("trapezoid", 2, "1/2 1/2", "0 0", "1/2 1/2"),
        build("gauss_2", 4, "1/2 1/2", "1/4 1/4-1/6r3", "1/4+1/6r3 1/4"),
        build(
            "gauss_3",
            6,
            "5/18 4/9 5/18",
            "5/36 2/9-1/15r15 5/36-1/30r15",
            "5/36+1/24r15 2/9 5/36-1/24r15",
            "5/36+1/30r15 2/9+1/15r15 5/36",
        ),
        build("radau_ia_2", 3, "1/4 3/4", "1/4 -1/4", "1/4 5/12"),
        build("radau_iia_2", 3, "3/4 1/4", "5/12 -1/12", "3/4 1/4"),
        build(
            "radau_iia_3",
            5,
            "4/9-1/36r6 4/9+1/36r6 1/9",
            "11/45-7/360r6 37/225-169/1800r6 -2/225+1/75r6",
            "37/225+169/1800r6 11/45+7/360r6 -2/225-1/75r6",
            "4/9-1/36r6 4/9+1/36r6 1/9",
        ),
        build("lobatto_iiia_3", 4, "1/6 2/3 1/6", "0 0 0", "5/24 1/3 -1/24", "1/6 2/3 1/6"),
        build("lobatto_iiib_2", 2, "1/2 1/2", "1/2 0", "1/2 0"),
        build("lobatto_iiib_3", 4, "1/6 2/3 1/6", "1/6 -1/6 0", "1/6 1/3 0", "1/6 5/6 0"),
        build("lobatto_iiic_2", 2, "1/2 1/2", "1/2 -1/2", "1/2 1/2"),
        build("lobatto_iiic_3", 4, "1/6 2/3 1/6", "1/6 -1/3 1/6", "1/6 5/12 -1/12", "1/6 2/3 1/6"),
        build("sdirk_crouzeix", 3, "1/2 1/2", "1/2+1/6r3", "-1/3r3 1/2+1/6r3"),
        build("sdirk_midpoints", 2, "1/2 1/2", "1/4", "1/2 1/4"),
        build("sdirk_stiff", 2, "1/2r2 1-1/2r2", "1-1/2r2", "1/2r2 1-1/2r2"),
        build("sdirk_burrage", 2, "1/2 1/2", "1/5", "3/5 1/5"),
    )
}


@cites("burrage1979", "hairer1996")
def tableau(name: str) -> Tableau:
    """Return a Runge-Kutta method by name.

    **Arguments:**

    - `name`: a key of `feynax.equations.TABLEAUX`.

    **Raises:**

    - `ValueError` for an unknown name, with the names there are.

    ```python
    import feynax as fx
    assert fx.equations.tableau("rk4").order == 4
    ```

    Source: E. Hairer and G. Wanner, Solving ODEs II, IV.5 and IV.6.
    """
    check_choice("name", name, TABLEAUX)
    return TABLEAUX[name]


def theta_method(theta: Fraction | str | int) -> Tableau:
    r"""Return the one-stage method $k = f(y + h\theta k)$, $y_+ = y + hk$.

    Algebraically stable from $\theta = 1/2$ on.

    **Arguments:**

    - `theta`: a fraction, as in `Fraction(3, 5)` or `"3/5"`.

    ```python
    import feynax as fx
    assert not fx.equations.algebraic_certificate(fx.equations.theta_method("2/5"))
    ```

    Source: n-t-ODERNN document, Theorem 1; the limit is of the corrected tensor.
    """
    check(isinstance(theta, Fraction | str | int), "theta", "be a fraction", repr(theta))
    value = Surd(Fraction(theta))
    order = 2 if value == Fraction(1, 2) else 1
    return Tableau(f"theta {theta}", ((value,),), (Surd(Fraction(1)),), order)
