"""A flow's page is whole, its numbers are those of the mathematics, and every network has one."""

import inspect
import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.report._alone import read_alone

SECTIONS = (
    *("portrait", "evidence", "equation", "certificate", "rest", "quantum", "paths", "details"),
)
PIECES = {
    "Blockwise": "an activation of ODERNN",
    "Stage": "one stage of ODERNN",
    "Zigzag": "the points of a path, without a network",
}
TURN = np.array([[-0.5, 2.0], [-2.0, -0.5]])  # eigenvalues -0.5 +- 2i, both symmetric parts -0.5


@pytest.fixture(scope="module")
def spiral():
    """y' = A (y - 1), as a network of identities, by 20 steps of rk4 over a time of 2."""
    field = fx.networks.MLPField(2, 2, activation="identity", key=jax.random.key(0))
    arrays = [jnp.asarray(TURN), jnp.zeros(2), jnp.eye(2), jnp.asarray(-TURN.sum(1))]
    names = ("inward", "inward_bias", "outward", "outward_bias")
    field = eqx.tree_at(lambda f: [getattr(f, name) for name in names], field, arrays)
    return fx.networks.NeuralODE(field, t1=2.0, steps=20)


@pytest.fixture(scope="module")
def found(spiral):
    """Its reading."""
    return fx.report.read(spiral)


def test_numbers_of_a_linear_flow(found):
    np.testing.assert_allclose(found.place, [1.0, 1.0], atol=1e-9)
    np.testing.assert_allclose(sorted(found.eigenvalues.imag), [-2.0, 2.0], rtol=1e-9)
    assert found.bound.nu == pytest.approx(-0.5) == pytest.approx(found.speed)
    assert found.bound.lipschitz == pytest.approx(np.sqrt(4.25)) == pytest.approx(found.steepness)
    z = 0.1 * (-0.5 + 2j)
    grown = abs(1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24)
    np.testing.assert_allclose(abs(found.solver.factors), grown, rtol=1e-9)
    assert found.certificate.bounds[0] == pytest.approx(grown**20, rel=1e-6)
    assert found.certificate.bounds[1] >= grown**20


def test_paths_are_the_solutions(found, spiral):
    """Relaxed about (1, 1): |y - 1| falls like exp(-t / 2), to the error of the method."""
    far = np.linalg.norm(np.stack(found.paths) - 1, axis=2)
    wanted = far[:, :1] * np.exp(-found.times / 2)
    np.testing.assert_allclose(far, wanted, rtol=1e-4)
    ends = jax.vmap(spiral)(jnp.asarray([path[0] for path in found.paths]))
    np.testing.assert_allclose([path[-1] for path in found.paths], ends, rtol=1e-9)
    exact = 1e-3 * far.max() > found.solver.error > 1e-7
    assert exact


@pytest.mark.parametrize(("method", "limit"), [("euler", 2.0), ("rk4", 2.785293563405)])
def test_the_longest_step_is_that_of_the_real_axis(method, limit):
    from feynax.report._flow_read import longest_step

    tableau = fx.equations.TABLEAUX[method]
    assert longest_step(tableau, np.array([-4.0 + 0j, 3.0])) == pytest.approx(limit / 4, rel=1e-6)
    assert longest_step(tableau, np.array([3.0 + 0j])) is None
    slow = np.array([-0.5 + 2j])  # 2 |Re| / |lambda|^2 for Euler
    if method == "euler":
        assert longest_step(tableau, slow) == pytest.approx(1 / 4.25, rel=1e-6)


def test_sections_are_there_and_full(found):
    text = fx.report.page(found)
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', text, re.DOTALL)
    assert tuple(name for name, _ in sections) == SECTIONS
    for name, body in sections:
        assert len(re.sub(r"<svg.*?</svg>|<[^>]*>", "", body, flags=re.DOTALL).strip()) > 80, name
    shown = re.sub(r"<pre>.*?</pre>|<[^>]*>", " ", text, flags=re.DOTALL)
    assert not re.search(r"\b(nan|inf|None)\b(?!:)", shown)
    ids = re.findall(r'\bid="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    assert "<script" not in text
    assert "whatever the start, its solutions draw together" in str(found)


def test_a_field_of_ones_own_is_read_from_given_states():
    net = fx.networks.NeuralODE(lambda t, y: 1 - y**2, tolerance=1e-3, solver="bosh3")
    with pytest.raises(ValueError, match="`starts` must be given"):
        fx.report.read(net)
    with pytest.raises(ValueError, match="`starts` must have shape"):
        fx.report.read_flow(net, np.ones(3))
    found = fx.report.read_flow(net, np.array([[0.5], [0.0]]), starts_name="two states")
    assert found.rest.stability == ("stable",)
    np.testing.assert_allclose(found.paths[1][-1], np.tanh(1.0), rtol=1e-3)
    assert {"bound", "certificate"} <= found.missing.keys()
    text = fx.report.page(found)
    assert "chosen while it runs" in text
    assert "not proven" in text


def networks():
    every = inspect.getmembers(fx.networks, inspect.isclass)
    return {
        name: cls
        for name, cls in every
        if issubclass(cls, eqx.Module) and not name.startswith("Abstract")
    }


@pytest.mark.parametrize("name", sorted(networks()))
def test_every_public_network_has_a_page(name):
    """A rule of its own, or that of networks of images; what is a piece of another is named."""
    cls = networks()[name]
    own = read_alone.dispatch(cls) is not read_alone.dispatch(object)
    of_images = fx.maps.record.dispatch(cls) is not fx.maps.record.dispatch(object)
    assert own + of_images + (name in PIECES) == 1
