"""What a reading says agrees with the network, with itself and with `result.json`."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx


def test_scores_are_the_networks_own(reading, network, image):
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), network)
        own = np.asarray(wide(jnp.asarray(image)))
    np.testing.assert_allclose(reading.scores, own, rtol=0, atol=1e-13)
    assert reading.prediction == reading.output == own.argmax()
    assert reading.lead == pytest.approx(np.diff(np.sort(own))[-1])
    assert reading.probabilities.sum() == pytest.approx(1)


def test_every_depth_carries_the_whole_answer(reading):
    # What passes through the channels, and what sources behind them add, is the score everywhere.
    sources = [float(part.sum()) for part in reading.paths.sources]
    assert len(reading.depths) == len(sources) + 1
    for index, depth in enumerate(reading.depths):
        total = depth.contribution.sum() + sum(sources[index:])
        assert total == pytest.approx(reading.paths.total, abs=1e-12)


def test_certified_radius_holds(reading, network, image):
    # In the direction of the steepest fall of the lead, a step of the radius changes nothing.
    order = np.argsort(-reading.scores)
    single = jnp.asarray(image, jnp.float32)
    fall = jax.grad(lambda x: network(x)[order[0]] - network(x)[order[1]])(single)
    away = -np.asarray(fall) * reading.safe_radius / float(jnp.linalg.norm(fall))
    assert int(network(jnp.asarray(image + away, jnp.float32)).argmax()) == reading.prediction


def test_names_are_numbered_and_plain(reading):
    names = [depth.name for depth in reading.depths]
    assert names[:4] == ["input", "conv 1 + ReLU", "step 1", "step 2"]
    assert names[4:] == ["max pool", "conv 2 + ReLU", "step 3", "step 4 + ReLU", "linear"]


def test_plain_values_survive_json(reading):
    values = reading.to_dict()
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    found = values["paths"]
    assert found["from_input"] + found["from_sources"] == pytest.approx(found["total"])
    assert found["positive"] + found["negative"] == pytest.approx(found["total"])
    assert abs(found["sampled"]["z"]) < 4.5


def test_another_output(network, image):
    other = fx.report.read(network, image, output=2, paths=0)
    assert other.paths.total == pytest.approx(other.scores[2], abs=1e-12)
    assert other.sample is None
    assert "none were asked for" in other.missing["sampled paths"]


def test_what_does_not_apply_is_said(image):
    # A plain convolutional network has paths, but no residual block and so no equation.
    layers = [fx.networks.Conv(1, 2, key=jax.random.key(0)), fx.networks.Flatten()]
    layers += [fx.networks.Linear(200, 3, key=jax.random.key(1))]
    found = fx.report.read(fx.networks.Sequential(layers), image, paths=50)
    text = fx.report.page(found)
    assert "no residual block" in text or "equation" in found.missing
    assert found.paths.completeness < 1e-12


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": np.zeros((12, 12))}, "shape"),
        ({"image": np.full((1, 12, 12), np.nan)}, "finite"),
        ({"output": 4}, "below 4"),
        ({"output": -1}, "at least 0"),
        ({"paths": -1}, "at least 0"),
    ],
)
def test_refuses(network, image, change, says):
    with pytest.raises(ValueError, match=says):
        fx.report.read(network, **({"image": image} | change))
