"""The plane of two ReLU units: regimes, the lines between them, and a Hamiltonian's contours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from .._checks import check
from ..equations import Region, ReLUField
from ..quantum import QuadraticHamiltonian
from ._style import FOURTH, INK, NEGATIVE, POSITIVE, THIRD, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GRID = 120  # points a side, for contours and for finding the regimes
_ARROWS = 15
_TINTS = (NEGATIVE, POSITIVE, THIRD, FOURTH)


def regimes(
    field: ReLUField,
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    hamiltonian: QuadraticHamiltonian | None = None,
    orbits: Sequence[Float[np.ndarray, "steps 2"]] = (),
    points: Sequence[tuple[Float[np.ndarray, " 2"], bool]] = (),
    labels: tuple[str, str] = ("neuron 1", "neuron 2"),
) -> "Figure":
    """Draw what a ReLU network of two neurons does in each of its regimes.

    Tints are the regimes, named by which units are on; lines are where units switch; arrows show
    directions. Contours of a Hamiltonian are whole in its own regime and dotted outside, where the
    network no longer follows it.

    **Arguments:**

    - `field`: with a state of two components.
    - `x`, `y`: ranges of the two.
    - `hamiltonian`: whose contours are drawn.
    - `orbits`: trajectories (steps, 2).
    - `points`: fixed points of regimes, each with whether it lies in its own regime: those are
      drawn full, the others hollow, since the network has none there.
    - `labels`: of the two axes.

    ```python
    import feynax as fx
    field = fx.equations.ReLUField.ctrnn([[1.5, -1.0], [1.0, 0.5]])
    figure = fx.plot.regimes(field, (-2, 2), (-2, 2), hamiltonian=fx.quantize(field))
    assert len(figure.axes) == 1
    ```
    """
    check(field.size == 2, "field", "have a state of two components", field.size)
    with styled():
        figure = new_figure(4.6, 4.3)
        ax = figure.add_axes((0.13, 0.12, 0.84, 0.85))
        mesh = np.stack(np.meshgrid(np.linspace(*x, _GRID), np.linspace(*y, _GRID)), -1)
        _tints(ax, field, mesh)
        _directions(ax, field, x, y)
        if hamiltonian is not None:
            _contours(ax, hamiltonian, mesh)
        for orbit in orbits:
            ax.plot(*orbit.T, color=THIRD)
            ax.plot(*orbit[0], "o", color=THIRD, markerfacecolor="white", markersize=5)
        for point, own in points:
            face = INK if own else "white"
            ax.plot(*point, "o", color=INK, markerfacecolor=face, markersize=5.5, clip_on=True)
        ax.set_xlim(*x)
        ax.set_ylim(*y)
        ax.set_xlabel(labels[0])
        ax.set_ylabel(labels[1])
    return figure


def _tints(ax: "Axes", field: ReLUField, mesh: np.ndarray) -> None:
    """One tint a regime with its name, and the lines where units switch."""
    inner, shift = np.asarray(field.inner, np.float64), np.asarray(field.shift, np.float64)
    corners = np.ix_([0, -1], [0, -1])  # enough for lines
    (a, b), (d, c) = mesh[corners]
    above = mesh @ inner.T + shift
    on = above >= 0
    masks = np.unique(on.reshape(-1, on.shape[-1]), axis=0)
    for index, mask in enumerate(masks):
        sides = np.where(mask, 1.0, -1.0)
        inside = _clipped(np.stack([a, b, c, d]), inner * sides[:, None], shift * sides)
        ax.fill(*inside.T, color=_TINTS[index % len(_TINTS)], alpha=0.09, linewidth=0)
        name = "".join(str(int(bit)) for bit in mask)
        place = _deepest(mesh, above, mask)
        ax.text(
            place[0], place[1], name, color=INK, alpha=0.75, ha="center", va="center", fontsize=9
        )
    for unit in range(on.shape[-1]):
        if on[..., unit].any() and not on[..., unit].all():
            level = above[..., unit][corners]
            horizontal, vertical = np.moveaxis(mesh[corners], -1, 0)
            ax.contour(horizontal, vertical, level, levels=[0], colors=[INK], linewidths=0.9)


def _clipped(polygon: np.ndarray, normals: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The part of a convex polygon where no `normal @ y + offset` is negative."""
    for normal, offset in zip(normals, offsets, strict=True):
        sides = polygon @ normal + offset
        kept: list[np.ndarray] = []
        ends = zip(polygon, sides, np.roll(polygon, -1, 0), np.roll(sides, -1), strict=True)
        for here, side, there, other in ends:
            if side >= 0:
                kept.append(here)
            if side * other < 0:
                kept.append(here + (there - here) * side / (side - other))
        polygon = np.reshape(kept, (-1, 2))
    return polygon


def _deepest(mesh: np.ndarray, above: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A place for a regime's name: halfway between its far corner and its deepest point."""
    inside = np.all((above >= 0) == mask, axis=-1)
    cells = mesh[inside]
    depth = np.min(np.abs(above[inside]), axis=-1, initial=np.inf)
    edge = np.minimum(cells - mesh.min((0, 1)), mesh.max((0, 1)) - cells).min(-1)
    return cells[np.argmax(np.minimum(depth, edge))]


def _directions(
    ax: "Axes", field: ReLUField, x: tuple[float, float], y: tuple[float, float]
) -> None:
    """Directions of the flow; their lengths say nothing, so that all can be seen."""
    middle = (np.arange(_ARROWS) + 0.5) / _ARROWS
    grid = np.meshgrid(x[0] + (x[1] - x[0]) * middle, y[0] + (y[1] - y[0]) * middle)
    states = np.stack(grid, -1).reshape(-1, 2)
    moves = np.empty_like(states)
    masks = np.array([field.mask(state) for state in states])
    for mask in np.unique(masks, axis=0):
        piece, here = field.regime(mask), (masks == mask).all(-1)
        moves[here] = states[here] @ piece.matrix.T + piece.offset
    size = np.linalg.norm(moves, axis=-1, keepdims=True)
    moves = moves / np.where(size > 0, size, 1.0)
    ax.quiver(*states.T, *moves.T, color=INK, alpha=0.25, scale=24, width=0.003)


def _contours(ax: "Axes", hamiltonian: QuadraticHamiltonian, mesh: np.ndarray) -> None:
    """Level lines of the classical energy."""
    energy = np.einsum("...i,ij,...j->...", mesh, hamiltonian.form, mesh) / 2
    energy = energy + mesh @ hamiltonian.slope
    inside = _inside(hamiltonian.region, mesh)
    levels = np.unique(np.quantile(energy[inside] if inside.any() else energy, _SHARES))
    style: dict[str, Any] = {"levels": levels, "colors": [NEGATIVE]}
    if len(levels) < 2:
        return
    ax.contour(*np.moveaxis(mesh, -1, 0), energy, linewidths=0.5, linestyles=":", **style)
    own = np.where(inside, energy, np.nan)
    ax.contour(*np.moveaxis(mesh, -1, 0), own, linewidths=0.9, linestyles="-", **style)


_SHARES = np.array([0.02, 0.08, 0.18, 0.32, 0.5, 0.7, 0.9])


def _inside(region: Region | None, mesh: np.ndarray) -> np.ndarray:
    if region is None:
        return np.ones(mesh.shape[:-1], bool)
    return np.asarray(region.contains(mesh))
