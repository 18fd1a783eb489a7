"""The cell that is Hamiltonian by construction, before and after training."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import CTRNN, HamiltonianCTRNN, run

LEVELS = [False, True]


def moved(cell, key, size=0.3):
    """The cell with all its numbers changed, time constants included."""
    leaves, tree = jax.tree.flatten(cell)
    keys = jax.random.split(key, len(leaves))
    drawn = [
        x + size * jax.random.normal(k, x.shape, x.dtype) for x, k in zip(leaves, keys, strict=True)
    ]
    return jax.tree.unflatten(tree, drawn)


@pytest.mark.float32
@pytest.mark.parametrize("levels", LEVELS)
def test_no_numbers_lead_out(levels, key):
    cell = moved(HamiltonianCTRNN(3, 6, levels=levels, key=key), key)
    ham = fx.quantize(cell)  # refuses a share of 1e-10 that is not symmetric
    assert np.allclose(ham.form, cell.form, rtol=1e-5, atol=1e-5)
    assert not levels or ham.signs.tolist() == [1, 1, 1]
    plain = cell.plain()
    assert isinstance(plain, CTRNN)
    field = fx.maps.relu_field(plain).regime(np.ones(6))
    form = np.linalg.solve(cell.poisson, field.matrix)
    single = cell.factor.dtype == jnp.float32
    assert np.max(np.abs(form - form.T)) < (1e-5 if single else 1e-13)


@pytest.mark.float32
@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_it_is_the_ordinary_network_of_its_weights(method, key):
    cell = moved(HamiltonianCTRNN(3, 4, method=method, step_size=0.2, key=key), key)
    xs = jax.random.normal(key, (7, 3))
    ours, theirs = run(cell, xs).outputs, run(cell.plain(), xs).outputs
    assert jnp.array_equal(ours, theirs)
    state = jax.random.normal(key, (4,))
    assert jnp.allclose(cell(state, xs[0]), cell.plain()(state, xs[0]), atol=1e-6)
    half = jnp.full(7, 0.5, xs.dtype)
    assert jnp.array_equal(run(cell, xs, dts=half).outputs, run(cell.plain(), xs, dts=half).outputs)


def test_energy_is_kept_while_all_are_on(key):
    cell = HamiltonianCTRNN(1, 4, step_size=0.01, key=key)
    bias = jnp.full(4, 50.0)
    rest = 0.1 - cell.weights @ bias  # so that the centre is where all are on
    cell = eqx.tree_at(lambda c: (c.base.bias, c.base.current), cell, (bias, rest))
    ham = fx.quantize(cell)
    assert np.all(ham.centre > -40)
    start = jnp.asarray(ham.centre + 3.0)
    states = run(cell.plain(), jnp.zeros((300, 1)), state=start).outputs - 50.0
    energy = np.einsum("ti,ij,tj->t", states, ham.form, states) / 2 + states @ ham.slope
    assert np.ptp(energy) < 1e-7 * abs(energy[0] - ham.centre_energy)


def test_equation_and_configuration(key):
    cell = HamiltonianCTRNN(3, 4, levels=False, step_size=0.2, learn_initial=True, key=key)
    again = HamiltonianCTRNN(**cell.config(), key=key)
    assert jax.tree.structure(again) == jax.tree.structure(cell)
    assert cell.equation().name == "HamiltonianCTRNN"
    with pytest.raises(ValueError, match="hidden_size"):
        HamiltonianCTRNN(1, 3, key=key)
    with pytest.raises(ValueError, match="least"):
        HamiltonianCTRNN(1, 4, least=0.0, key=key)


def test_training_stays_inside(key):
    cell = HamiltonianCTRNN(2, 4, method="euler", key=key)
    xs, wanted = jax.random.normal(key, (5, 2)), jnp.ones((5, 4))

    @eqx.filter_jit
    def descend(cell):
        loss = lambda c: jnp.mean((run(c, xs).outputs - wanted) ** 2)
        return loss(cell), eqx.apply_updates(
            cell, jax.tree.map(lambda g: -0.05 * g, eqx.filter_grad(loss)(cell))
        )

    first, moved_on = descend(cell)
    last = first
    for _ in range(20):
        last, moved_on = descend(moved_on)
    assert last < 0.9 * first
    assert float(jnp.max(jnp.abs(moved_on.factor - cell.factor))) > 0.02
    ham = fx.quantize(moved_on)
    assert ham.kind == "elliptic"
    assert np.all(np.diff(ham.levels(5)) > 0)
