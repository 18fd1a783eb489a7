"""The conformance check passes good networks and names what a bad one breaks."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

import feynax as fx


class Halving(eqx.Module):
    """A linear network with a batch entry and a bound of the tester's choice."""

    wrong_batch: bool = eqx.field(static=True, default=False)
    claimed: float = eqx.field(static=True, default=0.5)

    def __call__(self, x):
        return 0.5 * x

    def batch(self, x):
        return (0.6 if self.wrong_batch else 0.5) * x


@fx.maps.bounds.register
def _(net: Halving):
    return [fx.maps.LayerBound("half", net.claimed, "by construction")]


def test_a_good_network_passes():
    fx.testing.check_network(Halving(), jnp.ones(3))


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (Halving(wrong_batch=True), "`batch` must agree with vmap"),
        (Halving(claimed=0.4), "break the bound 0.4"),
        (lambda x: x / 0, "must be finite"),
    ],
)
def test_a_bad_one_is_named(net, message):
    with pytest.raises(AssertionError, match=message):
        fx.testing.check_network(net, jnp.ones(3))


def test_our_own_pass(key):
    net = fx.networks.ThesisNet(2, in_shape=(1, 5, 5), hidden=(3,), key=key)
    fx.testing.check_network(net, jax.random.normal(key, (1, 5, 5), jnp.float32))
