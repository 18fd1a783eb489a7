"""Many observables of exactly known lattices at once: their z-scores are a unit normal's.

Each observable reads chains of its own, so that the scores are independent.
`benchmarks.path_zscores` does the same for every case of the reference file.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
CHAINS, SEED = 6, 20
SYSTEMS = {
    "x4|beta=4.0|N=32": ((0, 1, 0), 4.0),
    "anh_g1|beta=4.0|N=32": ((0.5, 1, 0), 4.0),
    "dw_1_1|beta=8.0|N=32": ((-2, 1, 1), 8.0),
}


class Quartic(eqx.Module):
    """A polynomial with traced coefficients, so that all systems share their programs."""

    coefficients: np.ndarray

    def __call__(self, x):
        a, b, c = (jnp.asarray(value, x.dtype) for value in self.coefficients)
        return a * x**2 + b * (x * x) ** 2 + c


def middle(power):
    return lambda ens, x: (((x[0] + jnp.roll(x[0], 1)) / 2) ** power).mean()


def lag(k):
    return lambda ens, x: P.Correlator(lags=8, corrected=False)(ens, x)[k]


LAGS = (1, 2, 4, 8)
OBSERVABLES = {
    "E_thermo": P.thermodynamic_energy,
    "E_virial": P.virial_energy,
    "E_centroid": P.centroid_energy,
    "x2": P.Moment(2, corrected=False),
    "x4": P.Moment(4, corrected=False),
    "xbar2": middle(2),
    "xbar4": middle(4),
    "kin_bond": lambda ens, x: (ens.steps(x) ** 2).mean() / (2 * ens.dt**2),
    "x2_corrected": P.Moment(2),
} | {f"corr_{k}": lag(k) for k in LAGS}


def exact(ensemble, known):
    """The reference file's numbers, and the transfer matrix' where it has none."""
    lattice = P.transfer_matrix(ensemble)
    energy = known.get("E_thermo", lattice.energy)
    own = {form: energy for form in ("E_thermo", "E_virial", "E_centroid")}
    own |= {name: known[name] for name in ("x2", "x4", "xbar2", "xbar4", "kin_bond")}
    own["x2_corrected"] = lattice.corrected_mean(lambda x: x**2)
    if ensemble.kind == "midpoint":
        own["x2_corrected"] = known["x2"]
    return own | {f"corr_{k}": known["corr"][str(k)] for k in LAGS}


@pytest.fixture(scope="module")
def scores(paths_reference):
    found = {}
    for action in ("trapezoid", "takahashi_imada"):
        for number, (name, (values, beta)) in enumerate(SYSTEMS.items()):
            V = Quartic(np.array(values, np.float64))
            ensemble = P.PathEnsemble(V, beta=beta, slices=32, action=action)
            run = P.sample(
                ensemble,
                key=jax.random.key(SEED + number),
                observables=OBSERVABLES,
                kernel=P.Rotation(),
                chains=CHAINS * len(OBSERVABLES),
                draws=1500,
                warmup=200,
            )
            known = exact(ensemble, paths_reference["lattice"][f"{name}|{action}"])
            for place, observable in enumerate(OBSERVABLES):
                own = run.series[observable][place * CHAINS : (place + 1) * CHAINS]
                mean = fx.Estimate.from_chains(own)
                found[name, action, observable] = (mean.value - known[observable]) / mean.error
    return found


def test_z_scores_are_those_of_a_unit_normal(scores):
    from scipy.stats import kstest

    z = np.array(list(scores.values()))
    assert z.size == 78
    assert kstest(z, "norm").pvalue > 0.01
    assert np.abs(z).max() < 5


def test_all_forms_of_the_energy_have_one_mean(scores):
    """Sums of six squared scores each: chi-squared, beyond 22.5 with probability 1e-3."""
    for form in ("E_thermo", "E_virial", "E_centroid"):
        assert sum(z**2 for (*_, name), z in scores.items() if name == form) < 22.5
