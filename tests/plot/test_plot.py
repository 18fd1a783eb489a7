"""Pictures: drawn from the numbers they are given, alike twice, and nothing left behind."""

import re
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest

from feynax import plot
from feynax.plot._evolution import _follow
from feynax.plot._paths import in_pixels


def small():
    """An evolution of one input through two shapes."""
    rng = np.random.default_rng(0)
    fields = [rng.normal(size=s) for s in ((1, 8, 8), (3, 4, 4), (3, 4, 4))]
    weighed = [np.ones(1), np.array([9.0, 0.0, 0.0]), np.array([0.1, -3.0, 2.0])]
    return ["input", "one", "two"], fields, weighed, np.array([1.0, -2.0, 0.5])


def test_style_and_settings_are_left_alone():
    before = dict(matplotlib.rcParams)
    plot.svg(plot.evolution(*small()), label="fields")
    assert dict(matplotlib.rcParams) == before


def test_user_style_does_not_leak_in():
    figure = plot.svg(plot.evolution(*small()), label="fields")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": None}):
        again = plot.svg(plot.evolution(*small()), label="fields")
    assert again == figure


def test_svg_is_well_formed_and_takes_the_pages_colour():
    text = plot.svg(plot.evolution(*small()), label='a "quoted" <label>', name="mine")
    root = ElementTree.fromstring(text)
    assert root.attrib["aria-label"] == 'a "quoted" <label>'
    assert "width" not in root.attrib
    assert "currentColor" in text
    assert "#010203" not in text
    assert all(name.startswith("mine-") for name in re.findall(r' id="([^"]*)"', text))


def test_channels_are_followed_by_what_they_carry_in_the_end():
    _, fields, weighed, _ = small()
    assert _follow(fields, weighed, 2) == [[0], [1, 2], [1, 2]]


def test_fields_are_drawn_clear_at_zero():
    colours = plot._style.signed_colours()
    assert colours(0.5)[3] == 0
    assert colours(1.0)[3] == colours(0.0)[3] == 1
    assert colours(1.0)[0] > colours(1.0)[2]  # orange above zero
    assert colours(0.0)[0] < colours(0.0)[2]  # blue below


def test_places_of_sites_in_input_pixels():
    shapes = [(1, 4, 4), (2, 2, 2), (3, 1, 1)]
    sites = np.array([[5, 7, 1], [-1, 0, 2]])
    places = in_pixels(sites, shapes)
    np.testing.assert_allclose(places[0, :2], [[1, 1], [2.5, 2.5]])
    np.testing.assert_allclose(places[1, 1], [0.5, 0.5])
    assert np.isnan(places[1, 0]).all()
    assert np.isnan(places[:, 2]).all()


def test_unknown_drift_is_said():
    drift = np.array([[0.5, 0.0], [np.nan, np.nan]])
    spread = np.array([np.diag([0.3, -0.1]), np.full((2, 2), np.nan)])
    text = plot.svg(plot.drift_and_diffusion(drift, spread), label="glyphs")
    assert ">none<" in text
    assert "stroke-dasharray" in text  # the sharpening axis


def test_curve_says_where_it_ends():
    rows = [{"kind": "train", "step": s, "accuracy": 1 - 1 / s} for s in (2, 4, 8)]
    text = plot.svg(plot.learning_curve(rows, final={"accuracy": 0.9}), label="curve")
    assert "12.5 %" in text
    assert "10.00 %" in text


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plot.learning_curve([]), "at least one row"),
        (lambda: plot.gain_and_drift([], *3 * [np.ones(0)]), "length"),
        (lambda: plot.drift_and_diffusion(np.ones((2, 2)), np.ones((3, 2, 2))), "shape"),
        (lambda: plot.attribution(np.ones((1, 2, 2)), np.ones((1, 3, 2))), "shape"),
        (
            lambda: plot.paths(np.ones((1, 2, 2)), np.zeros((1, 2), int), np.ones(1), [(1, 2, 2)]),
            "length 2",
        ),
    ],
)
def test_refuses(call, says):
    with pytest.raises(ValueError, match=says):
        call()
