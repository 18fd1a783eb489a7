"""Sequences whose gradient keeps no states: equal to plain gradients, or an error."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

N = fx.networks
X64 = jax.config.read("jax_enable_x64")
CELLS = {
    "symplectic_euler": lambda key: N.SymplecticRNN(2, 4, key=key),
    "verlet": lambda key: N.SymplecticRNN(2, 4, scheme="verlet", key=key),
    "printed": lambda key: N.SymplecticRNN(2, 4, outer="printed", key=key),
    "two_step_leapfrog": lambda key: N.TwoStepLeapfrogRNN(2, 4, key=key),
    "implicit_midpoint": lambda key: N.ImplicitMidpointRNN(2, 4, key=key),
}
OURS = {
    "none stored": {},
    "check states": {"check_every": 6},
    "exact": {"exact": True},
    "exact, check states": {"exact": True, "check_every": 4},
}


def value_and_slope(run):
    """Value and gradient, in cell and inputs, of a loss on all outputs and on the last state."""

    @eqx.filter_jit
    @eqx.filter_value_and_grad
    def loss(given):
        found = run(*given)
        last = sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(found.state))
        return jnp.sum(jnp.sin(found.outputs)) + last

    return loss


def gap(found, wanted):
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True)
    return max(float(jnp.max(jnp.abs(f - w))) for f, w in pairs)


def batch(key):
    xs = jax.random.normal(key, (3, 10, 2))
    mask = jnp.arange(10)[None] < jnp.array([10, 4, 7])[:, None]
    return xs, mask, 1 + 0.3 * jnp.sin(jnp.arange(30.0)).reshape(3, 10)


@pytest.mark.parametrize(
    ("name", "ragged", "ways"),
    [
        pytest.param("symplectic_euler", False, ["none stored"], marks=pytest.mark.float32),
        ("verlet", True, list(OURS)),
        ("printed", True, ["none stored"]),
        ("two_step_leapfrog", True, ["check states"]),
        ("implicit_midpoint", False, ["none stored"]),
    ],
)
def test_equals_plain_autodiff(key, name, ragged, ways):
    cell = CELLS[name](key)
    xs, mask, dts = batch(key)
    mask, dts = (mask, dts) if ragged else (None, None)
    plain = lambda cell, xs: jax.vmap(lambda x, m, d: N.run(cell, x, mask=m, dts=d))(xs, mask, dts)
    want = value_and_slope(plain)((cell, xs))
    eps = float(jnp.finfo(xs.dtype).eps)
    for way in ways:
        run = functools.partial(N.reversible_run, mask=mask, dts=dts, **OURS[way])
        found = value_and_slope(run)((cell, xs))
        # whole numbers are coarser: 2^-40 beside 2^-52, 2^-22 beside 2^-23
        assert gap(found, want) < (3e6 if "exact" in way and X64 else 3e3) * eps, way


def test_one_sequence_and_vmap_agree_with_a_batch(key):
    cell, (xs, _, _) = CELLS["verlet"](key), batch(key)
    together = N.reversible_run(cell, xs)
    apart = jax.vmap(lambda x: N.reversible_run(cell, x))(xs)
    assert gap(together, apart) < 1e-14
    assert together.outputs.shape == (3, 10, 4)


class Affine(N.AbstractInvertibleCell):
    """A user's cell: s <- c s + x, which contracts, so that its inverse amplifies rounding."""

    factor: jax.Array
    input_size: int = 1
    hidden_size: int = 1

    def initial_state(self):
        return jnp.ones(1)

    def drive(self, x):
        return x

    def step(self, ready, state, drive, dt=None):
        return self.factor * state + drive

    def invert(self, ready, state, drive, dt=None):
        return (state - drive) / self.factor

    def output(self, state):
        return state

    def equation(self):
        raise TypeError("no record")


def slope_of(cell, xs, **options):
    learned, fixed = eqx.partition(cell, eqx.is_inexact_array)

    @jax.jit
    def slope(learned):
        loss = lambda p: jnp.sum(N.reversible_run(eqx.combine(p, fixed), xs, **options).state)
        return jax.grad(loss)(learned)

    return jax.block_until_ready(slope(learned)).factor


def test_a_users_cell_loses_its_states_says_so_and_check_states_cure_it():
    """0.3^60 = 4e-32: the start is unknown after 60 steps, and known to 1e-11 after ten."""
    xs = jnp.sin(jnp.arange(60.0))[:, None]
    cell = Affine(jnp.asarray(0.3))
    with pytest.raises(Exception, match="recovery is lost and this gradient would be wrong"):
        slope_of(cell, xs)
    plain = jax.grad(lambda f: jnp.sum(N.run(Affine(f), xs).state))(jnp.asarray(0.3))
    np.testing.assert_allclose(slope_of(cell, xs, check_every=10), plain, rtol=1e-9)


def test_scan_over_functions_has_the_same_checks():
    shrink, grow = (lambda p, s, x: p * s + x), (lambda p, s, x: (s - x) / p)
    xs = jnp.sin(jnp.arange(60.0))

    def slope(**options):
        last = lambda p: N.reversible_scan(shrink, grow, p, jnp.ones(()), xs, **options)
        return jax.jit(jax.grad(last))(jnp.asarray(0.3))

    with pytest.raises(Exception, match="recovery is lost"):
        jax.block_until_ready(slope(recovery_limit=1e-3))
    plain = lambda p: jax.lax.scan(lambda s, x: (shrink(p, s, x), None), jnp.ones(()), xs)[0]
    wanted = jax.grad(plain)(jnp.asarray(0.3))
    found = slope(check_every=10, recovery_limit=1e-3)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def memory_of(steps, **options):
    cell = N.SymplecticRNN(1, 16, key=jax.random.key(0))
    learned, fixed = eqx.partition(cell, eqx.is_inexact_array)
    loss = lambda p, xs: jnp.sum(N.reversible_run(eqx.combine(p, fixed), xs, **options).state[0])
    program = jax.jit(jax.grad(loss)).lower(learned, jnp.zeros((8, steps, 1))).compile()
    used = program.memory_analysis()
    assert used is not None
    return used.temp_size_in_bytes


@pytest.mark.parametrize("options", [{}, {"exact": True}])
def test_memory_does_not_depend_on_the_length(options):
    assert memory_of(1000, **options) == memory_of(50, **options)


def test_memory_of_check_states_is_theirs():
    state = 2 * 8 * 16 * 8  # two halves, batch 8, 16 units, 8 bytes
    more = memory_of(1000, check_every=10) - memory_of(50, check_every=10)
    assert 95 * state <= more <= 2 * 95 * state + 1000


def chaotic(scale):
    """The specification's pair: 32 units, normal weights, h = 0.1, no input."""
    rng, n = np.random.default_rng(1), 32
    weights = scale * rng.normal(size=(2, n, n)) / np.sqrt(n)
    bias, y, z = rng.normal(size=2 * n), rng.normal(size=n), rng.normal(size=n)
    cell = N.SymplecticRNN(1, n, dtype=jnp.float64, key=jax.random.key(0))
    where = lambda c: (c.weights, c.weight_ih, c.bias)
    new = (jnp.asarray(weights), jnp.zeros((2 * n, 1)), jnp.asarray(bias))
    return eqx.tree_at(where, cell, new), (jnp.asarray(y), jnp.asarray(z))


@pytest.mark.parametrize(
    ("scale", "dtype", "low", "high"),
    [(0.3, "float64", 1e-15, 1e-12), (0.3, "float32", 1e-6, 1e-4)],
)
def test_weak_pair_is_recovered_after_ten_thousand_steps(scale, dtype, low, high):
    """Recorded: 1.9e-12 and 5.9e-4 absolute, of states up to 66."""
    cell, state = chaotic(scale)
    found = N.recovery(cell, jnp.zeros((10000, 1)), state=state, dtype=dtype)
    assert found.lost is None
    assert low < found.errors[-1] < high
    assert "recovered 10000 steps back" in str(found)


def test_unit_weights_are_lost_after_ten_thousand_steps_but_not_as_whole_numbers():
    cell, state = chaotic(1.0)
    xs = jnp.zeros((10000, 1))
    double = N.recovery(cell, xs, state=state)
    single = N.recovery(cell, xs, state=state, dtype="float32")
    assert double.lost is not None
    assert single.lost is not None
    assert single.lost < double.lost < 10000
    assert "recovery lost" in str(double)
    for dtype in ("float32", "float64"):
        exact = N.recovery(cell, xs, state=state, dtype=dtype, exact=True)
        assert not exact.errors.any()
        assert exact.dtype == dtype


@pytest.mark.float32
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_recovery_runs_in_the_precision_it_is_asked_for(key, dtype):
    found = N.recovery(CELLS["two_step_leapfrog"](key), jnp.ones((5, 2)), dtype=dtype)
    assert found.dtype == dtype
    assert found.errors.dtype == dtype
    assert found.errors.shape == (5,)


def test_exact_states_have_a_range():
    cell = eqx.tree_at(lambda c: c.bias, CELLS["printed"](jax.random.key(0)), jnp.full(8, 30.0))
    huge = (jnp.full(4, 2.0**23), jnp.zeros(4))
    with pytest.raises(Exception, match="left the range of exact reversal"):
        jax.block_until_ready(N.reversible_run(cell, jnp.ones((3, 2)), state=huge, exact=True))


def test_exact_gradient_of_a_chaotic_pair_is_an_answer_where_floats_give_none():
    cell, state = chaotic(1.5)
    xs = jnp.zeros((4000, 1))
    learned, fixed = eqx.partition(cell, eqx.is_inexact_array)

    @eqx.filter_jit
    def slope(learned, exact):
        run = lambda p: N.reversible_run(eqx.combine(p, fixed), xs, state=state, exact=exact)
        return jax.grad(lambda p: 1e-30 * jnp.sum(run(p).state[0]))(learned)

    with pytest.raises(Exception, match="recovery is lost"):
        jax.block_until_ready(slope(learned, False))
    assert jnp.isfinite(slope(learned, True).weights).all()


def test_refuses():
    cell = CELLS["two_step_leapfrog"](jax.random.key(0))
    xs = jnp.ones((5, 2))
    for given, options, match in (
        (xs, {"exact": True}, "not made of shears"),
        (xs, {"check_every": 0}, "`check_every` must be a whole number"),
        (xs, {"recovery_limit": -1.0}, "`recovery_limit` must be positive"),
        (xs, {"mask": jnp.ones(4, bool)}, "`mask` must have shape"),
        (xs[:0], {}, "at least one step"),
        (xs[:, :1], {}, "have 2 columns"),
        (xs[0], {}, "have the shape"),
    ):
        with pytest.raises(ValueError, match=match):
            N.reversible_run(cell, given, **options)
    with pytest.raises(ValueError, match="AbstractInvertibleCell"):
        N.reversible_run(N.GRU(2, 3, key=jax.random.key(0)), xs)
    with pytest.raises(ValueError, match="`length` must be given"):
        N.reversible_scan(lambda p, s, x: s, lambda p, s, x: s, None, jnp.ones(2))
