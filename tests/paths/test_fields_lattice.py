"""Fields on tori: the action, what it becomes as paths, its free reference and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.paths import NotNormalisableError

P = fx.paths


def white(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_the_action_is_the_sum_over_bonds_and_sites():
    """Sides of two sites have two bonds between them: written out by hand for 2 x 3."""
    phi, m2, g = white((2, 3)), -0.7, 0.3
    bonds = 2 * np.sum((phi[1] - phi[0]) ** 2)
    bonds += sum(np.sum((phi[:, t] - phi[:, t - 1]) ** 2) for t in range(3))
    sites = np.sum(m2 / 2 * phi**2 + g * phi**4)
    field = P.LatticeField((2, 3), mass_squared=m2, coupling=g)
    assert np.isclose(field.action(jnp.asarray(phi)), bonds / 2 + sites, rtol=1e-13)


def test_the_hopping_form_is_the_same_field():
    kappa, lam, phi = 0.27, 0.4, white((4, 3, 2))
    field = P.LatticeField.hopping((4, 3, 2), kappa=kappa, lam=lam)
    ahead = sum(np.sum(phi * np.roll(phi, -1, axis)) for axis in range(3))
    exact = -2 * kappa * ahead + np.sum(phi**2 + lam * (phi**2 - 1) ** 2) - lam * phi.size
    assert np.isclose(field.action(jnp.asarray(np.sqrt(2 * kappa) * phi)), exact, rtol=1e-12)


def printed_3_25(phi, dt, dx, m2, g):
    """The Euclidean form of (3.25): a sum over i and n without dx, closed in both directions."""
    back = np.roll(phi, 1, 1)
    middle, ahead = phi + back, np.roll(phi, -1, 0) + np.roll(back, -1, 0)
    terms = (phi - back) ** 2 / (2 * dt**2) + (ahead - middle) ** 2 / (8 * dx**2)
    return dt * np.sum(terms + m2 / 8 * middle**2 + g / 16 * middle**4)


def test_the_documents_field_lacks_the_spatial_lattice_constant():
    """As printed, (3.25) is the field theory of coupling g dx, once phi is rescaled."""
    phi, dt, dx, m2, g = white((4, 6)), 0.3, 0.5, -0.4, 0.8
    rescaled = P.LatticeField((4, 6), mass_squared=m2, coupling=g * dx, spacing=(dx, dt))
    same = rescaled.slices("midpoint").action(jnp.asarray(phi / np.sqrt(dx)))
    assert np.isclose(same, printed_3_25(phi, dt, dx, m2, g), rtol=1e-12)
    field = P.LatticeField((4, 6), mass_squared=m2, coupling=g, spacing=(dx, dt))
    right = field.slices("midpoint").action(jnp.asarray(phi))
    assert np.isclose(right, dx * printed_3_25(phi, dt, dx, m2, g), rtol=1e-12)
    assert not np.isclose(right, same, rtol=0.1)


@pytest.mark.parametrize("shape", [(6,), (2, 3, 4)])
def test_a_field_is_a_path_of_particles(shape):
    """Each spatial site is a particle; its path is a network's, as any other."""
    field = P.LatticeField(shape, mass_squared=-0.5, coupling=0.3, spacing=0.7)
    phi, paths = jnp.asarray(white(shape)), field.slices()
    path = phi.reshape(-1, shape[-1])
    assert np.isclose(paths.action(path), field.action(phi), rtol=1e-12)
    assert np.isclose(paths.dt, 0.7)


@pytest.mark.float32
@pytest.mark.parametrize("shape", [(7,), (4, 6), (3, 2, 5), (2, 3, 4, 2)])
def test_free_waves_whiten_every_free_field(shape):
    """q^2/2 is the action, and as many numbers come back: odd, even and flat sides."""
    field = P.LatticeField(shape, mass_squared=0.4, spacing=(0.5, 0.7, 1.1, 0.8)[: len(shape)])
    phi, reference = jnp.asarray(white(shape), float), field.reference()

    @jax.jit
    def both(phi):
        q = reference.analysis(phi)
        return q, reference.synthesis(q), field.action(phi)

    q, again, action = both(phi)
    exact = 1e-5 if phi.dtype == jnp.float32 else 1e-12
    assert np.isclose(reference.mass_squared, 0.4, rtol=1e-9)
    assert q.shape == shape
    assert np.allclose(again, phi, atol=10 * exact)
    assert np.isclose(action, jnp.sum(q**2) / 2, rtol=exact)


def test_what_is_left_of_the_action_is_local():
    field = P.LatticeField((4, 5), potential=lambda x: x**4 - x, spacing=(0.5, 0.8))
    reference, rest = field.reference(), []
    for seed in range(3):
        phi = jnp.asarray(white((4, 5), seed))
        q = reference.analysis(phi)
        rest.append(field.action(phi) - jnp.sum(q**2) / 2 - field.residual(reference, phi))
    assert np.ptp(rest) < 1e-10
    assert reference.centre > 0.3  # the minimum of x^4 - x is at 0.63


def test_the_reference_solves_the_gap_equation():
    """m^2 = mu^2 + 12 g <phi^2>, with the free field's own <phi^2>."""
    field = P.LatticeField((8, 8), mass_squared=-0.6, coupling=0.25)
    reference = field.reference()
    spread = float(np.mean(reference.scale**2))
    assert np.isclose(reference.mass_squared, -0.6 + 12 * 0.25 * spread, rtol=1e-9)


def test_a_matched_reference_has_the_power_of_the_longest_waves():
    """From free fields of mass 0.5: 20,000 waves give it to 4 sigma."""
    field = P.LatticeField((8, 8), mass_squared=-0.6, coupling=0.4)
    free = P.FieldReference((8, 8), spacing=np.ones(2), mass_squared=0.5)
    q = jax.random.normal(jax.random.key(0), (10_000, 8, 8), float)
    found = field.matched(jax.vmap(free.synthesis)(q))
    longest = 4 * np.sin(np.pi / 8) ** 2 + 0.5
    assert abs(found.mass_squared - 0.5) < 4 * longest / np.sqrt(20_000)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"coupling": -0.1}, NotNormalisableError, "`coupling` must be at least zero"),
        ({"mass_squared": 0.0, "coupling": 0.0}, NotNormalisableError, "`mass_squared`"),
        ({"mass_squared": np.nan}, ValueError, "`mass_squared` must be finite"),
        ({"shape": (4, 1)}, ValueError, "`shape` must be a whole number of at least 2"),
        ({"shape": (2,) * 5}, ValueError, "`shape` must have 1 to 4 axes"),
        ({"spacing": 0.0}, ValueError, "`spacing` must be positive"),
        ({"spacing": (1.0, 1.0, 1.0)}, ValueError, "`spacing` must be one number or one an axis"),
        ({"mass_squared": None}, ValueError, "`potential` must be given"),
        ({"potential": lambda x: x**4}, ValueError, "`potential` must be given where"),
    ],
)
def test_what_has_no_weight_is_refused(change, error, text):
    given = {"shape": (4, 4), "mass_squared": 1.0, "coupling": 0.1} | change
    with pytest.raises(error, match=text):
        P.LatticeField(given.pop("shape"), **given)
