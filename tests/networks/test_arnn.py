"""Anti-Hermitian networks: limits, symplectic forms, inverses, and what print claims of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import feynax as fx

N = fx.networks
MAKE = {
    "symplectic_euler": lambda *a, **k: N.SymplecticRNN(*a, **k),
    "verlet": lambda *a, **k: N.SymplecticRNN(*a, scheme="verlet", **k),
    "printed": lambda *a, **k: N.SymplecticRNN(*a, outer="printed", **k),
    "two_step_leapfrog": lambda *a, **k: N.TwoStepLeapfrogRNN(*a, **k),
    "implicit_midpoint": lambda *a, **k: N.ImplicitMidpointRNN(*a, **k),
    "newton": lambda *a, **k: N.ImplicitMidpointRNN(*a, solver="newton", **k),
}


def cell_of(name, units=5, scale=1.0, seed=0, **options):
    """A cell with normal weights and biases of the given scale."""
    cell = MAKE[name](2, units, key=jax.random.key(seed), dtype=jnp.float64, **options)
    arrays, rest = eqx.partition(cell, eqx.is_array)
    flat, back = ravel_pytree(arrays)
    drawn = np.random.default_rng(seed).normal(size=flat.shape) * scale / np.sqrt(units)
    return eqx.combine(back(jnp.asarray(drawn)), rest)


def flat_step(cell, x):
    """The cell's step on flat states, a flat start, and its inverse."""
    start, back = ravel_pytree(cell.initial_state())
    ready, drive = cell.prepare(), cell.drive(x)
    forth = lambda s: ravel_pytree(cell.step(ready, back(s), drive))[0]
    undo = lambda s: ravel_pytree(cell.invert(ready, back(s), drive))[0]
    return forth, undo, start.shape[0]


def at_zero(cell):
    """The matrix of one linear step, or of the linearised step at rest."""
    cell = eqx.tree_at(lambda c: c.bias, cell, jnp.zeros_like(cell.bias))
    forth, _, size = flat_step(cell, jnp.zeros(2))
    return np.asarray(jax.jacobian(forth)(jnp.zeros(size)))


def radius(matrix):
    return np.abs(np.linalg.eigvals(matrix)).max()


@pytest.mark.parametrize("name", MAKE)
def test_step_is_the_formula(name):
    cell, rng = cell_of(name, step_size=0.2), np.random.default_rng(1)
    x = rng.normal(size=2)
    now, before = rng.normal(size=(2, 5))
    v, b = np.asarray(cell.weight_ih), np.asarray(cell.bias)
    shift, h = v @ x + b, 0.2
    if isinstance(cell, N.SymplecticRNN):
        w1 = np.asarray(cell.weights[0].T if name == "printed" else cell.weights[0])
        w2 = np.asarray(cell.weights[-1])
        o1, o2 = (np.eye(5), np.eye(5)) if name == "printed" else (w1.T, w2.T)
        y, z = now, before
        push = h / 2 if name == "verlet" else h
        z = z - push * o1 @ np.tanh(w1 @ y + shift[:5])
        y = y + h * o2 @ np.tanh(w2 @ z + shift[5:])
        if name == "verlet":
            z = z - push * o1 @ np.tanh(w1 @ y + shift[:5])
        found, want = cell((jnp.asarray(now), jnp.asarray(before)), jnp.asarray(x)), (y, z)
    elif name == "two_step_leapfrog":
        a = np.asarray(cell.weight - cell.weight.T)
        found = cell((jnp.asarray(now), jnp.asarray(before)), jnp.asarray(x))
        want = (before + 2 * h * np.tanh(a @ now + shift), now)
    else:
        a = np.asarray(cell.weight - cell.weight.T)
        new = np.asarray(cell(jnp.asarray(now), jnp.asarray(x)))
        found, want = (new,), (now + h * np.tanh(a @ (now + new) / 2 + shift),)
    for f, w in zip(found, want, strict=True):
        np.testing.assert_allclose(f, w, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("dt", [None, 0.4])
def test_inverse_undoes_the_step(name, dt):
    cell, rng = cell_of(name), np.random.default_rng(2)
    state = jax.tree.map(lambda a: jnp.asarray(rng.normal(size=a.shape)), cell.initial_state())
    dt = None if dt is None else jnp.asarray(dt)
    drive, ready = cell.drive(jnp.ones(2)), cell.prepare()
    back = cell.invert(ready, cell.step(ready, state, drive, dt), drive, dt)
    for f, w in zip(jax.tree.leaves(back), jax.tree.leaves(state), strict=True):
        np.testing.assert_allclose(f, w, rtol=0, atol=1e-13)


def test_the_transposed_pair_is_symplectic_and_the_printed_one_is_not():
    form = np.block([[np.zeros((5, 5)), np.eye(5)], [-np.eye(5), np.zeros((5, 5))]])
    defects = {}
    for name in ("symplectic_euler", "verlet", "printed"):
        forth, _, size = flat_step(cell_of(name, scale=2.0, step_size=0.2), jnp.ones(2))
        slope = np.asarray(jax.jacobian(forth)(jnp.linspace(-1.0, 1.0, size)))
        assert np.linalg.det(slope) == pytest.approx(1, abs=1e-13)
        defects[name] = np.abs(slope.T @ form @ slope - form).max()
    assert defects["symplectic_euler"] < 1e-14
    assert defects["verlet"] < 1e-14
    assert defects["printed"] > 0.1


@pytest.mark.parametrize("name", ["symplectic_euler", "verlet", "printed"])
def test_symplectic_limit_is_two(name):
    """On the circle below the limit of 2, off it above; print's limit of 1 is inside."""
    for seed in range(4):
        cell = cell_of(name, seed=seed, activation="identity")
        limit = float(cell.step_limit())
        for part, stable in ((0.5, True), (0.999, True), (1.001, False)):
            found = radius(at_zero(scaled(cell, part * limit)))
            assert (found < 1 + 1e-6) == stable


def test_two_step_limit_is_one():
    cell = cell_of("two_step_leapfrog", activation="identity")
    limit = float(cell.step_limit())
    assert radius(at_zero(scaled(cell, 0.999 * limit))) < 1 + 1e-6
    assert radius(at_zero(scaled(cell, 1.001 * limit))) > 1.01
    edge = np.linalg.matrix_power(at_zero(scaled(cell, limit)), 400)
    half = np.linalg.matrix_power(at_zero(scaled(cell, limit)), 200)
    # a defective double root: growth in proportion to the steps
    assert np.linalg.norm(edge, 2) / np.linalg.norm(half, 2) == pytest.approx(2, abs=0.02)


def scaled(cell, h):
    """The cell at another step: the step size is static, so a new one is made."""
    config = {**cell.config(), "step_size": h}
    fresh = type(cell)(**config, dtype=jnp.float64, key=jax.random.key(0))
    return jax.tree.unflatten(jax.tree.structure(fresh), jax.tree.leaves(cell))


def test_linear_midpoint_is_orthogonal():
    for h in (0.1, 3.0, 100.0):
        step = at_zero(cell_of("newton", activation="identity", step_size=h))
        np.testing.assert_allclose(step @ step.T, np.eye(5), rtol=0, atol=1e-13)


def test_changing_weights_resonate():
    """Alternating h w = +-0.95, each stable for itself, grow: "regardless of W_l" is false."""

    def period(w):
        cell = N.SymplecticRNN(
            1, 1, outer="printed", activation="identity", step_size=1.0, dtype=jnp.float64,
            key=jax.random.key(0),
        )  # fmt: skip
        both = [eqx.tree_at(lambda c: c.weights, cell, jnp.full((1, 1, 1), v)) for v in (w, -w)]
        forth = [flat_step(c, jnp.zeros(1))[0] for c in both]
        steps = [np.asarray(jax.jacobian(f)(jnp.zeros(2))) for f in forth]
        assert all(radius(s) < 1 + 1e-12 for s in steps)
        return radius(steps[1] @ steps[0])

    assert period(0.95) == pytest.approx(2.397385115101454, rel=1e-12)
    assert period(1.9) == pytest.approx(14.965278658223616, rel=1e-12)


def test_reversibility_30_holds_for_verlet_without_the_drift_bias_only():
    """rho Phi = Phi^-1 rho with rho the flip of z; symplectic Euler needs rho after the kick."""
    flip = jnp.concatenate([jnp.ones(5), -jnp.ones(5)])
    state = jnp.linspace(-1.0, 1.0, 10)

    def miss(cell, rho=lambda s: flip * s):
        forth, undo, _ = flat_step(cell, jnp.zeros(2))
        return float(jnp.abs(rho(forth(state)) - undo(rho(state))).max())

    def odd(cell):  # the drift s(W2 z) is odd where its bias is 0
        return eqx.tree_at(lambda c: c.bias, cell, cell.bias.at[5:].set(0))

    euler, verlet = (
        cell_of(name, scale=2.0, step_size=0.5) for name in ("symplectic_euler", "verlet")
    )
    assert miss(odd(verlet)) < 1e-14
    assert miss(verlet) > 0.1
    assert miss(odd(euler)) > 0.1
    kick = odd(euler).shears(None, euler.drive(jnp.zeros(2)))[0].push
    both = lambda s: s.at[5:].add(kick((s[:5], s[5:])))
    assert miss(odd(euler), lambda s: flip * both(s)) < 1e-14


def chain(seed, units=32, scale=1.0):
    rng = np.random.default_rng(seed)
    w1, w2 = (scale * rng.normal(size=(units, units)) / np.sqrt(units) for _ in range(2))
    b1, b2 = rng.normal(size=(2, units))
    return w1, w2, b1, b2, rng.normal(size=units), rng.normal(size=units)


def deep_slope(name, weights, bias, start, **options):
    """Largest and smallest singular value of dY_1000/dY_0 at h = 0.1."""
    units = start.shape[0] // (1 if name == "implicit_midpoint" else 2)
    cell = MAKE[name](1, units, dtype=jnp.float64, key=jax.random.key(0), **options)
    field = "weight" if name == "implicit_midpoint" else "weights"
    where = lambda c: (getattr(c, field), c.weight_ih, c.bias)
    cell = eqx.tree_at(where, cell, (weights, jnp.zeros_like(cell.weight_ih), bias))
    forth, _, size = flat_step(cell, jnp.zeros(1))

    @jax.jit
    def product(start):
        def body(carry, _):
            state, slope = carry
            return (forth(state), jax.jacfwd(forth)(state) @ slope), None

        return jax.lax.scan(body, (start, jnp.eye(size)), None, 1000)[0][1]

    found = np.linalg.svd(np.asarray(product(jnp.asarray(start))), compute_uv=False)
    return found[0], found[-1]


def test_gradients_neither_vanish_nor_explode_in_weak_networks_only():
    """The recorded singular values after 1000 steps; linear, weak, unit weights, and as printed."""
    w1, w2, b1, b2, y, z = chain(0)
    start, bias = np.concatenate([y, z]), jnp.concatenate([b1, b2])
    pair = jnp.stack([w1, w2])
    none = jnp.zeros_like(bias)
    linear = deep_slope("printed", jnp.asarray(w1[None]), none, start, activation="identity")
    np.testing.assert_allclose(linear, (1.0781302979268217, 0.9275316739757141), rtol=1e-9)
    weak = deep_slope("symplectic_euler", 0.3 * pair, bias, start)
    np.testing.assert_allclose(weak, (6.770986303282086, 0.1476889710314843), rtol=1e-6)
    unit = deep_slope("symplectic_euler", pair, bias, start)
    np.testing.assert_allclose(unit, (1035.5392597587188, 0.0009656804323027497), rtol=1e-3)
    same = jnp.concatenate([b1, b1])
    printed = deep_slope("printed", jnp.asarray(w1[None]), same, start)
    np.testing.assert_allclose(printed, (6506.285122955477, 0.0001656783291768505), rtol=1e-2)
    middle = deep_slope("implicit_midpoint", jnp.asarray(w1), none[:32], y, activation="identity")
    np.testing.assert_allclose(middle, (1, 1), rtol=1e-11)


def test_implicit_stage_is_never_an_unconverged_value():
    """A linear network with h |A| far beyond 2: the fixed point repels, Newton needs one round."""
    wild = {"scale": 5.0, "step_size": 2.0, "activation": "identity"}
    cell, y, x = cell_of("implicit_midpoint", **wild), jnp.ones(5), jnp.ones(2)
    with pytest.raises(Exception, match="did not converge in 200 rounds"):
        jax.block_until_ready(cell(y, x))
    newton = cell_of("newton", **wild)
    new = newton(y, x)
    middle = newton.prepare() @ ((y + new) / 2) + newton.drive(x)
    np.testing.assert_allclose(new, y + 2 * middle, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", ["implicit_midpoint", "newton"])
def test_implicit_gradient_is_that_of_the_solution(name):
    """Against central differences, of weights and state; h |A| is about 1."""
    cell, x = cell_of(name, step_size=0.3), jnp.ones(2)
    learned, fixed = eqx.partition(cell, eqx.is_array)
    flat, back = ravel_pytree((learned, jnp.linspace(-1.0, 1.0, 5)))

    @jax.jit
    def value(flat):
        learned, y = back(flat)
        return jnp.sum(jnp.sin(eqx.combine(learned, fixed)(y, x)))

    way = jnp.asarray(np.random.default_rng(5).normal(size=flat.shape))
    slope = jnp.vdot(jax.jit(jax.grad(value))(flat), way)
    wanted = (value(flat + 1e-5 * way) - value(flat - 1e-5 * way)) / 2e-5
    assert float(slope) == pytest.approx(float(wanted), rel=1e-7)


@pytest.mark.parametrize(
    ("name", "order"),
    [("symplectic_euler", 1), ("printed", 1), ("verlet", 2), ("implicit_midpoint", 2)],
)
def test_order_of_convergence_to_the_declared_equation(name, order):
    """Against the record's own vector field by 4000 classical Runge-Kutta steps."""
    cell, x = cell_of(name, step_size=0.5), jnp.ones(2)
    start, back = ravel_pytree(cell.initial_state())
    start = jnp.linspace(-1.0, 1.0, start.shape[0])
    field = lambda s: ravel_pytree(cell.equation().vector_field(back(s), x))[0]

    def classical(s, _):
        h = 1 / 500
        k1 = field(s)
        k2 = field(s + h / 2 * k1)
        k3 = field(s + h / 2 * k2)
        return s + h / 6 * (k1 + 2 * k2 + 2 * k3 + field(s + h * k3)), None

    true = jax.jit(lambda s: jax.lax.scan(classical, s, None, 1000)[0])(start)  # two samples' time
    errors = []
    for steps in (40, 80):
        dts = jnp.full(steps, 2 / steps)
        last = N.run(cell, jnp.broadcast_to(x, (steps, 2)), state=back(start), dts=dts).state
        errors.append(float(jnp.abs(ravel_pytree(last)[0] - true).max()))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("name", MAKE)
def test_records_and_configurations(name):
    cell = cell_of(name)
    found = fx.as_equation(cell)
    assert found.name == type(cell).__name__
    assert found.integrator != "leapfrog"
    again = type(cell)(**cell.config(), key=jax.random.key(1))
    assert again.config() == cell.config()


def test_refuses():
    for options, match in (
        ({"step_size": -0.1}, "`step_size` must be positive"),
        ({"scheme": "leapfrog"}, "`scheme` must be one of"),
        ({"outer": "inverse"}, "`outer` must be one of"),
        ({"activation": "relu"}, "`activation` must be one of"),
    ):
        with pytest.raises(ValueError, match=match):
            N.SymplecticRNN(1, 2, **options, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`solver` must be one of"):
        N.ImplicitMidpointRNN(1, 2, solver="guess", key=jax.random.key(0))
