"""Pictures of dynamics: what is drawn are the numbers that were given."""

import jax.numpy as jnp
import numpy as np
import pytest

from feynax import equations, plot


def test_phase_portrait_draws_nullclines_points_and_orbits():
    def field(y):
        return jnp.stack([y[1], y[0] - y[0] ** 3])

    portrait = equations.phase_portrait(
        field, (-2, 2), (-1, 1), resolution=21, starts=[[0.5, 0.0]], steps=50
    )
    (ax,) = plot.phase_portrait(portrait).axes
    lines = sum(len(part) for part in portrait.nullclines)
    assert len(ax.lines) == lines + 1 + len(portrait.rest) == lines + 4
    drawn = np.array([line.get_xydata()[0] for line in ax.lines[-3:]])
    assert np.allclose(drawn, portrait.rest.points)
    assert ax.get_xlim() == (-2, 2)


def test_bifurcation_diagram_breaks_lines_where_stability_changes():
    branch = equations.continuation(lambda y, p: p + y**2, [-1.0], (-1.0, 1.0), kind="field")
    (ax,) = plot.bifurcation_diagram([branch]).axes
    solid, dashed, event = ax.lines
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    whole, broken = (np.isfinite(line.get_ydata()) for line in (solid, dashed))
    assert np.array_equal(whole, branch.stable)
    assert broken.sum() == (~branch.stable).sum() + 1  # one point of both, so that they meet
    assert np.allclose(event.get_xydata()[0], [0, 0], atol=1e-8)
    with pytest.raises(ValueError, match="`branches` must hold at least one"):
        plot.bifurcation_diagram([])


@pytest.mark.parametrize("kind", ["map", "field"])
def test_spectrum_along_data(kind):
    points = np.linspace(-1, 1, 5)[:, None] * np.ones(2)
    spectrum = equations.jacobian_spectrum(lambda y: jnp.tanh(1.5 * y), points, kind=kind)
    left, right = plot.jacobian_spectrum(spectrum).axes
    assert np.allclose(left.lines[0].get_xdata(), spectrum.eigenvalues.real.ravel())
    shown = right.lines[0].get_ydata()
    longest = spectrum.memory_times.max(1)
    assert np.array_equal(np.isfinite(shown), np.isfinite(longest))
    assert len(right.lines[1].get_xdata()) == np.sum(~np.isfinite(longest))
