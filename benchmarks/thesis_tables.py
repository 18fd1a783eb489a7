"""Tables 4.1 and 4.2 of the thesis, beside its printed figures and beside step 1/depth.

The thesis leaves batch size, head and initialisation open; ours are those of `ThesisNet` (batch
128, head 784-128-64-10, coefficients uniform in (0, 1), Adam 1e-3, images standardised). The
budget is stated in the table; the thesis' was 60,000 images and 50 epochs.

    python -m benchmarks.thesis_tables [--images 20000] [--epochs 4]
"""

import argparse
import time
from typing import Any

from ._timing import table

PRINTED = {  # depth: (39) and control of table 4.1; (40) and control of table 4.2
    5: (97.4, 97.5, None, None),
    15: (96.5, 97.3, None, None),
    27: (95.8, 97.0, 97.0, 96.7),
    50: (89.2, 96.2, 96.9, 97.3),
}


def accuracy(data: Any, test: Any, depth: int, equation: str, step: float, epochs: int) -> str:
    """Test accuracy in per cent, or the step at which training diverged."""
    import jax

    from feynax import networks, training
    from feynax._errors import FeynaxError

    net = networks.ThesisNet(depth, equation=equation, step=step, key=jax.random.key(0))
    recipe = training.TrainOptions(
        epochs=epochs, batch=128, rate=1e-3, schedule="constant", warmup=0.0
    )
    try:
        run = training.train(net, data, recipe, mesh=training.data_mesh(2))
    except FeynaxError:
        return "diverged"
    return f"{100 * float(training.evaluate(run.network, test)['accuracy']):.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--depths", type=int, nargs="+", default=list(PRINTED))
    parser.add_argument("--folder", help="where the IDX files lie; fetched ones by default")
    options = parser.parse_args()

    import jax

    from feynax import data

    jax.config.update("jax_num_cpu_devices", 2)
    few = data.mnist("train", folder=options.folder).take(range(options.images))
    test = data.mnist("test", folder=options.folder)
    begun, rows = time.process_time(), []
    for depth in options.depths:
        row: list[Any] = [depth]
        for equation, column in (("39", 0), ("40", 2), ("residual", 1)):
            printed = PRINTED.get(depth, (None,) * 4)[column]
            row += ["-" if printed is None else printed]
            row += [accuracy(few, test, depth, equation, 1.0, options.epochs)]
        row += [accuracy(few, test, depth, "39", 1 / depth, options.epochs)]
        rows.append(row)
        print(row, flush=True)
    head = ["depth", "(39) printed", "here", "(40) printed", "here", "control printed", "here"]
    title = (
        f"Test accuracy in per cent: {options.images} images, {options.epochs} epochs here; "
        f"60,000 and 50 in the thesis ({time.process_time() - begun:.0f} CPU s)"
    )
    table(title, [*head, "(39), step 1/depth"], rows)
    print("\n  One seed; one figure's own error is about 0.2 points.")


if __name__ == "__main__":
    main()
