"""PDE blocks: their limit in small steps, their bounds, their entries and errors."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from feynax.networks import PDEBlock


def in_double(module):
    return jax.tree.map(lambda a: a.astype(jnp.float64) if eqx.is_array(a) else a, module)


def generator(block, height, width):
    """Matrix of the linear part on one channel, zeros outside, from the printed equation."""
    c = {name: value[0] for name, value in block.coefficients().arrays(np).items()}

    def first(n):
        return 0.5 * (np.eye(n, k=1) - np.eye(n, k=-1))

    def second(n):
        return np.eye(n, k=1) - 2 * np.eye(n) + np.eye(n, k=-1)

    along_y = c["sigma2"] / 2 * second(height) + c["rho"] * first(height)
    along_x = c["a2"] / 2 * second(width) + c["beta"] * first(width)
    return (
        np.kron(along_y, np.eye(width))
        + np.kron(np.eye(height), along_x)
        + c["mixed"] * np.kron(first(height), first(width))
        + c["gamma"] * np.eye(height * width)
    )


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("strang", 2), ("exact", None)])
def test_steps_converge_to_the_flow_of_the_equation(key, name, order):
    mixed = name != "exact"
    block = in_double(PDEBlock(1, stepper=name, mixed=mixed, reaction=0, key=key))
    psi = jax.random.normal(key, (1, 6, 5))
    exact = scipy.linalg.expm(generator(block, 6, 5)) @ np.asarray(psi).ravel()
    errors = [np.abs(np.ravel(block(psi, steps=n)) - exact).max() for n in (16, 32)]
    if order is None:
        assert max(errors) < 1e-12
    else:
        assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.15)


def test_reaction_alone_solves_its_own_equation(key):
    """Without transport each pixel is an ODE of its own; Diffrax solves that one."""
    import diffrax

    block = in_double(PDEBlock(3, stepper="euler", key=key))
    still = eqx.tree_at(
        lambda b: (b.linear, b.growth),
        block,
        (jnp.full_like(block.linear, -200.0).at[:, 1::2].set(0.0), block.growth),
    )
    psi = jax.random.normal(key, (3, 1, 1))
    gamma = still.coefficients().gamma

    def field(t, y, args):
        hidden = jax.nn.relu(still.inward[0] @ y + still.offset[0])
        return gamma * y + still.outward[0] @ hidden

    term, solver = diffrax.ODETerm(field), diffrax.Dopri8()
    control = diffrax.PIDController(rtol=1e-10, atol=1e-10)
    flow = diffrax.diffeqsolve(
        term, solver, 0.0, 1.0, 0.1, psi[:, 0, 0], stepsize_controller=control
    ).ys[0]
    errors = [float(jnp.abs(still(psi, steps=n)[:, 0, 0] - flow).max()) for n in (64, 128)]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)
    assert errors[1] < 0.02


@pytest.mark.parametrize(
    "name", ["euler", "exact", pytest.param("strang", marks=pytest.mark.float32)]
)
def test_batch_entry_equals_vmap(key, name):
    block = PDEBlock(2, steps=2, stepper=name, key=key)
    psi = jax.random.normal(key, (3, 2, 4, 5), jnp.float32)
    one_by_one = jax.vmap(block)(psi)
    together = jnp.moveaxis(block.batch_last(jnp.moveaxis(psi, 0, -1)), -1, 0)
    assert jnp.allclose(one_by_one, together, atol=1e-5)


def test_linear_part_never_amplifies_in_continuous_time(key):
    """exp(A) has norm at most 1 whatever the raw parameters are."""
    for k in jax.random.split(key, 20):
        block = in_double(PDEBlock(1, mixed=True, stepper="euler", reaction=0, key=k))
        wild = eqx.tree_at(lambda b: b.linear, block, 4 * block.linear)
        assert np.linalg.norm(scipy.linalg.expm(generator(wild, 5, 5)), 2) <= 1 + 1e-12


def test_coefficients_of_their_own_are_piecewise_constant_in_time(key):
    apart = PDEBlock(2, steps=2, shared=False, stepper="euler", key=key)
    psi = jax.random.normal(key, (2, 4, 4), jnp.float32)
    halves = [
        eqx.tree_at(
            lambda b: (b.linear, b.growth, b.inward, b.offset, b.outward),
            PDEBlock(2, total_time=0.5, steps=3, stepper="euler", key=key),
            tuple(
                getattr(apart, n)[i : i + 1]
                for n in ("linear", "growth", "inward", "offset", "outward")
            ),
        )
        for i in (0, 1)
    ]
    assert jnp.allclose(apart(psi, steps=6), halves[1](halves[0](psi)), atol=1e-6)


def test_gradient_reaches_every_parameter(key):
    block = PDEBlock(2, mixed=True, stepper="strang", key=key)
    psi = jax.random.normal(key, (2, 4, 4), jnp.float32)
    gradient = eqx.filter_grad(lambda b: jnp.sum(b(psi) ** 2))(block)
    assert all(float(jnp.abs(leaf).max()) > 0 for leaf in jax.tree.leaves(gradient))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": 0}, "`steps` must be a whole number"),
        ({"total_time": -1.0}, "`total_time` must be positive"),
        ({"stepper": "magic"}, "`stepper` must be one of"),
        ({"channels": 0}, "`channels` must be a whole number"),
    ],
)
def test_wrong_arguments_are_named(key, wrong, message):
    with pytest.raises(ValueError, match=message):
        PDEBlock(**{"channels": 2, "key": key, **wrong})


def test_wrong_channels_are_named(key):
    with pytest.raises(ValueError, match="`psi` must have shape"):
        PDEBlock(2, key=key)(jnp.zeros((3, 4, 4)))
