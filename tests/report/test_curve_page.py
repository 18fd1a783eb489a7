"""The page of a path as a network, and the steepest that it can be."""

import re

import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

BENDS = {"rates": [1.0, -2.0, 0.0, 1.0], "shifts": [0.5, 2.0, 1.0, -2.0]}  # kinks -0.5, 1 and 2


def path(activation="relu", **more):
    return fx.networks.OneHidden(
        **BENDS,
        weights=[[1.0, 0.5, 3.0, -4.0], [0.0, 2.0, 1.0, 1.0]],
        activation=activation,
        **more,
    )


def steepest(net, low, high):
    """Largest slope on a fine grid."""
    t = np.linspace(low, high, 20001)
    places = _all(net, t)
    return (np.linalg.norm(np.diff(places, axis=0), axis=1) / np.diff(t)).max()


def _all(net, t):
    hidden = {"relu": lambda z: np.maximum(z, 0), "cos": np.cos, "sin": np.sin}[net.activation]
    rates, shifts, weights = (np.asarray(a, float) for a in (net.rates, net.shifts, net.weights))
    line = np.asarray(net.bias, float) + np.asarray(net.drift, float) * t[:, None]
    return line + hidden(t[:, None] * rates + shifts) @ weights.T


def test_a_path_of_relus_is_as_steep_as_its_steepest_piece():
    net = path(drift=0.25)
    assert fx.maps.bounds(net)[0].bound == pytest.approx(steepest(net, -3, 5), rel=1e-6)
    inside = path(period=jnp.asarray(0.9), drift=0.25)
    with pytest.raises(TypeError, match="begins again"):
        fx.maps.bounds(inside)


@pytest.mark.parametrize("activation", ["cos", "sin"])
def test_waves_are_no_steeper_than_all_at_once(activation):
    net = path(activation)
    assert steepest(net, -9, 9) <= fx.maps.bounds(net)[0].bound
    one = fx.networks.OneHidden([3.0], [0.2], [[2.0]], activation=activation)
    assert fx.maps.bounds(one)[0].bound == pytest.approx(6.0)


def test_the_page_is_whole():
    found = fx.report.read(path())
    np.testing.assert_allclose(found.switches, [-0.5, 1.0, 2.0])
    np.testing.assert_allclose(found.weights, [1.0, 1.0, -4.0])  # changes of slope, c |a|
    assert found.speed <= found.certificate.bounds[1] * (1 + 1e-9)
    text = fx.report.page(found)
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', text, re.DOTALL)
    for name, body in sections:
        assert len(re.sub(r"<svg.*?</svg>|<[^>]*>", "", body, flags=re.DOTALL).strip()) > 80, name
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert "drawn by 4 units" in str(found)


def test_steps_have_no_steepness_and_say_so():
    found = fx.report.read(path("step"))
    assert "jump" in found.missing["certificate"]
    assert "not proven" in fx.report.page(found)
