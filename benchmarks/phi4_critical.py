r"""Critical coupling of two-dimensional phi^4 in the continuum, beside the published one.

`python -m benchmarks.phi4_critical --budget 600`: CPU seconds of sampling, compiling apart.

L = (d phi)^2/2 + mu0^2 phi^2/2 + lambda phi^4/4, so g = lambda/4 of `LatticeField`. On a torus of
L^2 sites the critical mu0^2 is where xi/L, or Binder's cumulant, has the value that it has at the
critical point of the Ising class: one run near it, reweighted. One divergent diagram is removed,
mu^2 = mu0^2 + 3 lambda A(mu^2) with the tadpole A of an infinite lattice (Loinaz, Willey 1998;
Schaich, Loinaz 2009), and f = lambda/mu^2 is fitted to all runs at once,

    1/f = 1/f_c + a z^(-11/4) + b lambda ln(lambda) + c lambda (+ d lambda^2),  z = L sqrt(lambda):

11/4 = 1/nu + 7/4 is the power of Ising's corrections (Salas, Sokal 1999). The systematic error is
the spread over criteria and fits that leave out terms or runs, each with chi^2 given.
"""

import argparse
import dataclasses
import pathlib
import time
import warnings

import jax
import numpy as np

import feynax as fx

from ._runs import once

P = fx.paths
PUBLISHED = "11.1097(22) Durr, Kiel 2025; 11.15(6)(3) Bosetti et al. 2015; 10.8(1) Schaich et al."
TARGETS = {"xi/L": 0.9050488, "binder": 0.61069}  # Salas, Sokal (1999): Ising, square torus
RUNS = [
    *[(1.0, 16), (1.0, 32), (1.0, 64), (0.25, 64), (0.0625, 64), (0.125, 64), (0.0625, 128)],
    *[(0.5, 64), (0.25, 32), (0.5, 32), (0.125, 128), (0.03125, 128)],
]
CHAINS, PILOT, LEAST, BINS = 16, 150, 600, 4


@dataclasses.dataclass
class Point:
    """1/f of one run by each criterion, with errors, and what it cost."""

    coupling: float
    side: int
    inverse: dict[str, float]
    error: dict[str, float]
    tau: float
    draws: int
    seconds: float

    @property
    def z(self) -> float:
        return self.side * self.coupling**0.5


def tadpole(mass_squared: float) -> float:
    """The propagator at zero distance on an infinite square lattice."""
    from scipy.special import ellipk

    k = 4 / (4 + mass_squared)
    return float(k * ellipk(k**2) / (2 * np.pi))


def bare(coupling: float, mass_squared: float) -> float:
    return mass_squared - 3 * coupling * tadpole(mass_squared)


def renormalised(coupling: float, bare_squared: float) -> float:
    from scipy.optimize import root_scalar

    excess = lambda m: bare(coupling, m) - bare_squared
    return float(root_scalar(excess, bracket=(1e-8, 10), xtol=1e-12).root)


def draw(field: P.LatticeField, draws: int, key: jax.Array, start=None) -> P.Run:
    kernel = P.Composed(P.Rotation(0.2), [P.ClusterFlips(field)])
    return P.sample(
        field,
        key=key,
        chains=CHAINS,
        draws=draws,
        warmup=PILOT if start is None else PILOT * 2,
        kernel=kernel,
        start=start,
        observables=["phi2", "m2", "m4", "long_wave", "magnetisation"],
    )


def quartic(field: P.LatticeField) -> P.QuarticPotential:
    assert isinstance(field.potential, P.QuarticPotential)
    return field.potential


def crossing(field: P.LatticeField, series: dict[str, np.ndarray], criterion: str) -> float:
    """The mu0^2 at which a criterion has its critical value, by reweighting."""
    from scipy.optimize import root_scalar

    start = float(quartic(field).mass_squared)
    energy = series["phi2"].ravel() * field.sites / 2
    energy = energy - energy.mean()

    def excess(mass_squared: float) -> float:
        weight = np.exp(-(mass_squared - start) * energy)
        mean = lambda name: float(np.average(series[name].ravel(), weights=weight))
        if criterion == "binder":
            return P.binder_cumulant(mean("m2"), mean("m4")) - TARGETS[criterion]
        length = P.correlation_length(field, mean("m2"), mean("long_wave"))
        return length / field.shape[0] - TARGETS[criterion]

    reach = 3 / energy.std()
    low, high = start - reach, start + reach
    if excess(low) < 0 or excess(high) > 0:
        return low if excess(low) < 0 else high
    return float(root_scalar(excess, bracket=(low, high), xtol=1e-12).root)


def without(series: dict[str, np.ndarray], index: int) -> dict[str, np.ndarray]:
    """All series but one bin of one chain."""
    chain, part = divmod(index, BINS)
    keep = np.ones(series["m2"].shape, bool)
    keep[chain, np.array_split(np.arange(keep.shape[1]), BINS)[part]] = False
    return {name: values[keep] for name, values in series.items()}


def measure(coupling: float, side: int, budget: float, seed: int) -> dict:
    """Two short runs to come near, and one that counts."""
    key = jax.random.fold_in(jax.random.key(seed), side + round(4096 / coupling))
    guess, start, last = bare(coupling, coupling / (11.1 - 0.8 * coupling**0.6)), None, 1.0
    make = lambda guess: P.LatticeField((side, side), mass_squared=guess, coupling=coupling / 4)
    for pilot in range(2):
        before, field = time.process_time(), make(guess)
        run = draw(field, PILOT, jax.random.fold_in(key, pilot), start)
        last = time.process_time() - before  # of the second pilot: already compiled
        guess, start = crossing(field, run.series, "xi/L"), run.paths
    draws = max(int(budget * 3 * PILOT / last) - 2 * PILOT, LEAST)
    before, field = time.process_time(), make(guess)
    run = draw(field, draws, jax.random.fold_in(key, 9), start)
    seconds = time.process_time() - before
    parts = [without(run.series, i) for i in range(CHAINS * BINS)]
    inverse, error = {}, {}
    for name in TARGETS:
        inverse[name] = inverse_ratio(field, run.series, name)
        left = np.array([inverse_ratio(field, part, name) for part in parts])
        error[name] = float(np.sqrt((left.size - 1) * np.mean((left - left.mean()) ** 2)))
    tau = run["magnetisation"].tau
    return dict(inverse=inverse, error=error, tau=tau, draws=run.draws, seconds=seconds)


def inverse_ratio(field: P.LatticeField, series: dict[str, np.ndarray], criterion: str) -> float:
    coupling = 4 * float(quartic(field).coupling)
    return renormalised(coupling, crossing(field, series, criterion)) / coupling


def show(point: Point) -> None:
    cells = [
        f"{1 / point.inverse[n]:10.4f} +- {point.error[n] / point.inverse[n] ** 2:.4f}"
        for n in TARGETS
    ]
    head = f"{point.coupling:8.5f}{point.side:5d}{point.z:7.1f}"
    print(head, *cells, f"{point.tau:7.1f}{point.draws:8d}{point.seconds:8.1f}", flush=True)


def fit(points: list[Point], name: str, terms: list[str]) -> tuple[float, float, float, int]:
    """f_c, its error, chi^2 and degrees of freedom of a linear fit to 1/f."""
    columns = {
        "size": lambda p: p.z ** (-11 / 4),
        "log": lambda p: p.coupling * np.log(p.coupling),
        "linear": lambda p: p.coupling,
        "square": lambda p: p.coupling**2,
    }
    error = np.array([p.error[name] for p in points])
    design = np.array([[1.0, *(columns[t](p) for t in terms)] for p in points]) / error[:, None]
    value = np.array([p.inverse[name] for p in points]) / error
    best, *_ = np.linalg.lstsq(design, value, rcond=None)
    covariance = np.linalg.inv(design.T @ design)
    chi2 = float(np.sum((value - design @ best) ** 2))
    critical = 1 / best[0]
    return critical, critical**2 * covariance[0, 0] ** 0.5, chi2, len(points) - len(best)


def conclude(points: list[Point]) -> None:
    full = ["size", "log", "linear"]
    fits = [
        ("all", points, full),
        ("and lambda^2", points, [*full, "square"]),
        ("lambda <= 0.5", [p for p in points if p.coupling < 0.7], full),
        ("lambda <= 0.25", [p for p in points if p.coupling < 0.3], full),
        ("z > 20", [p for p in points if p.z > 20], full),
    ]
    found = []
    for name in TARGETS:
        for label, chosen, terms in fits:
            if len(chosen) <= len(terms) + 1:
                continue
            value, error, chi2, freedom = fit(chosen, name, terms)
            found.append((value, error, chi2, freedom, name, label))
            print(f"{name:8}{label:16}{value:9.4f} +- {error:.4f}  chi2 {chi2:.1f} / {freedom}")
    good = [row for row in found if row[2] <= row[3] + 2 * (2 * row[3]) ** 0.5]
    main = next((row for row in good if row[4] == "xi/L"), found[0])
    spread = max(abs(row[0] - main[0]) for row in good) if good else float("nan")
    print(f"f_c = {main[0]:.3f} +- {main[1]:.3f} (stat) +- {spread:.3f} (fits and criteria)")
    print(f"published: {PUBLISHED}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=600, help="CPU seconds of sampling")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("runs/phi4.jsonl"))
    given = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)  # pilots are short
    share, points = given.budget / len(RUNS), []
    for coupling, side in RUNS:
        what = dict(coupling=coupling, side=side, budget=share, seed=given.seed)
        row = once(given.out, measure, **what)
        names = [field.name for field in dataclasses.fields(Point)]
        points.append(Point(**{name: row[name] for name in names}))
    print("  lambda    L      z   f by xi/L            f by Binder          tau   draws   CPU s")
    for point in points:
        show(point)
    print(f"CPU seconds of sampling: {sum(p.seconds for p in points):.0f}")
    conclude(points)


if __name__ == "__main__":
    main()
