"""Chains of fields: clusters by an independent search, and means on exact tori."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.csgraph

import feynax as fx
from feynax.paths._fields._clusters import clusters
from feynax.paths._statistics import time_scale

P = fx.paths


def labels_of(ties):
    """Connected components by SciPy, named after their least site."""
    shape = ties.shape[1:]
    own = np.arange(np.prod(shape)).reshape(shape)
    here = np.concatenate([own[tie] for tie in ties])
    there = np.concatenate([np.roll(own, -1, axis)[tie] for axis, tie in enumerate(ties)])
    graph = scipy.sparse.coo_matrix((np.ones(here.size), (here, there)), [own.size] * 2)
    count, found = scipy.sparse.csgraph.connected_components(graph, directed=False)
    least = np.full(count, own.size)
    np.minimum.at(least, found, own.ravel())
    return least[found].reshape(shape)


@pytest.mark.parametrize("shape", [(9,), (12, 10), (2, 3, 4, 2)])
def test_clusters_are_connected_components(shape):
    """Sparse, near percolation and dense at once: chains are searched as one lattice."""
    rng = np.random.default_rng(1)
    ties = np.stack([rng.random((len(shape), *shape)) < p for p in (0.2, 0.5, 0.55, 0.8)])
    found = jax.jit(jax.vmap(clusters))(jnp.asarray(ties))
    for one, tie in zip(np.asarray(found), ties, strict=True):
        assert np.array_equal(one, labels_of(tie))


def test_clusters_turn_only_signs_and_refuse_a_preferred_one():
    field = P.LatticeField((6, 6), mass_squared=-1.0, coupling=0.5)
    x = jax.random.normal(jax.random.key(0), (6, 6))
    flips = P.ClusterFlips(field)
    turned = jax.jit(lambda x, key: flips(field, x, key))(x, jax.random.key(1))
    assert jnp.array_equal(jnp.abs(turned), jnp.abs(x))
    assert 0 < jnp.sum(turned != x) < 36
    with pytest.raises(ValueError, match="`ensemble` must have an even potential"):
        P.ClusterFlips(P.LatticeField((6, 6), potential=lambda x: x**4 - 0.1 * x))


@functools.cache
def run_of(shape, mass_squared, coupling, *, turned):
    field = P.LatticeField(shape, mass_squared=mass_squared, coupling=coupling)
    rotation = P.Rotation(0.2)  # a short first step brings wide starts home
    kernel = P.Composed(rotation, [P.ClusterFlips(field)]) if turned else rotation
    return P.sample(field, key=jax.random.key(7), chains=32, draws=2000, warmup=200, kernel=kernel)


def means(run):
    m2, m4 = run.series["m2"], run.series["m4"]
    return {
        "phi2": run["phi2"],
        "phi4": run["phi4"],
        "mean2": run["m2"],
        "M2_per_V": P.derived(lambda m2: P.susceptibility(run.ensemble, m2), m2),
        "binder": P.derived(P.binder_cumulant, m2, m4),
    }


@pytest.mark.parametrize(
    ("name", "turned"), [("3x3_m2=-1.0_g=0.5", False), ("2x4_m2=-1.27_g=0.25", True)]
)
def test_exact_tori(paths_reference, name, turned):
    """Transfer matrices of two tori, one a sampler; all means within 4 sigma."""
    case = paths_reference["phi4"][name]
    run = run_of((case["Lx"], case["Lt"]), case["m2"], case["g"], turned=turned)
    for observable, estimate in means(run).items():
        assert abs(estimate.value - case[observable]) < 4 * estimate.error, observable
        assert estimate.error < 0.02 * abs(case[observable]) + 1e-3
    pairs = run.blocks["neighbours"].mean(1)
    exact = case.get("nn", case.get("nn_x"))
    pairs = pairs.mean(1) if "nn" in case else pairs[:, 0]
    assert abs(pairs.mean() - exact) < 4 * pairs.std(ddof=1) / np.sqrt(len(pairs))


def test_a_free_fields_length_and_gap_are_exact_at_any_size():
    """20,000 draws of the reference: both are 1/m and arccosh(1 + m^2/2), within 4 sigma."""
    field = P.LatticeField((2, 6), mass_squared=0.5)
    reference = field.reference()

    @jax.jit
    def read(key):
        q = jax.random.normal(key, (20_000, *reference.shape), float)
        x = jax.vmap(reference.synthesis)(q)
        names = (P.Magnetisation(2), P.long_wave, P.slice_correlator)
        return jax.vmap(lambda x: [name(field, x) for name in names])(x)

    m2, wave, slices = (np.asarray(one) for one in read(jax.random.key(3)))
    length = P.derived(lambda m2, wave: P.correlation_length(field, m2, wave), m2, wave)
    assert abs(length.value - 0.5**-0.5) < 4 * length.error < 0.1
    sides = (slices[:, 1] + slices[:, 3]) / 2
    ratio = P.derived(lambda sides, middle: sides / middle, sides, slices[:, 2])
    assert abs(ratio.value - (1 + 0.5 / 2)) < 4 * ratio.error < 0.1


def test_an_even_field_gets_clusters_and_its_gap():
    """The gap of a 2x16 torus near its critical point, by the transfer matrix, within 4 sigma."""
    field = P.LatticeField((2, 16), mass_squared=-1.27, coupling=0.25)
    kernel = P.default_kernel(field)
    assert isinstance(kernel, P.Composed)
    assert isinstance(kernel.moves[0], P.ClusterFlips)
    tilted = P.LatticeField((2, 16), potential="x**4 - x**2 + x")
    assert isinstance(P.default_kernel(tilted), P.Rotation)
    measured = {"m2": P.Magnetisation(2), "correlator": P.slice_correlator}
    run = P.sample(field, key=jax.random.key(4), chains=64, draws=600, observables=measured)
    found = P.gap(run).estimate
    assert abs(found.value - 0.33729718359362404) < 4 * found.error < 0.03


def test_a_gap_needs_a_time():
    with pytest.raises(TypeError, match="whose lags are a time"):
        time_scale(object())
