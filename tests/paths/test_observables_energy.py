"""Energies from one derivative, against the closed forms of every action and exact values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
M, HBAR, BETA, N = 1.9, 0.8, 3.0, 8
DT = BETA * HBAR / N


def potential(x):
    return 0.3 * x**4 - 0.2 * x**3 + x


def slope(x):
    return 1.2 * x**3 - 0.6 * x**2 + 1


def bend(x):
    return 3.6 * x**2 - 1.2 * x


def ensemble(action="trapezoid", ends=None, slices=N):
    return P.PathEnsemble(
        potential, beta=BETA, slices=slices, action=action, ends=ends, mass=M, hbar=HBAR
    )


def path(sites=N):
    return np.random.default_rng(3).normal(size=(1, sites))


def both(action):
    own, x = ensemble(action), jnp.asarray(path())
    return float(P.thermodynamic_energy(own, x)), float(P.virial_energy(own, x))


def bonds(x):
    return HBAR / (2 * DT) - M * np.mean((x - np.roll(x, 1)) ** 2) / (2 * DT**2)


@pytest.mark.parametrize("action", ["trapezoid", "midpoint"])
def test_second_order_forms(action):
    x = path()[0]
    z = x if action == "trapezoid" else (x + np.roll(x, 1)) / 2
    thermo, virial = both(action)
    assert np.isclose(thermo, bonds(x) + potential(z).mean(), rtol=1e-12)
    assert np.isclose(virial, (potential(z) + z * slope(z) / 2).mean(), rtol=1e-12)


def test_takahashi_imada_forms():
    x = path()[0]
    thermo, virial = both("takahashi_imada")
    square = slope(x) ** 2 * DT**2 / (8 * M)
    assert np.isclose(thermo, bonds(x) + (potential(x) + square).mean(), rtol=1e-12)
    more = square + DT**2 / (24 * M) * x * bend(x) * slope(x)
    assert np.isclose(virial, (potential(x) + x * slope(x) / 2 + more).mean(), rtol=1e-12)


def test_chins_form():
    """Its potential weighs 2/3 and 4/3, its squared force dt^2/9 on every second site."""
    x = path()[0]
    thermo, _ = both("chin")
    kinds = np.arange(N) % 2
    local = np.where(kinds, 4 / 3, 2 / 3) * potential(x) + 3 * kinds / 9 * DT**2 * slope(x) ** 2 / M
    assert np.isclose(thermo, bonds(x) + local.mean(), rtol=1e-12)


@pytest.mark.parametrize("action", ["midpoint", "takahashi_imada"])
@pytest.mark.parametrize(
    "ends",
    [P.Periodic(), P.FixedEnds(0.6, -0.3), P.HalfLine(0.6), P.FreeEnds()],
    ids=lambda ends: type(ends).__name__,
)
def test_forms_agree_exactly_for_few_slices(action, ends):
    """Means over all paths of two slices, by the trapezoid rule: no form may differ."""
    own = ensemble(action, ends, slices=2)
    y = np.linspace(-3.6, 3.6, 61)
    weights = np.ones_like(y)
    free = [not isinstance(ends, P.FixedEnds | P.HalfLine), True]
    free += [not isinstance(ends, P.FixedEnds)] * (own.sites == 3)
    fixed = [0.6, 0.0, -0.3]
    axes = [y if f else np.array([fixed[n]]) for n, f in enumerate(free)]
    measures = [weights if f else np.ones(1) for f in free]
    x = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], 1)[:, None]
    w = np.prod(np.meshgrid(*measures, indexing="ij"), 0).ravel()
    forms = [P.thermodynamic_energy, P.virial_energy, P.centroid_energy]
    measure = jax.jit(jax.vmap(lambda x: (own.action(x), *[form(own, x) for form in forms])))
    action_of, *found = (np.asarray(values) for values in measure(jnp.asarray(x)))
    w = w * np.exp(action_of.min() - action_of)
    thermo, *others = (w @ values / w.sum() for values in found)
    assert np.allclose(others, thermo, rtol=1e-8)


def test_heat_capacity_is_the_slope_of_the_exact_energy():
    beta, step = 2.0, 1e-3
    at = lambda beta: P.PathEnsemble(lambda x: x**4, beta=beta, slices=8)
    run = P.sample(
        at(beta),
        key=jax.random.key(5),
        observables={"energy_moments": P.energy_moments},
        draws=3000,
        warmup=100,
        block=100,
    )
    found = P.heat_capacity(run)
    above, below = (P.transfer_matrix(at(beta + s)).energy for s in (step, -step))
    exact = -(beta**2) * (above - below) / (2 * step)
    assert found.error < 0.03
    assert abs(found.value - exact) < 4 * found.error


def test_kinetic_energy_is_that_of_the_continuum():
    """Virial theorem of x^4: twice the kinetic energy is four times the potential one."""
    own = P.PathEnsemble(lambda x: x**4, beta=4.0, slices=16)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(1, 16)))
    kinetic = P.virial_energy(own, x) - P.potential_energy(own, x)
    assert jnp.allclose(kinetic, 2 * P.potential_energy(own, x))


def test_a_memory_without_frequency_has_the_energy_of_the_springs_it_is():
    spring = P.RetardedKernel(lambda nu: 0.7 + 0 * nu)
    tied = P.PathEnsemble(lambda x: x**2 / 2, beta=BETA, slices=N, memory=spring)
    free = P.PathEnsemble(lambda x: 1.7 * x**2 / 2, beta=BETA, slices=N)
    x = jnp.asarray(path())
    for energy in (P.thermodynamic_energy, P.virial_energy, P.centroid_energy):
        assert np.isclose(energy(tied, x), energy(free, x), rtol=1e-12)
