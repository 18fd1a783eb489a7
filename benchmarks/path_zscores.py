"""Every exactly known lattice against the sampler: z-scores of all observables at once.

Every observable reads chains of its own, so that all z-scores of a case are independent. The exact
values are those of a file of reference numbers, where one is given and has them, else those of
`feynax.paths.transfer_matrix`.
"""

import argparse
import functools
import json
import math
import pathlib
from typing import Any

import equinox as eqx
import jax
import numpy as np

import feynax as fx

from ._timing import table

P = fx.paths
ACTIONS = ["midpoint", "trapezoid", "takahashi_imada"]
LAGS = (1, 2, 4, 8)
# name: coefficients of x, x^2, x^4 and 1; beta; slices; mass; hbar
SYSTEMS = {
    "harmonic|beta=4.0|N=16": ((0, 0.5, 0, 0), 4.0, 16, 1.0, 1.0),
    "harmonic|beta=10.0|N=64": ((0, 0.5, 0, 0), 10.0, 64, 1.0, 1.0),
    "x4|beta=4.0|N=16": ((0, 0, 1, 0), 4.0, 16, 1.0, 1.0),
    "x4|beta=4.0|N=32": ((0, 0, 1, 0), 4.0, 32, 1.0, 1.0),
    "x4|beta=4.0|N=64": ((0, 0, 1, 0), 4.0, 64, 1.0, 1.0),
    "anh_g1|beta=4.0|N=32": ((0, 0.5, 1, 0), 4.0, 32, 1.0, 1.0),
    "dw_1_1|beta=8.0|N=32": ((0, -2, 1, 1), 8.0, 32, 1.0, 1.0),
    "dw_1_1|beta=8.0|N=64": ((0, -2, 1, 1), 8.0, 64, 1.0, 1.0),
    "dw_0.25_2|beta=8.0|N=64": ((0, -2, 0.25, 4), 8.0, 64, 1.0, 1.0),
    "tilted|beta=6.0|N=48": ((0.3, -2, 1, 1), 6.0, 48, 1.0, 1.0),
    "units_check m=1.9 hbar=0.8|beta=3|N=24": ((0, 0.85, 0.3, 0), 3.0, 24, 1.9, 0.8),
}


class Quartic(eqx.Module):
    """A polynomial with traced coefficients, so that all systems share their programs."""

    coefficients: Any

    def __call__(self, x):
        a, b, c, d = (jax.numpy.asarray(value, x.dtype) for value in self.coefficients)
        return a * x + b * x**2 + c * (x * x) ** 2 + d


def system(name: str, action: str) -> P.PathEnsemble:
    """Return one ensemble of the table."""
    values, beta, slices, mass, hbar = SYSTEMS[name]
    V = Quartic(np.array(values, np.float64))
    return P.PathEnsemble(V, beta=beta, slices=slices, action=action, mass=mass, hbar=hbar)


def middles(ensemble, x):
    """Between the sites."""
    return (x[0] + jax.numpy.roll(x[0], 1)) / 2


def bond(ensemble, x):
    """The mean square of steps in units of energy."""
    return ensemble.mass[0, 0] * (ensemble.steps(x) ** 2).mean() / (2 * ensemble.dt**2)


def correlation(ensemble, x, lag):
    """One lag of the sites' correlator."""
    return P.Correlator(lags=max(LAGS), corrected=False)(ensemble, x)[lag]


OBSERVABLES = {
    "E_thermo": P.thermodynamic_energy,
    "E_virial": P.virial_energy,
    "E_centroid": P.centroid_energy,
    "x2": P.Moment(2, corrected=False),
    "x4": P.Moment(4, corrected=False),
    "potential": P.potential_energy,
    "xbar2": lambda ensemble, x: (middles(ensemble, x) ** 2).mean(),
    "xbar4": lambda ensemble, x: (middles(ensemble, x) ** 4).mean(),
    "kin_bond": bond,
    "x2_corrected": P.Moment(2),
} | {f"corr_{lag}": functools.partial(correlation, lag=lag) for lag in LAGS}


def exact(ensemble: P.PathEnsemble, known: dict[str, Any]) -> dict[str, float]:
    """Return the exact lattice value of every observable."""
    lattice = P.transfer_matrix(ensemble)
    own = {f"E_{form}": lattice.energy for form in ("thermo", "virial", "centroid")}
    own |= {"x2": lattice.moment(2), "x4": lattice.moment(4), "kin_bond": lattice.bond_energy}
    own["potential"] = lattice.corrected_mean(lambda x: ensemble.potential(x[None]))
    fourth = ensemble.kind == "takahashi_imada"
    own["x2_corrected"] = lattice.corrected_mean(lambda x: x**2) if fourth else own["x2"]
    found = zip(LAGS, lattice.correlator(LAGS), strict=True)
    own |= {f"corr_{lag}": float(value) for lag, value in found}
    own |= {
        f"corr_{lag}": value for lag, value in known.get("corr", {}).items() if int(lag) in LAGS
    }
    own |= {f"xbar{power}": lattice.moment(power, at="middles") for power in (2, 4)}
    return {name: known.get(name, own[name]) for name in OBSERVABLES}


def scores(name: str, action: str, known: dict[str, Any], *, chains: int, draws: int):
    """Return the z-score of every observable, each from its own chains."""
    ensemble = system(name, action)
    run = P.sample(
        ensemble,
        key=jax.random.key(sum(map(ord, name + action))),
        observables=OBSERVABLES,
        chains=chains * len(OBSERVABLES),
        draws=draws,
    )
    values = exact(ensemble, known)
    found = {}
    for place, (observable, value) in enumerate(values.items()):
        own = run.series[observable][place * chains : (place + 1) * chains]
        mean = fx.Estimate.from_chains(own)
        found[observable] = (mean.value - value) / mean.error
    return found


def normal(z: np.ndarray) -> float:
    """Kolmogorov-Smirnov probability of a unit normal."""
    from scipy.stats import kstest

    return float(kstest(z, "norm").pvalue)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=pathlib.Path, help="JSON with a table `lattice`")
    parser.add_argument("--chains", type=int, default=6, help="of each observable")
    parser.add_argument("--draws", type=int, default=1500)
    asked = parser.parse_args()
    known = json.loads(asked.reference.read_text())["lattice"] if asked.reference else {}
    rows, everything = [], []
    for action in ACTIONS:
        for name in SYSTEMS:
            own = known.get(f"{name}|{action}", {})
            z = np.array(
                list(scores(name, action, own, chains=asked.chains, draws=asked.draws).values())
            )
            rows.append([name, action, z.size, float(np.sqrt((z**2).mean())), np.abs(z).max()])
            everything.extend(z)
            print(*rows[-1], flush=True)
    z = np.array(everything)
    table("z-scores by case", ["case", "action", "count", "rms", "largest"], rows)
    print(f"\n{z.size} pairs: KS p {normal(z):.3f}, largest {np.abs(z).max():.2f}, ", end="")
    print(f"mean {z.mean():.3f} +- {1 / math.sqrt(z.size):.3f}, rms {z.std():.3f}")


if __name__ == "__main__":
    main()
