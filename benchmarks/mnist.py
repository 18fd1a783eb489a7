"""Full MNIST with the house's PDE network: accuracy, cost, and what refining its steps changes.

Choices were made on 5,000 images held out of the training set; the test set is read at the end of
a run and never before. Two recipes: `accuracy` trains at three steps a stage; `flow` draws the
steps of each batch at random (total time fixed), so that its weights mean an equation and more
steps give the same answer.

    python -m benchmarks.mnist [accuracy|flow] [--seeds 0 1 2] [--folder DIR] [--epochs N]
"""

import argparse
import json
import statistics
import time
from typing import Any

from ._timing import table

DISTORTIONS: dict[str, Any] = {"shift": 1.5, "rotate": 8.0, "scale": 0.08}
COMMON: dict[str, Any] = {"batch": 128, "micro": 32, "rate": 8e-3, "average": 0.998} | DISTORTIONS
RECIPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "accuracy": (
        {"channels": (24, 48), "steps": 3, "total_time": 2.0, "shared": False},
        {"epochs": 13},
    ),
    "flow": (
        {"channels": (16, 32), "steps": 6, "total_time": 1.0},
        {"epochs": 8, "random_steps": (4, 6, 8, 12), "eval_steps": 6},
    ),
}
REFINED = {"accuracy": (1,), "flow": (1, 2, 4, 16)}


def one_seed(recipe: str, seed: int, folder: str | None, epochs: int | None) -> dict[str, Any]:
    """Train on 55,000 images, then read the test set once for each refinement."""
    import jax

    from feynax import data, networks, training

    begun = time.process_time()
    fit, held_out = data.mnist("train", folder=folder).split(5000, seed=0)
    network, how = RECIPES[recipe]
    net = networks.PDENet(**network, key=jax.random.key(seed))
    more = {} if epochs is None else {"epochs": epochs}
    options = training.TrainOptions(**COMMON | how | more, seed=seed)
    run = training.train(net, fit, options, valid=held_out, mesh=training.data_mesh(2))
    cost = time.process_time() - begun
    test = data.mnist("test", folder=folder)
    base = network["steps"]
    accuracy = {
        factor: float(training.evaluate(run.network, test, steps=base * factor)["accuracy"])
        for factor in REFINED[recipe]
    }
    checked = [float(row["accuracy"]) for row in run.rows if row["kind"] == "eval"]
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
    parser.add_argument("recipe", nargs="?", default="accuracy", choices=RECIPES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--folder", help="where the IDX files lie; fetched ones by default")
    parser.add_argument("--epochs", type=int)
    options = parser.parse_args()

    import jax

    jax.config.update("jax_num_cpu_devices", 2)
    found = []
    for seed in options.seeds:
        found.append(one_seed(options.recipe, seed, options.folder, options.epochs))
        print(json.dumps(found[-1]), flush=True)
    refined = REFINED[options.recipe]
    head = ["seed", "validation %", *[f"test % at {f} x steps" for f in refined], "CPU s"]
    rows = [
        [f["seed"], 100 * f["validation"], *[100 * a for a in f["test"].values()], f["cpu_seconds"]]
        for f in found
    ]
    parameters = found[0]["parameters"]
    table(f"{parameters} parameters; error of one test figure about 0.08 points", head, rows)
    print(f"\n  mean test accuracy {100 * statistics.mean(f['test'][1] for f in found):.2f} %")
    if len(refined) > 1:
        worst = max(f["test"][1] - min(f["test"].values()) for f in found)
        print(f"  refining the steps loses at most {100 * worst:.2f} points")


if __name__ == "__main__":
    main()
