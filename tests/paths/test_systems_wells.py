"""Named potentials: their closed levels against a grid of sincs, written here."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths


def sinc_levels(V, ends, points, mass=1.0, hbar=1.0):
    """Levels on a uniform grid of sinc functions; V is called as a path's potential."""
    x, h = np.linspace(*ends, points, retstep=True)
    i = np.arange(points)
    d = i[:, None] - i
    T = np.where(d == 0, np.pi**2 / 3, 2.0 * (-1.0) ** d / np.where(d == 0, 1, d) ** 2)
    V = np.asarray(V(x[None]))
    return np.linalg.eigvalsh(T * hbar**2 / (2 * mass * h**2) + np.diag(V))


@pytest.mark.parametrize(
    ("V", "levels", "ends", "points"),
    [
        (P.morse(8.0, 0.8), P.morse_levels(8.0, 0.8, mass=1.3, hbar=0.9), (-3.0, 40.0), 500),
        (
            P.poschl_teller(7.1, 0.8),
            P.poschl_teller_levels(7.1, 0.8, mass=1.3, hbar=0.9),
            (-30.0, 30.0),
            500,
        ),
    ],
    ids=["morse", "poschl_teller"],
)
def test_all_bound_levels(V, levels, ends, points):
    found = sinc_levels(V, ends, points, mass=1.3, hbar=0.9)
    continuum = float(V(np.array([[ends[1]]]))[0])
    assert len(levels) == np.sum(found < continuum - 1e-3)
    assert np.allclose(levels, found[: len(levels)], atol=1e-7)


@pytest.mark.parametrize("V", [P.quartic(), P.anharmonic(1.0, 1.0), P.double_well()])
def test_ground_states_by_extrapolated_slices(V):
    """Takahashi-Imada slices, errors of fourth order removed once."""
    low = []
    for N in (160, 320):
        paths = P.PathEnsemble(V, beta=20.0, slices=N, action="takahashi_imada")
        low.append(P.transfer_matrix(paths).levels(1)[0])
    limit = low[1] + (low[1] - low[0]) / 15
    assert abs(limit - sinc_levels(V, (-6.0, 6.0), 160)[0]) < 1e-6


@pytest.mark.parametrize(("height", "splitting"), [(0.25, 9.71635e-3), (0.5, 7.581877e-4)])
def test_splittings_of_double_wells(height, splitting):
    """h (x^2 - 4)^2: the barrier is 16 h."""
    V = P.double_well(16 * height, 2.0)
    found = sinc_levels(V, (-6.0, 6.0), 160)
    assert abs(found[1] - found[0] - splitting) < 1e-4 * splitting


def test_tilt_lowers_the_left_well():
    V = P.tilted_double_well(2.0, 1.5, 0.2)
    left, right = V(np.array([[-1.5, 1.5]]))
    assert right - left == pytest.approx(0.6)


def test_normal_modes_of_coupled_particles():
    """Centre of mass with sqrt(k), everything else with sqrt(k + P kappa)."""
    rates = P.normal_frequencies(P.coupled_oscillators(4, 3, trap=0.5, coupling=0.2), mass=2.0)
    assert np.allclose(rates, np.sqrt(np.repeat([0.5, 1.3], [3, 9]) / 2))
    mass, K = np.array([[1.0, 0.3], [0.3, 2.0]]), np.array([[2.0, 0.5], [0.5, 1.0]])
    squares = np.sort(np.linalg.eigvals(np.linalg.solve(mass, K)).real)
    assert np.allclose(P.normal_frequencies(P.QuadraticPotential(K), mass), np.sqrt(squares))


def test_coupled_oscillators_are_the_sum_they_say():
    x = np.random.default_rng(0).normal(size=(3, 2, 5))
    between = sum(((x[i] - x[j]) ** 2).sum(0) for i in range(3) for j in range(i))
    wanted = 0.7 / 2 * (x**2).sum((0, 1)) + 0.2 / 2 * between
    V = P.coupled_oscillators(3, 2, trap=0.7, coupling=0.2)
    assert np.allclose(V(jnp.asarray(x.reshape(6, 5))), wanted)


def test_what_softening_does_to_hydrogen():
    """Its radial equation is odd on the line: every second level of a grid of sincs."""
    a, Z = 0.05, 1.0
    V = P.coulomb(Z, a, dimensions=1)
    ground = sinc_levels(V, (-14.0, 14.0), 1200)[1]
    lift = 2 * Z**4 * a**2 * (math.log(1 / (Z * a)) - np.euler_gamma - 0.5)
    assert abs(ground + 0.5 - lift) < 0.1 * lift
    trapped = sinc_levels(P.coulomb(Z, a, trap=1e-3, dimensions=1), (-14.0, 14.0), 1200)[1]
    assert abs(trapped - ground - 1.5e-3) < 0.05 * 1.5e-3


@pytest.mark.float32
def test_a_central_potential_is_smooth_at_the_origin():
    V = P.CentralPotential(lambda r: r**2 / 2)
    assert jnp.allclose(V.gradient(jnp.zeros((3, 2))), 0)
    assert jnp.allclose(V.gradient(jnp.ones((3, 2))), 1)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: P.harmonic(-1.0), "`frequency` must be positive"),
        (lambda: P.QuadraticPotential([[1.0, 2.0], [0.0, 1.0]]), "`stiffness` must be symmetric"),
        (lambda: P.morse_levels(-1.0), "`depth` must be positive"),
        (lambda: P.coulomb(softening=0.0), "`softening` must not be zero"),
        (lambda: P.coupled_oscillators(0), "`particles` must be a whole number"),
    ],
)
def test_wrong_arguments_of_wells(make, text):
    with pytest.raises(ValueError, match=text):
        make()
