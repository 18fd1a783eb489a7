"""Two-dimensional phi^4 on all tori that are known exactly, by their transfer matrices.

`python -m benchmarks.phi4_tori --reference paths.json`: means with errors and their distance from
the exact numbers in errors, with the rotation alone and with clusters.
"""

import argparse
import json
import pathlib

import jax
import numpy as np

import feynax as fx

P = fx.paths
NAMES = ("phi2", "phi4", "M2_per_V", "binder", "nn", "gap")


def run_of(case: dict, draws: int, seed: int, *, clusters: bool) -> P.Run:
    field = P.LatticeField((case["Lx"], case["Lt"]), mass_squared=case["m2"], coupling=case["g"])
    # A short first step brings wide starts home; the default's would leave some of them frozen,
    # and the gate would refuse the run.
    rotation = P.Rotation(0.2)
    kernel = P.Composed(rotation, [P.ClusterFlips(field)]) if clusters else rotation
    return P.sample(
        field,
        key=jax.random.key(seed),
        chains=32,
        draws=draws,
        warmup=400,
        kernel=kernel,
        observables=P.standard_observables(field) | {"nn": nearest},
    )


def nearest(field: P.LatticeField, x: jax.Array) -> jax.Array:
    """Along space on oblong tori, of both directions on square ones."""
    both = P.neighbours(field, x)
    return both.mean() if field.shape[0] == field.shape[1] else both[0]


def gap_of(run: P.Run) -> fx.Estimate | None:
    """The library's own plateau, where the torus is long enough to have one."""
    return P.gap(run).estimate if run.blocks["correlator"].shape[-1] >= 5 else None


def found(run: P.Run) -> dict[str, fx.Estimate | None]:
    series, field = run.series, run.ensemble
    assert isinstance(field, P.LatticeField)
    return {
        "phi2": run["phi2"],
        "phi4": run["phi4"],
        "M2_per_V": P.derived(lambda m2: P.susceptibility(field, m2), series["m2"]),
        "binder": P.derived(P.binder_cumulant, series["m2"], series["m4"]),
        "nn": run["nn"],
        "gap": gap_of(run),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=pathlib.Path, required=True)
    parser.add_argument("--case", help="part of a name of a torus")
    parser.add_argument("--draws", type=int, default=4000)
    given = parser.parse_args()
    cases, far = json.loads(given.reference.read_text())["phi4"], []
    for number, (label, case) in enumerate(cases.items()):
        if given.case and given.case not in label:
            continue
        for clusters in (False, True):
            run = run_of(case, given.draws, 10 * number + clusters, clusters=clusters)
            for name, estimate in found(run).items():
                exact = case.get(name, case.get(f"{name}_x"))
                if exact is None or estimate is None:
                    continue
                far.append((estimate.value - exact) / estimate.error)
                kernel = "clusters" if clusters else "rotation"
                numbers = f"{estimate.value:10.6f} +- {estimate.error:.6f}{exact:11.6f}"
                print(f"{label:22}{kernel:9}{name:9}{numbers}{far[-1]:7.2f}", flush=True)
    far = np.array(far)
    rms, most = np.sqrt(np.mean(far**2)), np.abs(far).max()
    print(f"{far.size} numbers: largest distance {most:.2f} errors, root mean square {rms:.2f}")


if __name__ == "__main__":
    main()
