"""Pictures of regimes, levels and packets hold what they say."""

import numpy as np
import pytest

import feynax as fx

FIELD = fx.equations.ReLUField.ctrnn([[1.5, -1.0], [1.2, 0.5]], current=[0.7, -0.5])


def test_regimes_are_named_and_divided():
    figure = fx.plot.regimes(FIELD, (-1.0, 2.0), (-1.0, 2.0), hamiltonian=fx.quantize(FIELD))
    ax = figure.axes[0]
    named = {text.get_text(): text.get_position() for text in ax.texts}
    assert set(named) == {"00", "01", "10", "11"}
    for name, place in named.items():
        assert "".join(str(int(bit)) for bit in FIELD.mask(place)) == name


def test_tints_tile_the_plane_and_hold_their_names():
    ax = fx.plot.regimes(FIELD, (-1.0, 2.0), (-1.0, 2.0)).axes[0]
    corners = [np.asarray(patch.get_path().vertices)[:-1] for patch in ax.patches]
    areas = [
        abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2 for x, y in (c.T for c in corners)
    ]
    assert sorted(areas) == pytest.approx([1.0, 2.0, 2.0, 4.0])
    for patch, text in zip(ax.patches, ax.texts, strict=True):
        assert patch.get_path().contains_point(text.get_position())


def test_one_regime_alone_needs_no_line():
    figure = fx.plot.regimes(FIELD, (1.0, 2.0), (1.0, 2.0))
    assert [text.get_text() for text in figure.axes[0].texts] == ["11"]


def test_wave_functions_stand_on_their_levels():
    ham = fx.quantize(FIELD, hbar=0.1)
    ax = fx.plot.levels(ham, 3).axes[0]
    heights = [line.get_ydata()[0] for line in ax.lines if len(line.get_ydata()) == 2]
    assert np.allclose(heights, ham.levels(3))


def test_what_has_no_levels_is_not_drawn():
    saddle = fx.quantize(fx.equations.ReLUField.ctrnn([[1.5, 1.0], [1.2, 0.5]]))
    with pytest.raises(fx.ContinuousSpectrumError):
        fx.plot.levels(saddle)


def test_a_packet_needs_rows_that_fit():
    t = np.linspace(0, 1, 5)
    with pytest.raises(ValueError, match="`classical`"):
        fx.plot.packet(t, np.zeros((4, 2)), np.zeros((5, 2)), np.zeros((5, 2, 2)))
