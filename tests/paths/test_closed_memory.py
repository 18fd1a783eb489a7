"""Non-local actions against double sums in time, explicit baths and mode sums."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths


def covariance(ens):
    """Of all sites, from second derivatives of the action."""
    shape = (ens.dof, ens.sites)
    whole = jax.hessian(lambda x: ens.action(x.reshape(shape)))(jnp.zeros(ens.dof * ens.sites))
    return np.linalg.inv(whole).reshape(*shape, *shape)


def test_a_kernel_in_time_is_a_double_sum():
    K = lambda tau: 0.7 * jnp.exp(-tau)
    mass = np.array([[1.0, 0.2], [0.2, 2.0]])
    x = np.random.default_rng(1).normal(size=(2, 7))
    make = lambda memory: P.PathEnsemble(
        lambda x: (x**2).sum(0), beta=2.0, slices=7, mass=mass, hbar=0.8, memory=memory
    )
    ens = make(P.RetardedKernel(K, of="time"))
    n = np.arange(7)
    apart = np.abs(n[:, None] - n)
    dt = float(ens.dt)
    table = np.asarray(K(jnp.asarray(np.minimum(apart, 7 - apart) * dt)))
    wanted = dt**2 / 2 * np.einsum("in,nm,im->", x, table, mass @ x) / 0.8
    found = ens.action(jnp.asarray(x)) - make(None).action(jnp.asarray(x))
    assert np.isclose(found, wanted, rtol=1e-12)
    assert make(None).local
    assert not ens.local


@pytest.mark.parametrize("slices", [6, 7])
def test_memory_is_a_bath_that_was_integrated_out(slices):
    """V = w^2 (y - c x / w^2)^2 / 2 of one bath oscillator: g = (c/w)^2 nu^2 / (nu^2 + w^2)."""
    c, w, beta = 0.9, 1.4, 3.0
    coupled = lambda z: z[0] ** 2 / 2 + w**2 * (z[1] - c * z[0] / w**2) ** 2 / 2
    both = P.PathEnsemble(coupled, beta=beta, slices=slices, mass=[1.0, 1.0])
    bath = P.RetardedKernel(lambda nu: (c / w) ** 2 * nu**2 / (nu**2 + w**2))
    one = P.PathEnsemble(lambda x: x**2 / 2, beta=beta, slices=slices, memory=bath)
    assert np.allclose(covariance(one)[0, :, 0], covariance(both)[0, :, 0], rtol=1e-11)


@pytest.mark.parametrize("action", ["trapezoid", "midpoint"])
def test_a_damped_oscillator_is_its_own_reference(action):
    """Exact draws, whose <x^2> is the sum over modes: 5 sigma of 20,000 paths."""
    memory, N = P.Ohmic(0.8, cutoff=5.0), 8
    ens = P.PathEnsemble(
        lambda x: 0.45 * (x - 0.3) ** 2,
        beta=4.0,
        slices=N,
        mass=1.3,
        hbar=0.7,
        action=action,
        memory=memory,
    )
    reference = ens.matched(jnp.zeros((2, 1, N)))
    rest = []
    for q in np.random.default_rng(2).normal(size=(3, 1, N)):
        x = reference.synthesis(jnp.asarray(q))
        rest.append(float(ens.action(x) - (q**2).sum() / 2 - ens.residual(reference, x)))
        assert jnp.allclose(reference.analysis(x), q, atol=1e-12)
        assert jnp.abs(P.settle(ens, reference, jnp.asarray(q)).force).max() < 1e-12
    assert np.ptp(rest) < 1e-11
    nu = 2 / float(ens.dt) * np.sin(np.pi * np.arange(N) / N)
    held = 0.9 / 1.3 * (np.cos(np.pi * np.arange(N) / N) ** 2 if action == "midpoint" else 1)
    rates = nu**2 + held + 0.8 * nu * 5 / (5 + nu)
    exact = np.sum(1 / rates) / (1.3 * 4.0)
    assert np.isclose(covariance(ens)[0, 0, 0, 0], exact, rtol=1e-11)
    draws = jax.vmap(reference.synthesis)(jax.random.normal(jax.random.key(3), (20_000, 1, N)))
    squares = np.asarray((draws - 0.3) ** 2).mean((1, 2))
    assert abs(squares.mean() - exact) < 5 * squares.std() / np.sqrt(20_000)


def test_the_temperature_reaches_the_memory_in_a_trace():
    """Another beta has other frequencies: the same action as an ensemble made with it."""
    make = lambda beta: P.PathEnsemble(lambda x: x**2 / 2, beta=beta, slices=6, memory=P.Ohmic(0.8))
    x = jnp.asarray(np.random.default_rng(1).normal(size=(1, 6)))
    moved = eqx.tree_at(lambda ens: ens.beta, make(2.0), jnp.asarray(3.0))
    assert np.isclose(moved.action(x), make(3.0).action(x), rtol=1e-13)


@pytest.mark.parametrize("action", ["trapezoid", "midpoint"])
def test_paths_are_held_exactly_where_their_whole_quadratic_form_is_positive(action):
    """Of random kernels in time and springs: eigenvalues of the action as a matrix of the sites."""
    random, mass, N, beta = np.random.default_rng(4), np.array([[1.0, 0.3], [0.3, 2.0]]), 6, 6.0
    dt, turn = beta / N, np.roll(np.eye(N), 1, 0)
    seen = np.eye(N) if action == "trapezoid" else (turn + turn.T + 2 * np.eye(N)) / 4
    kinetic = (2 * np.eye(N) - turn - turn.T) / dt
    held = []
    for _ in range(40):
        left, root = random.normal(0.5, 1.5, N // 2 + 1), random.normal(size=(2, 2))
        left[-1] += 2
        own = np.fft.irfft(left - (2 / dt * np.sin(np.pi / N * np.arange(N // 2 + 1))) ** 2, N) / dt
        springs = root @ root.T * random.choice([-1, 2, 9])
        retarded = dt**2 * np.stack([np.roll(own, n) for n in range(N)])
        whole = np.kron(mass, kinetic + retarded) + dt * np.kron(springs, seen)
        held.append(np.linalg.eigvalsh(whole).min() > 0)
        memory = P.RetardedKernel(lambda tau, own=own: jnp.asarray(own), of="time")
        options = {"beta": beta, "slices": N, "mass": mass, "action": action, "memory": memory}
        V = P.QuadraticPotential(springs)
        if held[-1]:
            assert P.PathEnsemble(V, **options).dof == 2
        else:
            with pytest.raises(P.NotNormalisableError):
                P.PathEnsemble(V, **options)
    assert 8 < sum(held) < 32


def test_growth_and_memory_hold_a_path_that_neither_would_alone():
    """Closed form: <x^2> of springs k = 1 and g = -0.9 is that of k = 0.1; a quartic holds any."""
    against = lambda g: P.RetardedKernel(lambda nu: g + 0 * nu)
    make = lambda V, g: P.PathEnsemble(V, beta=2.0, slices=8, memory=against(g))
    one, other = make("x**2/2", -0.9), P.PathEnsemble("0.05*x**2", beta=2.0, slices=8)
    assert np.allclose(one.reference().scale, other.reference().scale, rtol=1e-9)
    assert np.isfinite(make("x**4", -3.0).reference().scale).all()
    for V, g in [("cos(x)", 0.5), ("-x**2/2", 1.1), (lambda x: x**2 / 2, -0.99)]:
        assert make(V, g).dof == 1
    for V, g in [("-x**2/2", 0.9), ("x**3", 9.0), (lambda x: x**2 / 2, -1.0)]:
        with pytest.raises(P.NotNormalisableError):
            make(V, g)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"ends": P.FreeEnds()}, "`memory` must be left out for open paths"),
        (
            {"memory": P.RetardedKernel(lambda nu: -3 - 0 * nu)},
            "has no bound as x .* springs of -3 ",
        ),
        ({"memory": P.RetardedKernel(lambda nu: -2 - 0 * nu)}, "does not grow enough"),
        ({"memory": P.RetardedKernel(lambda nu: np.nan * nu)}, "`memory` must be finite"),
        ({"memory": lambda nu: nu}, "`memory` must be an Ohmic or RetardedKernel"),
    ],
)
def test_what_has_no_meaning_is_refused(options, text):
    with pytest.raises(ValueError, match=text):
        P.PathEnsemble(
            lambda x: x**2, **({"beta": 1.0, "slices": 4, "memory": P.Ohmic(1.0)} | options)
        )


def test_friction_is_at_least_zero():
    with pytest.raises(ValueError, match="`friction` must be at least 0"):
        P.Ohmic(-1.0)
    with pytest.raises(ValueError, match="`cutoff` must be positive"):
        P.Ohmic(1.0, cutoff=0.0)


def test_moves_that_need_neighbours_alone_leave_memory_to_the_rotation():
    wells = P.PathEnsemble(lambda x: (x**2 - 4) ** 2 / 4, beta=4.0, slices=8, memory=P.Ohmic(1.0))
    assert isinstance(P.default_kernel(wells), P.Rotation)
    with pytest.raises(ValueError, match="`ensemble` must be without memory"):
        P.transfer_matrix(wells)
