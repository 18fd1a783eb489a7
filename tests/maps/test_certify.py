"""Bounds that no pair of inputs breaks, attacks that find what is there, and honest verdicts."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import (
    AvgPool,
    Conv,
    HamiltonianBlock,
    Linear,
    ParabolicBlock,
    PDEBlock,
    PDENet,
    ResNet,
    Sequential,
    ThesisNet,
)


def widen(net):
    return jax.tree.map(lambda a: a.astype(jnp.float64) if eqx.is_inexact_array(a) else a, net)


def stretches(net, shape, key, pairs=20):
    """Measured stretches between nearby and distant random inputs, in float64."""
    wide = widen(net)
    starts = jax.random.normal(key, (pairs, *shape))
    sizes = jnp.geomspace(1e-3, 10.0, pairs).reshape(-1, *[1] * len(shape))
    others = starts + sizes * jax.random.normal(jax.random.fold_in(key, 1), starts.shape)
    out = jax.jit(jax.vmap(wide))
    apart = jnp.linalg.norm((out(starts) - out(others)).reshape(pairs, -1), axis=1)
    return np.asarray(apart / jnp.linalg.norm((starts - others).reshape(pairs, -1), axis=1))


NETWORKS = {
    "pde": (lambda k: PDENet((1, 8, 8), 3, channels=(2, 3), key=k), (1, 8, 8)),
    "strang": (lambda k: PDEBlock(2, stepper="strang", mixed=True, key=k), (2, 5, 5)),
    "hamiltonian": (lambda k: HamiltonianBlock(4, total_time=2.0, key=k), (4, 5, 5)),
    "parabolic": (lambda k: ParabolicBlock(2, total_time=9.0, key=k), (2, 5, 5)),
    "thesis": (lambda k: ThesisNet(3, in_shape=(1, 6, 6), key=k), (1, 6, 6)),
    "resnet": (lambda k: ResNet(1, 3, stages=(1, 1), widths=(2, 4), key=k), (1, 8, 8)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_no_pair_breaks_the_proven_bound(key, name):
    make, shape = NETWORKS[name]
    net = make(key)
    cert = fx.certify(net, x=np.asarray(jax.random.normal(key, shape)))
    lower, upper = cert.bounds
    assert cert.verdict is fx.Verdict.CERTIFIED
    assert 0 < lower <= upper * (1 + 1e-9)
    assert stretches(net, shape, key).max() <= upper * (1 + 1e-9)
    assert cert.rate ** sum(1 for _ in range(1)) > 0
    assert len(cert.parts) >= 1


def test_linear_map_is_known_exactly(key):
    """Bound and attack meet at the largest singular value."""
    net = Sequential([Linear(6, 4, bias=False, key=key)])
    norm = np.linalg.norm(np.asarray(net.layers[0].weight, np.float64), 2)
    cert = fx.certify(net, x=np.ones(6))
    assert cert.bounds[0] == pytest.approx(norm, rel=1e-6)
    assert cert.bounds[1] == pytest.approx(norm, rel=1e-12)


def test_convolution_bound_is_attained_on_a_large_image(key):
    conv = Sequential([Conv(2, 2, 3, padding=1, bias=False, key=key)])
    cert = fx.certify(conv, x=np.zeros((2, 24, 24)))
    assert cert.bounds[0] > 0.9 * cert.bounds[1]


@pytest.mark.parametrize("include", [True, False])
def test_average_pool_stays_below_its_bound(include):
    """The attack finds the norm of a linear map; edge windows without padding weigh more."""
    pool = AvgPool(3, stride=3, padding=1, count_include_pad=include)
    lower, upper = fx.certify(Sequential([pool]), x=np.ones((1, 4, 4))).bounds
    assert 0 < lower <= upper * (1 + 1e-9)


def test_a_dead_network_stretches_nothing(key):
    dead = Sequential([Linear(3, 2, key=key)])
    dead = eqx.tree_at(lambda n: n.layers[0].weight, dead, jnp.zeros((2, 3), jnp.float32))
    assert fx.certify(dead, x=np.ones(3)).bounds == (0.0, 0.0)


def test_three_verdicts(key):
    diffusing = PDEBlock(2, stepper="exact", reaction=0, key=key)
    assert fx.certify(diffusing, limit=1.0).verdict is fx.Verdict.CERTIFIED
    assert fx.certify(diffusing, limit=1.0).margin >= 0

    unstable = PDEBlock(2, stepper="euler", total_time=60.0, steps=3, reaction=0, key=key)
    x = np.asarray(jax.random.normal(key, (2, 12, 12)))
    refuted = fx.certify(unstable, limit=1.0, x=x)
    assert refuted.verdict is fx.Verdict.REFUTED
    wide = jax.tree.map(lambda a: a.astype(jnp.float64) if eqx.is_inexact_array(a) else a, unstable)
    assert refuted.witness.replay(wide) == pytest.approx(refuted.witness.stretch, rel=1e-9)
    assert refuted.witness.stretch > 1

    unsure = fx.certify(unstable, limit=1.0)
    assert unsure.verdict is fx.Verdict.UNDECIDED
    assert unsure.bounds[0] == 0.0


def test_an_open_reaction_is_counted(key):
    """Identity weights and open gates stretch by 9 h a step, all of it the reaction's."""
    block = PDEBlock(2, steps=1, stepper="euler", key=key)
    eye = 3 * jnp.eye(2, dtype=jnp.float32)[None]
    where = lambda b: (b.inward, b.outward, b.offset)
    block = eqx.tree_at(where, block, (eye, eye, jnp.full((1, 2), 100.0, jnp.float32)))
    lower, upper = fx.certify(block, x=np.zeros((2, 8, 8))).bounds
    assert 8 < lower <= upper


def test_reaction_bound_is_no_larger_than_the_product_of_norms(key):
    block = PDEBlock(3, steps=1, key=key, stepper="euler")
    still = eqx.tree_at(lambda b: b.linear, block, jnp.full_like(block.linear, -60.0))
    still = eqx.tree_at(lambda b: b.linear, still, still.linear.at[:, 1::2].set(0.0))
    inward, outward = (np.asarray(m[0], np.float64) for m in (block.inward, block.outward))
    product = np.linalg.norm(inward, 2) * np.linalg.norm(outward, 2)
    flow = abs(1 + float(np.asarray(still.coefficients().gamma)[0]))
    bound = fx.certify(still).bounds[1]
    assert bound <= flow + product + 1e-9


def test_unknown_classes_and_limits_are_named():
    with pytest.raises(TypeError, match=r"`feynax\.maps\.bounds\.register`"):
        fx.certify(object())
    with pytest.raises(ValueError, match="`limit` must be positive"):
        fx.certify(Sequential([]), limit=0.0)
