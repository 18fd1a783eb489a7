"""Continuous-time networks and rings of inputs: closed forms, random pairs, and witnesses."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.maps._attack import widen

METHODS = ("euler", "exponential", "heun", "rk4")
UNITS = 4


def drawn(form, method, activation="tanh", **more):
    """A network with unequal time constants and gains of both signs."""
    rng = np.random.default_rng(0)
    return fx.networks.CTRNN.from_arrays(
        0.4 * rng.normal(size=(UNITS, UNITS)),
        rng.uniform(0.5, 2.0, UNITS),
        rng.normal(size=UNITS),
        gain=np.array([1.0, -1.5, 0.5, 1.0]),
        **{"form": form, "method": method, "activation": activation, "step_size": 0.2} | more,
    )


def driven_apart(cell, bound, pairs=200, size=3.0):
    """Largest factor of one step over random pairs, half of them neighbours."""
    rng = np.random.default_rng(1)
    first = size * rng.normal(size=(pairs, len(bound.metric)))
    scale = np.where(np.arange(pairs) % 2, 1.0, 1e-4)[:, None]
    second = first + scale * rng.normal(size=first.shape)
    with jax.enable_x64(True):
        step = jax.jit(jax.vmap(lambda s: widen(cell)(s, jnp.zeros(cell.input_size))))
        after = np.asarray(step(first)) - np.asarray(step(second))
    before = (first - second) @ bound.metric.T
    return (np.linalg.norm(after @ bound.metric.T, axis=1) / np.linalg.norm(before, axis=1)).max()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", ["potential", "rate"])
def test_no_pair_of_states_beats_the_factor(form, method):
    """200 random pairs; the bound is met within a third, so that a rule too loose fails as well."""
    cell = drawn(form, method)
    bound = fx.maps.step_bound(cell, None)
    attained = driven_apart(cell, bound)
    assert attained <= bound.rate
    assert bound.rate < 1.35 * attained


@pytest.mark.parametrize("method", METHODS)
def test_units_on_their_own_have_a_closed_form(method):
    """tau y' = -y - 3 tanh(y): slopes of h times the field between -4z and -z, z = h / tau."""
    options = {"activation": "tanh", "method": method, "step_size": 0.5}
    cell = fx.networks.CTRNN.from_arrays(-3.0 * np.eye(UNITS), 2.0, **options)
    z = 0.25 if method != "exponential" else 1 - np.exp(-0.25)
    euler = max(abs(1 - z), abs(1 - 4 * z))
    wanted = {"heun": (1 + euler**2) / 2, "rk4": euler + 1 / 2 + 1 / 6 + 1 / 24}
    rate = fx.maps.step_bound(cell, None).rate
    assert rate == pytest.approx(wanted.get(method, euler), rel=1e-5)


def test_an_identity_network_has_the_norm_of_its_matrix():
    """No slope is free, so that a diagonal metric comes near the largest |eigenvalue|."""
    cell = drawn("potential", "euler", activation="identity")
    with jax.enable_x64(True):
        step = np.asarray(jax.jacfwd(lambda s: widen(cell)(s, jnp.zeros(0)))(jnp.zeros(UNITS)))
    bound = fx.maps.step_bound(cell, None)
    turned = bound.metric @ step @ np.linalg.inv(bound.metric)
    assert np.abs(np.linalg.eigvals(step)).max() <= bound.rate
    assert bound.rate == pytest.approx(np.linalg.norm(turned, 2), rel=1e-6)
    assert bound.rate <= np.linalg.norm(step, 2) * (1 + 1e-6)


def test_calm_networks_are_certified_and_strong_ones_refuted(key):
    assert fx.certify(drawn("potential", "euler"), limit=1.0, key=key)
    strong = fx.networks.CTRNN.from_arrays(
        np.full((UNITS, UNITS), 3.0), activation="tanh", step_size=0.2
    )
    found = fx.certify(strong, limit=1.0, key=key)
    assert found.verdict is fx.Verdict.REFUTED
    replayed = found.witness.replay(fx.maps.one_step(strong, found.metric))
    assert replayed == pytest.approx(found.witness.stretch, rel=1e-9)
    assert 1 < replayed <= found.rate


def test_an_unknown_activation_has_no_factor():
    cell = drawn("rate", "euler", activation=jnp.sin)
    assert "slopes" in fx.maps.step_bound(cell, None).because


def test_a_hamiltonian_network_keeps_its_energy_while_all_units_are_on(key):
    """|R(i h w)| of the classical method at its fastest mode; elsewhere it may part states."""
    cell = fx.networks.HamiltonianCTRNN(1, 4, key=key)
    found = fx.certify(cell, limit=1.0, key=key)
    (energy,) = found.parts
    turns = 0.5j * fx.quantize(cell).frequencies
    growth = abs(1 + turns + turns**2 / 2 + turns**3 / 6 + turns**4 / 24)
    assert energy.rate == pytest.approx(growth.max(), rel=1e-6)
    assert found.verdict is fx.Verdict.REFUTED
    assert 1 < found.bounds[0] <= found.bounds[1]
    assert driven_apart(cell, fx.maps.step_bound(cell, None)) <= found.rate


def test_a_ring_of_inputs_forgets_by_one_place_a_step(key):
    cell = fx.networks.QUNN(1, 2, block=4, layers=2, flow="exponential", key=key)
    found = fx.certify(cell, limit=1.0, box=(-1.0, 1.0))
    assert found
    assert found.rate == pytest.approx(np.exp(-1 / 4))
    assert 0.95 * found.rate <= found.bounds[0] <= found.rate * (1 + 1e-9)


@pytest.mark.parametrize(
    "more", [{"carry": True}, {"variant": "earlier"}], ids=["carry", "earlier"]
)
def test_rings_and_memories_at_every_place_of_the_clock(more, key):
    """12 pairs at each of four places: the search above looks at one alone."""
    cell = fx.networks.QUNN(1, 2, block=4, layers=2, clock="skip", key=key, **more)
    cell = eqx.tree_at(lambda c: c.memory_logits, cell, jnp.linspace(-6.0, 1.0, 4))
    bound = fx.maps.step_bound(cell, None)
    step = fx.maps.one_step(cell, bound.metric)
    rng = np.random.default_rng(0)
    for clock in range(4):
        for _ in range(12):
            first, second = rng.normal(size=(2, len(bound.metric)))
            first[8] = second[8] = clock  # of the weight 1
            ends = [step(np.append(state, 0.3)) for state in (first, second)]
            far = np.linalg.norm(first - second)
            assert np.linalg.norm(ends[0] - ends[1]) <= bound.rate * far


def test_layers_part_no_further_than_proven(key):
    """Rings of inputs in the box; the flows are turns, the printed layers are not."""
    rng = np.random.default_rng(0)
    cell = fx.networks.QUNN(1, 2, block=4, layers=3, activation="tanh", key=key)
    (layers,) = fx.maps.step_bound(cell, (-2 * np.ones(1), np.ones(1))).parts
    run = eqx.filter_jit(lambda xs: cell.layer_bounds(fx.networks.run(cell, xs).state))
    seen = [float(run(jnp.asarray(xs)).max()) for xs in rng.choice([-2.0, 1.0], (20, 6, 1))]
    assert max(seen) <= layers.rate
    assert layers.rate < 4 * max(seen)
    turning = fx.networks.QUNN(1, 2, block=4, flow="cayley", key=key)
    assert fx.maps.step_bound(turning, None).parts[0].rate == 1
    assert fx.maps.step_bound(cell, None).parts == ()
