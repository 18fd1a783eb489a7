"""Three dimensions: four coupled particles in an oscillator, and an atom with one electron.

The oscillator is exact by its normal modes. The atom's nucleus has a size: V = -1/sqrt(r^2 + s^2),
in a wide harmonic trap k r^2 / 2 without which no finite temperature exists; its exact energy is
that of the radial equation of the same potential, on a fine grid.
"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np

import feynax as fx

from ._timing import table

P = fx.paths
PARTICLES, DIMS = 4, 3
SOFT, TRAP = 1.0, 0.05


def coupled(x):
    """Unit springs to the origin, and springs of 1/2 between all pairs."""
    r = x.reshape(PARTICLES, DIMS, *x.shape[1:])
    pairs = r[:, None] - r[None]
    return (r**2).sum((0, 1)) / 2 + (pairs**2).sum((0, 1, 2)) / 8


def lattice_oscillators(beta: float, slices: int) -> float:
    """Energy of the trapezoid lattice: the sum over the normal modes of all particles."""
    own = np.array([1.0] + [1.0 + 0.5 * PARTICLES] * (PARTICLES - 1))
    rates = np.repeat(own, DIMS)
    dt = beta / slices

    def log_partition(dt):
        turn = 2 * np.arcsinh(np.sqrt(rates) * dt / 2)
        return -np.log(2 * np.sinh(slices * turn / 2)).sum()

    step = 1e-4 * dt
    return -(log_partition(dt + step) - log_partition(dt - step)) / (2 * step * slices)


def electron(x):
    """A softened Coulomb well in a trap."""
    square = (x**2).sum(0)
    return -1 / jnp.sqrt(square + SOFT**2) + TRAP * square / 2


def radial(beta: float, points: int = 4000, reach: float = 25.0) -> float:
    """Thermal energy of the electron: second differences of r psi(r), Richardson over two grids."""
    from scipy.linalg import eigh_tridiagonal

    def levels(points, angular):
        r = np.linspace(0, reach, points + 2)[1:-1]
        step = r[1] - r[0]
        V = -1 / np.sqrt(r**2 + SOFT**2) + TRAP * r**2 / 2 + angular * (angular + 1) / (2 * r**2)
        rest = np.full(points - 1, -0.5 / step**2)
        found = eigh_tridiagonal(
            1 / step**2 + V, rest, eigvals_only=True, select="i", select_range=(0, 5)
        )
        return np.asarray(found)

    found, weights = [], []
    for angular in range(5):
        coarse, fine = levels(points, angular), levels(2 * points + 1, angular)
        found.append(fine + (fine - coarse) / 3)
        weights.append(np.full(6, 2 * angular + 1.0))
    energies = np.concatenate(found)
    occupied = np.concatenate(weights) * np.exp(-beta * (energies - energies.min()))
    return float(occupied @ energies / occupied.sum())


def row(name, paths, exact, seed, **options):
    """Sample one system with control variates."""
    begun = time.process_time()
    first, second = jax.random.split(jax.random.key(seed))
    quiet = P.control_variates(paths, key=first, observables=["energy"], draws=200)
    observables = quiet | {"plain": P.centroid_energy, "thermo": P.thermodynamic_energy}
    run = P.sample(paths, key=second, observables=observables, **options)
    rows = []
    for form in ("energy", "plain", "thermo"):
        found = run[form]
        away = (found.value - exact) / max(found.error, 1e-7)
        rows.append([name, form, found.value, found.error, exact, away])
    rows[0].append(time.process_time() - begun)
    rows[1].append("")
    rows[2].append("")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    four = P.PathEnsemble(
        P.FunctionPotential(coupled, PARTICLES * DIMS), beta=4.0, slices=24, action="trapezoid"
    )
    atom = P.PathEnsemble(
        P.FunctionPotential(electron, 3), beta=40.0, slices=160, action="takahashi_imada"
    )
    rows = row("4 particles, 3-D", four, lattice_oscillators(4.0, 24), seed, draws=500)
    rows += row("atom in a trap", atom, radial(40.0), seed, draws=1000)
    head = ["system", "energy", "found", "error", "exact", "sigmas", "CPU seconds"]
    table("Systems in three dimensions", head, rows)


if __name__ == "__main__":
    main()
