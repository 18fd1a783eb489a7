"""Rates and updates against their formulas."""

import jax.numpy as jnp
import numpy as np
import pytest

from feynax.training import TrainOptions, make_optimiser, make_schedule


def test_onecycle():
    rate = make_schedule(TrainOptions(rate=0.02, warmup=0.3), 100)
    found = np.array([float(rate(step)) for step in range(101)])
    assert found.argmax() == 30
    assert found[30] == pytest.approx(0.02)
    assert found[0] == pytest.approx(0.02 / 25)
    assert found[15] == pytest.approx((0.02 / 25 + 0.02) / 2, rel=1e-4)
    assert found[100] < 1e-5


def test_cosine_and_constant():
    rate = make_schedule(TrainOptions(rate=0.02, schedule="cosine", warmup=0.1), 100)
    assert float(rate(5)) == pytest.approx(0.01)
    assert float(rate(55)) == pytest.approx(0.01, rel=1e-4)
    assert float(rate(100)) == pytest.approx(0, abs=1e-8)
    assert make_schedule(TrainOptions(rate=0.02, schedule="constant"), 9)(3) == 0.02


@pytest.mark.float32
def test_adamw_by_hand():
    options = TrainOptions(rate=0.1, schedule="constant", weight_decay=0.5, clip=1.0)
    weights = {"m": jnp.full((2, 2), 3.0, "float32"), "v": jnp.full(2, 3.0, "float32")}
    grads = {"m": jnp.full((2, 2), 40.0, "float32"), "v": jnp.full(2, -40.0, "float32")}
    optimiser = make_optimiser(options, 10)
    change, _ = optimiser.update(grads, optimiser.init(weights), weights)
    # Adam's first step is the rate; decay acts on the matrix alone.
    np.testing.assert_allclose(change["m"], -0.1 - 0.1 * 0.5 * 3, rtol=1e-4)
    np.testing.assert_allclose(change["v"], 0.1, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch", 1.5),
        ("rate", -1.0),
        ("schedule", "steps"),
        ("average", 1.0),
        ("clip", float("nan")),
        ("random_steps", (3, 0)),
        ("micro", 3),
        ("seed", 2**31),
    ],
)
def test_options_are_checked(name, value):
    with pytest.raises(ValueError, match=f"Argument `{name}` must"):
        TrainOptions(**{name: value})
