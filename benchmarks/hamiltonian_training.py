"""Networks trained to be Hamiltonian and to have levels, beside free ones: JapaneseVowels.

The same CTRNN of ReLUs, integrator, optimiser and CPU seconds of training: free; Hamiltonian in
the regime where all units are on; and with a positive form besides, so that every mode oscillates.
Training is in single precision. What is judged: accuracy on the test set; the condition, as the
share of J^-1 A that is not symmetric, of the weights made from the free numbers in double
precision, and of those in single precision; and the levels of the trained network.

    python -m benchmarks.hamiltonian_training [--seeds 0 1 2] [--budget 8] [--hidden 64]
"""

import functools
from typing import Any

from ._runs import arguments, mean_and_error, once, weights_of
from ._timing import table

_STEP: dict[str, Any] = {"method": "rk4", "step_size": 0.5}
MEMBERS: dict[str, tuple[str, dict[str, Any]]] = {
    "free": ("CTRNN", {"activation": "relu"} | _STEP),
    "Hamiltonian": ("HamiltonianCTRNN", {"levels": False} | _STEP),
    "with levels": ("HamiltonianCTRNN", {"levels": True} | _STEP),
}


def one(member: str, seed: int, budget: float, hidden: int) -> dict[str, Any]:
    """Train one network, judge it, and read it as a quantum system."""
    import jax

    from feynax import data, networks, training

    train, test = data.japanese_vowels().standardised(), data.japanese_vowels("test")
    test = test.standardised(train)
    cell, options = MEMBERS[member]
    net = networks.SequenceNet(
        12, 9, cell=cell, hidden=hidden, options=options, key=jax.random.key(seed)
    )
    how = training.TrainOptions(
        cpu_seconds=budget, seed=seed, rate=3e-3, batch=30, schedule="linear", clip=1.0
    )
    run = training.fit(net, train, options=how)
    accuracy = training.evaluate(run.network, test)["accuracy"]
    row = {"parameters": weights_of(net), "updates": run.steps, "test": accuracy}
    return row | _read(run.network.layers[0].forth)


def _read(cell: Any) -> dict[str, Any]:
    """The condition on the trained weights, margin and first levels."""
    import jax
    import numpy as np

    import feynax as fx

    poisson = np.kron([[0.0, 1.0], [-1.0, 0.0]], np.eye(cell.hidden_size // 2))
    if not isinstance(cell, fx.networks.HamiltonianCTRNN):
        return {"residual": _residual(cell, poisson)}
    with jax.enable_x64(True):
        double = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), cell).plain()
        found: dict[str, Any] = {"residual": _residual(double, poisson)}
        matrix = jax.numpy.asarray(fx.maps.relu_field(double).regime(np.ones(len(poisson))).matrix)
        found["margin"] = float(fx.quantum.level_margin(matrix, poisson))
    found["single"] = _residual(cell.plain(), poisson)
    ham = fx.quantize(cell, hbar=1.0)
    if ham.kind == "elliptic" and ham.spectrum.direction:
        found |= {
            "levels": (ham.levels(4) - ham.centre_energy).tolist(),
            "frequencies": ham.frequencies[[0, -1]].tolist(),
        }
    return found | {"kind": ham.kind}


def _residual(net: Any, poisson: Any) -> float:
    """The share of J^-1 A that is not symmetric, of the weights as they act with all units on."""
    import numpy as np

    import feynax as fx

    field = fx.maps.relu_field(net).regime(np.ones(len(poisson)))
    form = np.linalg.solve(poisson, field.matrix)
    return float(np.linalg.norm(form - form.T) / np.linalg.norm(form))


def main() -> None:
    """Train, and print a table and the levels."""
    parser = arguments(__doc__, seeds=3, budget=8.0)
    parser.add_argument("--hidden", type=int, default=64)
    asked = parser.parse_args()
    path = asked.out / "hamiltonian_training.jsonl"
    rows, last = [], {}
    for member in asked.members or MEMBERS:
        call = functools.partial(once, path, one, member=member)
        found = [call(seed=s, budget=asked.budget, hidden=asked.hidden) for s in asked.seeds]
        mean, error = mean_and_error(row["test"] for row in found)
        residual = max(row["residual"] for row in found)
        single = max(row.get("single", residual) for row in found)
        margins = [row["margin"] for row in found if "margin" in row]
        updates = sum(row["updates"] for row in found) // len(found)
        margin = min(margins) if margins else "-"
        accuracy = f"{100 * mean:.1f} +- {100 * error:.1f} %"
        rows.append([member, found[0]["parameters"], updates, accuracy, residual, single, margin])
        last[member] = found[0]
    head = ["network", "weights", "updates", "test", "residual", "in float32", "margin"]
    table("JapaneseVowels, CTRNN of ReLUs", head, rows)
    for member, row in last.items():
        if "levels" in row:
            levels = ", ".join(f"{level:.6f}" for level in row["levels"])
            low, high = row["frequencies"]
            print(f"\n{member}: frequencies {low:.4f} to {high:.4f}, levels above the centre's")
            print(f"energy (hbar = 1) {levels}, ...")


if __name__ == "__main__":
    main()
