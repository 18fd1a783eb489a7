"""The redraw of signs: its Ising chain, its couplings, and a double well it thaws."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.paths._moves._ising import tied_bonds
from feynax.paths._moves._mirror import _sides, neighbour_couplings

P = fx.paths
DRAWS = 40_000
ENDS = [P.Periodic(), P.FixedEnds(0.6, -1.3), P.HalfLine(0.6), P.FreeEnds()]


def double_well(x):
    return (x**2 - 4) ** 2 / 4


def wells(V=double_well, *, beta=4.0, slices=8, **other):
    return P.PathEnsemble(V, beta=beta, slices=slices, **other)


def hat(x):
    return (jnp.sum(x**2, 0) - 4) ** 2


@eqx.filter_jit
def patterns(couplings):
    """How often each set of turned bonds is drawn."""
    draw = lambda key: tied_bonds(couplings, key)
    turned = jax.vmap(draw)(jax.random.split(jax.random.key(3), DRAWS))
    number = turned.astype(int) @ (2 ** jnp.arange(couplings.size))
    return jnp.bincount(number, length=2**couplings.size)


@pytest.mark.parametrize(
    "couplings",
    [
        [0.4, 1.1, 0.0, 0.3, 0.7],
        [0.4, -1.1, 0.2, 0.3, -0.7],
        [0.5, -0.9, 0.8, 1.3, 2.0],  # an odd number of bonds would rather turn
        [20.0] * 5,
        [20.0, 20.0, -20.0, 20.0, 20.0],  # all five choices cost the same, and 1 - T underflows
        [300.0, 1.0, 1.2, 400.0, -500.0],
    ],
)
def test_tied_bonds_have_the_boltzmann_probabilities(couplings):
    """Within 5 sigma of the enumeration of all 32 patterns, impossible ones never."""
    J = np.array(couplings)
    turns = np.array(list(itertools.product([0, 1], repeat=5)))[:, ::-1]
    logs = -2 * turns @ J
    weights = np.exp(logs - logs[turns.sum(1) % 2 == 0].max()) * (turns.sum(1) % 2 == 0)
    exact = weights / weights.sum()
    found = np.asarray(patterns(jnp.asarray(J))) / DRAWS
    sigma = np.sqrt(exact * (1 - exact) / DRAWS) + 1e-4
    assert np.all(np.abs(found - exact) < 5 * sigma)
    assert not found[turns.sum(1) % 2 == 1].any()


@pytest.mark.parametrize("ends", ENDS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("action", ["trapezoid", "midpoint", "takahashi_imada", "chin"])
def test_couplings_are_what_sides_cost(action, ends):
    """S/hbar after any change of sides is S before plus 2J of each bond that turned."""
    ens = wells(action=action, ends=ends, mass=1.3, hbar=0.7)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(1, ens.sites)))
    sides = rng.integers(0, 2, ens.sites)
    turned = np.diff(sides, prepend=sides[-1]) % 2 if ens.closed else np.diff(sides) % 2
    other = jnp.asarray(np.where(sides, -1.0, 1.0))[None] * x
    cost = ens.action(other) - ens.action(x)
    assert np.isclose(cost, 2 * turned @ np.asarray(neighbour_couplings(ens, x, -x)), rtol=1e-10)
    drawn = np.asarray(_sides(ens, neighbour_couplings(ens, x, -x), jax.random.key(1)))
    assert drawn.shape == (ens.sites,)
    assert not drawn[0] or not isinstance(ens.ends, P.FixedEnds | P.HalfLine)
    assert not drawn[-1] or not isinstance(ens.ends, P.FixedEnds)


def test_any_mirror_of_a_sombrero_costs_what_the_couplings_say():
    ens = wells(hat, action="midpoint", mass=np.ones(2))
    x = jnp.asarray(np.random.default_rng(1).normal(size=(2, 8)))
    move = P.SignRedraw(ens)
    assert move.mirrors is None
    moved = move(ens, x, jax.random.key(2))
    assert np.allclose(jnp.sum(moved**2, 0), jnp.sum(x**2, 0))
    assert not np.allclose(moved, x)
    normal = jnp.array([[0.6, -0.8]])
    reflected = (jnp.eye(2) - 2 * normal.T @ normal) @ x
    sides = np.array([0, 1, 1, 0, 1, 0, 0, 1])
    turned = np.diff(sides, prepend=sides[-1]) % 2
    cost = ens.action(jnp.where(sides[None] == 1, reflected, x)) - ens.action(x)
    assert np.isclose(
        cost, 2 * turned @ np.asarray(neighbour_couplings(ens, x, reflected)), rtol=1e-10
    )


def test_mirrors_are_found_and_others_refused():
    coupled = lambda x: jnp.sum((x**2 - 4) ** 2, 0) + (x[0] - x[1]) ** 2
    half = lambda x: (x[0] ** 2 - 4) ** 2 + x[1] ** 4 + x[1]
    tilted = wells(lambda x: double_well(x) + 1e-3 * x)
    assert P.mirrors_of(wells(hat, mass=np.ones(2))) == "random"
    assert np.array_equal(P.mirrors_of(wells(coupled, mass=[1, 2])), -np.eye(2)[None])
    assert np.array_equal(P.mirrors_of(wells(half, mass=[1, 2])), [np.diag([-1, 1])])
    heavy = wells(lambda x: hat(x), mass=[[2.0, 0.5], [0.5, 2.0]])
    assert np.array_equal(P.mirrors_of(heavy), -np.eye(2)[None])
    with pytest.raises(ValueError, match="even potential"):
        P.SignRedraw(tilted)
    with pytest.raises(ValueError, match="leave V and mass"):
        P.SignRedraw(tilted, -np.eye(1)[None])
    with pytest.raises(ValueError, match="symmetric and orthogonal"):
        P.SignRedraw(wells(), 2 * np.eye(1)[None])
    with pytest.raises(ValueError, match="have a direction"):
        P.SignRedraw(tilted, "random")


def test_default_kernel_redraws_where_there_may_be_wells():
    assert isinstance(P.default_kernel(wells()), P.Composed)
    assert isinstance(P.default_kernel(wells(lambda x: x**4)), P.Rotation)
    assert isinstance(P.default_kernel(wells(lambda x: double_well(x) + x)), P.Rotation)


def exact_square(beta, slices):
    """<x^2> of the midpoint action from the powers of its transfer matrix."""
    x = np.linspace(-5, 5, 401)
    dt = beta / slices
    jump = (x[:, None] - x) ** 2 / (2 * dt)
    levels, states = np.linalg.eigh(np.exp(-jump - dt * double_well((x[:, None] + x) / 2)))
    weights = (levels / levels[-1]) ** slices
    return weights @ (states**2 * (x**2)[:, None]).sum(0) / weights.sum()


@pytest.mark.filterwarnings("ignore:Slices are coarse")
def test_double_well_from_kinks():
    """<x^2> within 4 sigma, and the zero mode independent, though every other chain has kinks."""
    exact = exact_square(20.0, 64)
    assert np.isclose(exact, 3.78044, atol=1e-5)
    run = P.sample(
        wells(beta=20.0, slices=64, action="midpoint"),
        key=jax.random.key(5),
        observables={
            "zero": lambda ens, x: jnp.mean(x),
            "square": lambda ens, x: jnp.mean(x**2),
        },
        chains=8,
        draws=1000,
        warmup=200,
        start=2 * np.sign(np.sin(np.arange(64) * np.pi / 32 + 0.1))[None, None],
    )
    assert abs(run["square"].value - exact) < 4 * run["square"].error
    assert run["zero"].tau < 1.5
    assert abs(run["zero"].value) < 4 * run["zero"].error
