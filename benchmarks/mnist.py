"""Full MNIST with the house's PDE network: accuracy, cost, and what refining its steps changes.

Choices were made on 5,000 images held out of the training set; the test set is read once a seed,
at the end. The network is trained with steps drawn at random (total time fixed), which makes it a
flow: more steps of the same equation give the same answer.

    python -m benchmarks.mnist [--seeds 0 1 2] [--folder DIR] [--epochs N]
"""

import argparse
import json
import statistics
import time
from typing import Any

from ._timing import table

NETWORK: dict[str, Any] = {
    "channels": (16, 32),
    "steps": 3,
    "total_time": 3.0,
    "shared": False,
}
TRAINING: dict[str, Any] = {
    "epochs": 14,
    "batch": 128,
    "micro": 32,
    "rate": 8e-3,
    "average": 0.998,
    "shift": 1.5,
    "rotate": 8.0,
    "scale": 0.08,
    "random_steps": (3, 3, 3, 6, 12),
    "eval_steps": 3,
}
REFINED = (1, 2, 4, 16)


def one_seed(seed: int, folder: str | None, epochs: int | None) -> dict[str, Any]:
    """Train on 55,000 images, then read the test set once for each refinement."""
    import jax

    from feynax import data, networks, training

    begun = time.process_time()
    fit, held_out = data.mnist("train", folder=folder).split(5000, seed=0)
    net = networks.PDENet(**NETWORK, key=jax.random.key(seed))
    more = {} if epochs is None else {"epochs": epochs}
    options = training.TrainOptions(**TRAINING | more, seed=seed)
    run = training.train(net, fit, options, valid=held_out, mesh=training.data_mesh(2))
    cost = time.process_time() - begun
    test = data.mnist("test", folder=folder)
    base = NETWORK["steps"]
    accuracy = {
        factor: float(training.evaluate(run.network, test, steps=base * factor)["accuracy"])
        for factor in REFINED
    }
    checked = [row["accuracy"] for row in run.rows if row["kind"] == "eval"]
    return {
        "seed": seed,
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(run.network)),
        "validation": checked[-1],
        "test": accuracy,
        "cpu_seconds": cost,
        "compile_seconds": run.compile_seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", help="where the IDX files lie; fetched ones by default")
    parser.add_argument("--epochs", type=int)
    options = parser.parse_args()

    import jax

    jax.config.update("jax_num_cpu_devices", 2)
    found = []
    for seed in options.seeds:
        found.append(one_seed(seed, options.folder, options.epochs))
        print(json.dumps(found[-1]), flush=True)
    head = ["seed", "validation %", *[f"test % at {f} x steps" for f in REFINED], "CPU s"]
    rows = [
        [f["seed"], 100 * f["validation"], *[100 * a for a in f["test"].values()], f["cpu_seconds"]]
        for f in found
    ]
    table(
        f"{found[0]['parameters']} parameters; test error of one figure about 0.08 points",
        head,
        rows,
    )
    mean = statistics.mean(f["test"][1] for f in found)
    worst = max(f["test"][1] - min(f["test"].values()) for f in found)
    print(f"\n  mean test accuracy {100 * mean:.2f} %")
    print(f"  refining the steps loses at most {100 * worst:.2f} points")


if __name__ == "__main__":
    main()
