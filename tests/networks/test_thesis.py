"""The thesis' network against its printed equations, and what its step does with depth."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax.networks import ThesisNet


def layer_by_hand(net, index, psi):
    """Eq (39) or (40) with derivatives taken by slices of a bordered image."""
    alpha, beta, sigma, rho, gamma = (float(v) for v in net.layers[index])
    if net.equation == "40":
        beta, rho = -beta / 8, -rho / 8
    wide = np.pad(psi, 1)
    right, left = wide[1:-1, 2:], wide[1:-1, :-2]
    down, up = wide[2:, 1:-1], wide[:-2, 1:-1]
    rate = (
        alpha**2 / 2 * (right - 2 * psi + left)
        + beta * (right - left) / 2
        + sigma**2 / 2 * (down - 2 * psi + up)
        + rho * (down - up) / 2
        + gamma * psi
    )
    return np.maximum(psi + net.step * rate, 0)


@pytest.mark.parametrize(("equation", "step"), [("39", 1.0), ("40", 1.0), ("39", 0.25)])
def test_layers_are_the_printed_equation(key, equation, step):
    net = ThesisNet(4, equation=equation, step=step, in_shape=(1, 6, 5), hidden=(7,), key=key)
    image = jax.random.normal(key, (1, 6, 5), jnp.float32)
    psi = np.asarray(image[0], np.float64)
    for index in range(4):
        psi = layer_by_hand(net, index, psi)
    weights, biases = (
        [np.asarray(a) for a in net.head_weights],
        [*map(np.asarray, net.head_biases)],
    )
    hidden = np.maximum(weights[0] @ psi.ravel() + biases[0], 0)
    expected = weights[1] @ hidden + biases[1]
    assert np.allclose(net(image), expected, rtol=1e-4, atol=1e-5)


def test_eq_40_is_eq_39_reparametrised(key):
    """The same function: -beta/8 and -rho/8 in (40) are just other coefficients of (39)."""
    forty = ThesisNet(3, equation="40", in_shape=(1, 6, 6), key=key)
    scale = jnp.array([1.0, -0.125, 1.0, -0.125, 1.0], jnp.float32)
    shell = ThesisNet(3, equation="39", in_shape=(1, 6, 6), key=key)
    same = eqx.tree_at(lambda n: n.layers, shell, forty.layers * scale[None])
    image = jax.random.normal(key, (1, 6, 6), jnp.float32)
    assert jnp.allclose(forty(image), same(image), rtol=1e-5)


def test_growth_with_depth_goes_away_at_fixed_total_time(key):
    """Step 1 amplifies by decades over 50 layers; step 1/depth stays of order one."""
    image = jnp.ones((1, 1, 28, 28), jnp.float32)

    def size(step):
        net = ThesisNet(50, step=step, key=key)
        last = eqx.tree_at(lambda n: n.head_weights[0], net, jnp.ones_like(net.head_weights[0]))
        return float(jnp.abs(last.batch(image)).max())

    assert size(1.0) > 1e6 * size(1 / 50)


def test_wrong_arguments_are_named(key):
    with pytest.raises(ValueError, match="`equation` must be one of"):
        ThesisNet(2, equation="41", key=key)
    with pytest.raises(ValueError, match="`in_shape` must be"):
        ThesisNet(2, in_shape=(3, 8, 8), key=key)
    with pytest.raises(ValueError, match="`equation` must be"):
        ThesisNet(2, equation="residual", key=key).coefficients()
