"""Densities and correlators against the exact lattice, moved to where the action means them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths


def paths(beta=4.0, slices=8, action="takahashi_imada", ends=None):
    return P.PathEnsemble(lambda x: x**4, beta=beta, slices=slices, action=action, ends=ends)


def in_bins(lattice, values, edges, moved=None):
    """Integrals of a grid density over bins, its places moved or not."""
    x = lattice.x if moved is None else moved(lattice.x)
    mass = values * np.gradient(lattice.x)
    cumulated = np.concatenate([[0], np.cumsum(mass)])
    borders = np.concatenate([[x[0]], (x[1:] + x[:-1]) / 2, [x[-1]]])
    return np.diff(np.interp(edges, borders, cumulated)) / np.diff(edges)


WIDE = np.linspace(-2.6, 2.6, 5201)


def errors(lattice_of, power, sizes, finest):
    """Largest errors within |x| < 1.2 of a lattice's function as it is, and moved."""
    fine, inner, found = lattice_of(finest, "chin"), np.abs(WIDE) < 1.2, []
    for slices, dt in sizes.items():
        raw = lattice_of(slices, "takahashi_imada")
        place, stretch = WIDE + dt**2 / 3 * WIDE**3, 1 + dt**2 * WIDE**2
        moved = np.interp(WIDE, place, raw / stretch**power)
        found.append([np.abs(f - fine)[inner].max() for f in (raw, moved)])
    (raw, better), (raw_fine, better_fine) = found
    return raw / raw_fine, better / better_fine, raw_fine / better_fine


def test_takahashi_imada_density_is_of_fourth_order_where_it_is_moved():
    """The derived correction: errors fall 4-fold as the lattice has it, 16-fold once moved."""

    def density(slices, action):
        return np.asarray(P.transfer_matrix(paths(4.0, slices, action)).density(WIDE))

    plain, moved, gain = errors(density, 1, {16: 0.25, 32: 0.125}, 256)
    assert 3 < plain < 5.5
    assert moved > 12
    assert gain > 100


def test_takahashi_imada_wave_function_moves_as_the_root_of_a_density():
    def wave(slices, action):
        lattice = P.transfer_matrix(paths(10.0, slices, action))
        values = np.asarray(lattice.endpoint_density(WIDE))
        return values / np.sqrt(np.sum(values**2) * (WIDE[1] - WIDE[0]))

    plain, moved, gain = errors(wave, 0.5, {40: 0.25, 80: 0.125}, 640)
    assert 3 < plain < 5.5
    assert moved > 12
    assert gain > 50


def test_histograms_are_the_lattices():
    """Chi-squared of 12 bins per density, beyond 33 with probability 1e-3."""
    edges = np.linspace(-1.2, 1.2, 13)
    own = paths(slices=20)
    run = P.sample(
        own,
        key=jax.random.key(2),
        observables={
            "density": P.InteriorDensity(edges),
            "radial": P.RadialDensity(edges[6:], dims=1),
            "pairs": P.Correlator([lambda x: x[0], lambda x: x[0] ** 3], lags=4),
        },
        draws=600,
        warmup=100,
    )
    lattice = P.transfer_matrix(own)
    dt = float(own.dt)
    exact = in_bins(lattice, lattice.density(lattice.x), edges, lambda x: x + dt**2 / 3 * x**3)

    def score(found, exact):
        means = found.mean(1)
        error = means.std(0, ddof=1) / np.sqrt(len(means))
        return np.sum(((means.mean(0) - exact) / error) ** 2)

    assert score(run.blocks["density"], exact) < 33
    # In one dimension a shell is both sides of the origin: half of their sum.
    assert score(run.blocks["radial"], (exact[6:] + exact[5::-1]) / 2) < 23
    pairs = run.blocks["pairs"]
    assert np.allclose(pairs[..., 0, 1], pairs[..., 1, 0])
    # To first order in dt^2, as the correction is.
    assert np.allclose(
        pairs.mean((0, 1))[:, 0, 0], lattice.correlator(range(5), corrected=True), rtol=0.02
    )


def test_the_end_of_a_half_line_is_the_wave_function():
    """x^2/2 by the midpoint rule: exactly exp(-x^2/2), where (5.6)'s right-point rule is not."""
    edges = np.linspace(-2.0, 2.0, 11)
    own = P.PathEnsemble(
        lambda x: x**2 / 2, beta=8.0, slices=20, action="midpoint", ends=P.HalfLine(0.0)
    )
    run = P.sample(
        own,
        key=jax.random.key(3),
        observables={"end": P.EndpointDensity(edges), "middle": P.InteriorDensity(edges)},
        draws=300,
        warmup=100,
    )
    from scipy.stats import norm

    for name, variance in {"end": 1.0, "middle": 0.5}.items():
        means = run.blocks[name].mean(1)
        error = means.std(0, ddof=1) / np.sqrt(len(means))
        exact = np.diff(norm.cdf(edges, scale=np.sqrt(variance))) / np.diff(edges)
        assert np.sum(((means.mean(0) - exact) / error) ** 2) < 30


def test_closed_paths_have_no_free_end():
    with pytest.raises(ValueError, match="free end"):
        P.EndpointDensity(np.linspace(0, 1, 3))(paths(), jnp.zeros((1, 8)))


@pytest.mark.parametrize("bad", [[1.0], [0.0, 1.0, 3.0], [1.0, 0.0], [0.0, np.nan]])
def test_bins_must_be_equal(bad):
    with pytest.raises(ValueError, match="edges"):
        P.InteriorDensity(bad)
