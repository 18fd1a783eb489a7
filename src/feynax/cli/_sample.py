"""`feynax sample`: a potential sampled as an ensemble of paths."""

from pathlib import Path
from typing import Literal

from ._jobs import start_jax
from ._print import print_result


def sample(
    *,
    potential: str = "x**2/2 + x**4",
    beta: float = 10.0,
    slices: int = 256,
    error: float | None = None,
    action: Literal["trapezoid", "midpoint", "takahashi_imada", "chin"] = "trapezoid",
    mass: float = 1.0,
    hbar: float = 1.0,
    chains: int = 64,
    draws: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    json: bool = False,
) -> None:
    """Sample the path integral of a potential: energies, density and gap, with errors.

    The folder gets report.html, to look at, and result.json.

    Parameters
    ----------
    potential
        A formula in x, such as "0.25*(x**2 - 4)**2"; for more degrees of freedom in x, y, z.
    beta
        Inverse temperature, one over energy.
    slices
        How many slices of Euclidean time a path has.
    error
        Stop when the energy has this error; otherwise all draws are made.
    action
        How a slice evaluates the potential.
    mass
        Of the particle.
    hbar
        Planck's constant.
    chains
        How many chains run beside one another.
    draws
        Trajectories of every chain; 2000 by default, with an error asked for at most 40000.
    seed
        Of the random numbers.
    out
        The folder to write; by default runs/sample.
    json
        Print result.json instead of sentences.
    """
    start_jax()
    import jax

    from ..paths import PathEnsemble
    from ..report import read_ensemble, summary, write_report

    ensemble = PathEnsemble(
        potential, beta=beta, slices=slices, action=action, mass=mass, hbar=hbar
    )
    reading = read_ensemble(
        ensemble,
        key=jax.random.key(seed),
        chains=chains,
        draws=draws or (2000 if error is None else 40000),
        target_error=error,
        progress=not json,
    )
    page = write_report(out or Path("runs") / "sample", reading)
    if json:
        print_result(page.parent)
        return
    print(summary(reading))
    print(f"page: {page}")
