"""Levels of a centre as a ladder, with the wave functions that belong to them."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from .._checks import check, check_count
from ..quantum import QuadraticHamiltonian
from ._style import INK, NEGATIVE, POSITIVE, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS = 240


def levels(
    hamiltonian: QuadraticHamiltonian,
    count: int = 6,
    *,
    representation: Literal["y1", "y2"] = "y1",
) -> "Figure":
    r"""Draw the first levels of one degree of freedom with their wave functions.

    Each curve is the real part of $\psi_n$ (dark) and its size (light), standing on its level; the
    parabola is the energy that is left where the other neuron is at its best.

    **Arguments:**

    - `hamiltonian`: of class "elliptic".
    - `count`: how many levels.
    - `representation`: of which neuron the functions are.

    **Raises:**

    - [`feynax.ContinuousSpectrumError`][] where there are no levels.

    ```python
    import feynax as fx
    turn = fx.equations.AffineField([[0.0, 1.0], [-1.0, 0.0]], [0.0, 0.0])
    assert len(fx.plot.levels(fx.quantize(turn), 3).axes) == 1
    ```
    """
    check_count("count", count)
    check(hamiltonian.modes == 1, "hamiltonian", "have one degree of freedom", hamiltonian.modes)
    energies = hamiltonian.levels(count)
    axis = 0 if representation == "y1" else 1
    centre = hamiltonian.one.centre()[axis]
    ground = hamiltonian.covariance(0)[axis, axis]
    reach = np.sqrt(ground) * (2.2 + 1.6 * np.sqrt(count))
    y = np.linspace(centre - reach, centre + reach, _POINTS)
    step = hamiltonian.hbar * hamiltonian.one.rate * hamiltonian.one.sign
    with styled():
        figure = new_figure(4.6, 4.0)
        ax = figure.add_axes((0.15, 0.13, 0.7, 0.84))
        ladder = hamiltonian.one.centre_energy() + step * (y - centre) ** 2 / (4 * ground)
        ax.plot(y, ladder, color=INK, alpha=0.35, linewidth=0.9)
        for n, energy in enumerate(energies):
            psi = hamiltonian.eigenfunction(n, representation=representation)(y)
            tall = 0.42 * abs(step) / np.max(np.abs(psi))
            ax.axhline(energy, color=INK, linewidth=0.4, alpha=0.4)
            ax.fill_between(y, energy, energy + tall * np.abs(psi), color=NEGATIVE, alpha=0.18)
            ax.plot(y, energy + tall * np.real(psi), color=POSITIVE if n % 2 else NEGATIVE)
            ax.annotate(
                f"{energy:.4g}",
                (1.02, energy),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8,
            )
        span = abs(step)
        ax.set_ylim(min(energies[0], energies[-1]) - span, max(energies[0], energies[-1]) + span)
        ax.set_xlim(y[0], y[-1])
        ax.set_xlabel(f"neuron {axis + 1}")
        ax.set_ylabel("energy")
    return figure
