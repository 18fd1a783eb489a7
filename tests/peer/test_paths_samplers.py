"""The whitened density in the hands of other libraries' samplers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

pytestmark = pytest.mark.peer
CHAINS, WARMUP, DRAWS = 4, 200, 400


@pytest.fixture(scope="module")
def system(paths_reference):
    """Ensemble, reference, whitened density, exact <x^2>."""
    ensemble = fx.paths.PathEnsemble(lambda x: x**4, beta=4.0, slices=16)
    reference = ensemble.reference()
    density = fx.paths.whitened_log_density(ensemble, reference)
    exact = paths_reference["lattice"]["x4|beta=4.0|N=16|trapezoid"]["x2"]
    return reference, density, exact


def agrees(reference, q, exact):
    """Within 4 standard errors, of draws with hardly any correlation."""
    x = jax.vmap(jax.vmap(reference.synthesis))(jnp.asarray(q))
    square = fx.Estimate.from_chains(np.asarray(jnp.mean(x**2, (2, 3))))
    assert square.tau < 5
    assert abs(square.value - exact) < 4 * square.error


def test_blackjax_nuts(system):
    blackjax = pytest.importorskip("blackjax", reason="BlackJAX is not installed")
    reference, density, exact = system

    def chain(key):
        warm, rest = jax.random.split(key)
        adaptation = blackjax.window_adaptation(blackjax.nuts, density)
        (state, parameters), _ = adaptation.run(warm, jnp.zeros(reference.shape), WARMUP)
        step = blackjax.nuts(density, **parameters).step
        draw = lambda state, key: (lambda new: (new, new.position))(step(key, state)[0])
        return jax.lax.scan(draw, state, jax.random.split(rest, DRAWS))[1]

    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        q = jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(0), CHAINS))
    agrees(reference, q, exact)


def test_numpyro_nuts(system):
    infer = pytest.importorskip("numpyro.infer", reason="NumPyro is not installed")
    reference, density, exact = system
    mcmc = infer.MCMC(
        infer.NUTS(potential_fn=lambda q: -density(q)),
        num_warmup=WARMUP,
        num_samples=DRAWS,
        num_chains=CHAINS,
        chain_method="vectorized",
        progress_bar=False,
    )
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        mcmc.run(jax.random.key(0), init_params=jnp.zeros((CHAINS, *reference.shape)))
    agrees(reference, mcmc.get_samples(group_by_chain=True), exact)
