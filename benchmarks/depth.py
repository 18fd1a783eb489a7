"""The same total time cut into 5 to 100 steps, trained from scratch: does depth change accuracy?

One PDE network of 16 and 32 channels, coefficients shared over the steps, at each depth of its
blocks; same budget, same seed, test set read once each.

    python -m benchmarks.depth [--depths 5 15 27 50 100] [--images 20000] [--epochs 4]
"""

import argparse
import time

from ._timing import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depths", type=int, nargs="+", default=[5, 15, 27, 50, 100])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--channels", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--time", type=float, default=1.0, help="total time of a stage")
    parser.add_argument("--folder", help="where the IDX files lie; fetched ones by default")
    options = parser.parse_args()

    import jax

    from feynax import data, networks, training

    jax.config.update("jax_num_cpu_devices", 2)
    every = data.mnist("train", folder=options.folder)
    fit = every.take(range(options.images))
    test = data.mnist("test", folder=options.folder)
    rows = []
    for depth in options.depths:
        begun = time.process_time()
        net = networks.PDENet(
            channels=options.channels, steps=depth, total_time=options.time, key=jax.random.key(0)
        )
        recipe = training.TrainOptions(
            epochs=options.epochs, batch=128, micro=32, rate=8e-3, average=0.99, shift=1.0
        )
        run = training.train(net, fit, recipe, mesh=training.data_mesh(2))
        cost = time.process_time() - begun
        found = training.evaluate(run.network, test)
        rows.append([depth, 100 * float(found["accuracy"]), float(found["loss"]), cost])
        print(f"depth {depth}: {rows[-1][1]:.2f} %, {cost:.0f} CPU s", flush=True)
    table(
        f"{options.images} images, {options.epochs} epochs, total time {options.time}",
        ["steps a stage", "test %", "loss", "CPU s"],
        rows,
    )
    accuracies = [row[1] for row in rows]
    print(f"\n  spread {max(accuracies) - min(accuracies):.2f} points")


if __name__ == "__main__":
    main()
