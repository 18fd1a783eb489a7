"""MNIST pixel by pixel (784 steps) at equal CPU time: our best member, LSTM and GRU.

Training stops after so many CPU seconds of steps; compiling and evaluating do not count. The
best member is a stack of three LRU layers, the first of which reads all 784 pixels one by one and
hands on its output at every seventh; `LRU, every step` hands on all of them.

    python -m benchmarks.pixel [--budget 600] [--seeds 0] [--members ...] [--permuted]
"""

from typing import Any

from ._runs import arguments, once, weights_of
from ._timing import table

_LRU: dict[str, Any] = {"cell": "LRU", "layers": 3, "hidden": 64, "encoder": "cell"}
_RING: dict[str, Any] = {"radii": (0.9, 0.999)}
MEMBERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "LRU": (_LRU | {"every": (7, 1, 1), "options": _RING}, {"rate": 4e-3}),
    "LRU, every step": (
        {"cell": "LRU", "layers": 2, "hidden": 48, "encoder": "cell", "options": _RING},
        {"rate": 4e-3},
    ),
    "LSTM": ({"cell": "LSTM", "hidden": 120}, {"rate": 2e-3}),
    "GRU": ({"cell": "GRU", "hidden": 138}, {"rate": 2e-3}),
}


def one(
    member: str, seed: int, budget: float, permuted: bool, folder: str | None
) -> dict[str, Any]:
    """Train on 55,000 images for so long, then read the test set once."""
    import jax

    from feynax import data, networks, training

    train, held_out = data.mnist("train", folder=folder).split(5000, seed=0)
    test = data.mnist("test", folder=folder)
    train, held_out, test = (
        data.image_series(part, "pixel", permuted=permuted) for part in (train, held_out, test)
    )
    network, how = MEMBERS[member]
    net = networks.SequenceNet(1, 10, **network, key=jax.random.key(seed))
    options = training.TrainOptions(
        cpu_seconds=budget, batch=64, schedule="linear", clip=1.0, seed=seed, **how
    )
    run = training.fit(net, train, options=options)
    return {
        "parameters": weights_of(net),
        "updates": run.steps,
        "cpu_seconds": round(run.training_seconds, 1),
        "train": round(run.rows[-1]["accuracy"], 4),
        "validation": round(training.evaluate(run.network, held_out)["accuracy"], 4),
        "test": round(training.evaluate(run.network, test)["accuracy"], 4),
    }


def main() -> None:
    """Train, and print the table."""
    parser = arguments(__doc__, seeds=1, budget=600.0)
    parser.add_argument("--permuted", action="store_true")
    asked = parser.parse_args()
    rows = []
    for seed in asked.seeds:
        for member in asked.members or MEMBERS:
            rows.append(
                once(
                    asked.out / "pixel.jsonl",
                    lambda **what: one(**what, folder=asked.folder),
                    member=member,
                    seed=seed,
                    budget=asked.budget,
                    permuted=asked.permuted,
                )
            )
    names = ["member", "seed", "parameters", "updates", "cpu_seconds", "validation", "test"]
    table("pixel by pixel", names, [[row[name] for name in names] for row in rows])


if __name__ == "__main__":
    main()
