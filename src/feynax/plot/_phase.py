"""Dynamics to look at: the plane of two units, branches over a parameter, spectra along data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Complex

from .._checks import check
from ..equations import Branch, JacobianSpectrum, PhasePortrait
from ._style import FOURTH, INK, NEGATIVE, POSITIVE, THIRD, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKS = {"stable": "o", "saddle": "X", "unstable": "o", "marginal": "D"}
_NAMES = {"fold": "s", "branch": "D", "hopf": "o", "period doubling": "^", "torus": "v"}


def phase_portrait(
    portrait: PhasePortrait, *, labels: tuple[str, str] = ("unit 1", "unit 2")
) -> "Figure":
    """Draw velocities, nullclines, resting points and orbits of two units.

    **Arguments:**

    - `portrait`: from [`feynax.equations.phase_portrait`][].
    - `labels`: of the two axes.

    ```python
    import jax.numpy as jnp, feynax as fx
    turn = lambda y: jnp.stack([-y[1] - y[0], y[0]])
    portrait = fx.equations.phase_portrait(turn, (-1, 1), (-1, 1), resolution=9)
    assert len(fx.plot.phase_portrait(portrait).axes) == 1
    ```
    """
    with styled():
        figure = new_figure(4.2, 3.9)
        ax = figure.add_axes((0.14, 0.13, 0.83, 0.84))
        _arrows(ax, portrait)
        for lines, colour in zip(portrait.nullclines, (NEGATIVE, POSITIVE), strict=True):
            for line in lines:
                ax.plot(*line.T, color=colour)
        for orbit in portrait.orbits:
            style: dict[str, Any] = {"linewidth": 0.9} if portrait.kind == "field" else {"ls": ""}
            ax.plot(*orbit.T, color=THIRD, marker="." if "ls" in style else "", ms=2, **style)
        for point, kind in zip(portrait.rest.points, portrait.rest.stability, strict=True):
            face = INK if kind == "stable" else "white"
            ax.plot(*point, _MARKS[kind], color=INK, markerfacecolor=face, markersize=5.5)
        ax.set_xlim(portrait.x[0], portrait.x[-1])
        ax.set_ylim(portrait.y[0], portrait.y[-1])
        ax.set_xlabel(labels[0])
        ax.set_ylabel(labels[1])
    return figure


def _arrows(ax: Any, portrait: PhasePortrait) -> None:
    """Directions on a coarser grid; their lengths say nothing, so that all can be seen."""
    thin = max(1, len(portrait.x) // 16)
    x, y = np.meshgrid(portrait.x[::thin], portrait.y[::thin])
    moves = portrait.motion[::thin, ::thin]
    size = np.linalg.norm(moves, axis=-1, keepdims=True)
    moves = moves / np.where(size > 0, size, 1.0)
    ax.quiver(x, y, moves[..., 0], moves[..., 1], color=INK, alpha=0.25, scale=26, width=0.003)


def bifurcation_diagram(
    branches: Sequence[Branch], *, unit: int = 0, labels: tuple[str, str] = ("parameter", "state")
) -> "Figure":
    """Draw branches of resting points over the parameter: stable ones whole, others dashed.

    **Arguments:**

    - `branches`: from [`feynax.equations.bifurcation_diagram`][] or one of
      [`feynax.equations.continuation`][].
    - `unit`: which component of the state is drawn.
    - `labels`: of the two axes.

    ```python
    import feynax as fx
    branch = fx.equations.continuation(lambda y, p: p + y**2, [-1.0], (-1.0, 1.0), kind="field")
    assert len(fx.plot.bifurcation_diagram([branch]).axes) == 1
    ```
    """
    check(len(branches) > 0, "branches", "hold at least one branch", "none")
    with styled():
        figure = new_figure(5.2, 3.2)
        ax = figure.add_axes((0.12, 0.15, 0.85, 0.82))
        for branch in branches:
            values = branch.states[:, unit]
            for solid in (True, False):
                shown = _runs(values, branch.stable == solid)
                ax.plot(branch.parameters, shown, "-" if solid else "--", color=NEGATIVE)
        _events(ax, branches, unit)
        ax.set_xlabel(labels[0])
        ax.set_ylabel(labels[1])
    return figure


def _runs(values: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Values where they are shown, and one more at each end, so that runs meet."""
    wide = shown.copy()
    wide[:-1] |= shown[1:]
    return np.where(wide, values, np.nan)


def _events(ax: Any, branches: Sequence[Branch], unit: int) -> None:
    """Mark the bifurcations, each name once in the legend."""
    named: set[str] = set()
    for event in (event for branch in branches for event in branch.bifurcations):
        label = None if event.name in named else event.name
        named.add(event.name)
        place = event.parameter, event.state[unit]
        ax.plot(*place, _NAMES[event.name], color=POSITIVE, markersize=5, label=label)
    if named:
        ax.legend(frameon=False, fontsize=8)


def jacobian_spectrum(spectrum: JacobianSpectrum) -> "Figure":
    """Draw the eigenvalues along data, and the longest memory time at each point.

    **Arguments:**

    - `spectrum`: from [`feynax.equations.jacobian_spectrum`][].

    ```python
    import jax.numpy as jnp, feynax as fx
    spectrum = fx.equations.jacobian_spectrum(lambda y: 0.5 * jnp.tanh(y), jnp.ones((4, 2)))
    assert len(fx.plot.jacobian_spectrum(spectrum).axes) == 2
    ```
    """
    with styled():
        figure = new_figure(6.4, 2.9)
        left = figure.add_axes((0.09, 0.16, 0.38, 0.8))
        right = figure.add_axes((0.6, 0.16, 0.37, 0.8))
        values = spectrum.eigenvalues.ravel()
        left.plot(np.real(values), np.imag(values), ".", color=NEGATIVE, markersize=2.5, alpha=0.6)
        _border(left, spectrum.kind)
        left.set_aspect("equal", adjustable="datalim")
        left.set_xlabel("real part")
        left.set_ylabel("imaginary part")
        longest = spectrum.memory_times.max(1)
        steps = np.arange(len(longest))
        right.plot(steps, np.where(np.isfinite(longest), longest, np.nan), color=NEGATIVE)
        right.plot(
            steps[~np.isfinite(longest)],
            np.ones(np.sum(~np.isfinite(longest))),
            "|",
            color=FOURTH,
            transform=right.get_xaxis_transform(),
        )
        right.set_xlabel("point")
        right.set_ylabel("longest memory")
    return figure


def eigenvalues(values: Complex[np.ndarray, " count"]) -> "Figure":
    """Draw the eigenvalues of a field's matrix.

    **Arguments:**

    - `values`: complex numbers, in units of 1/time.

    ```python
    import numpy as np, feynax as fx
    assert len(fx.plot.eigenvalues(np.array([1j, -1j])).axes) == 1
    ```
    """
    with styled():
        figure = new_figure(4.2, 3.6)
        ax = figure.add_axes((0.16, 0.15, 0.8, 0.81))
        ax.plot(np.real(values), np.imag(values), "o", color=NEGATIVE, markersize=5)
        _border(ax, "field")
        ax.margins(0.2)
        ax.set_xlabel("real part: growth")
        ax.set_ylabel("imaginary part: turning")
    return figure


def _border(ax: Any, kind: str) -> None:
    """Where growth begins: the unit circle of a map, the imaginary axis of a field."""
    if kind == "field":
        ax.axvline(0, color=INK, linewidth=0.6, alpha=0.5)
        return
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(angle), np.sin(angle), color=INK, linewidth=0.6, alpha=0.5)
