"""Identify a driven Duffing oscillator: networks that contract by construction, beside an LSTM.

The networks have about as many weights. Training is in five parts of equal CPU time with falling
rates; before the first and after each the contraction is certified anew from the weights. The
error is the root mean square on new forces, in units of the displacement's own deviation in
training, of which 0.01 is noise.

    python -m benchmarks.sysid [--budget 60] [--seeds 0 1 2] [--members ...]
"""

from typing import Any

from ._runs import arguments, mean_and_error, once, weights_of
from ._timing import table

MEMBERS: dict[str, tuple[dict[str, Any], float]] = {
    "REN": ({"cell": "REN", "hidden": 20, "options": {"features": 20, "rate": 0.98}}, 1e-2),
    "MonotoneRNN": (
        {"cell": "MonotoneRNN", "hidden": 40, "options": {"features": 48, "step_size": 0.5}},
        3e-3,
    ),
    "LSTM": ({"cell": "LSTM", "hidden": 32}, 5e-3),
}
PARTS = (1.0, 1.0, 0.5, 0.2, 0.05)  # of the rate


def one(member: str, seed: int, budget: float) -> dict[str, Any]:
    """Train one member, certify it six times, and judge it."""
    import jax

    from feynax import data, networks, training

    train, test = data.silverbox("train"), data.silverbox("test")
    network, rate = MEMBERS[member]
    net = networks.SequenceNet(
        1, 1, **network, block="plain", readout="each", key=jax.random.key(seed)
    )
    verdicts, steps = [certified(net)], 0
    for part, share in enumerate(PARTS):
        options = training.TrainOptions(
            cpu_seconds=budget / len(PARTS),
            batch=16,
            rate=share * rate,
            schedule="constant",
            clip=1.0,
            seed=100 * seed + part,
        )
        run = training.fit(net, train, options=options)
        net, steps = run.network, steps + run.steps
        verdicts.append(certified(net))
    return {
        "parameters": weights_of(net),
        "updates": steps,
        "rmse": training.evaluate(net, test)["loss"] ** 0.5,
        "verdicts": [verdict for verdict, _ in verdicts],
        "rates": [rate for _, rate in verdicts],
    }


def certified(network: Any) -> tuple[str, float | None]:
    """Verdict on contraction for every state and input, and the rate a step."""
    import feynax as fx

    cell = network.layers[0].forth
    if not isinstance(cell, fx.networks.AbstractContractingCell):
        return "makes no claim", None
    found = fx.certify(cell)
    return found.verdict.name, float(cell.certificate_data().rate)


def main() -> None:
    """Train, and print the table."""
    asked = arguments(__doc__, seeds=3, budget=60.0).parse_args()
    rows = []
    for member in asked.members or MEMBERS:
        runs = [
            once(asked.out / "sysid.jsonl", one, member=member, seed=seed, budget=asked.budget)
            for seed in asked.seeds
        ]
        verdicts = sorted({verdict for run in runs for verdict in run["verdicts"]})
        rates = [rate for run in runs for rate in run["rates"] if rate is not None]
        error = mean_and_error(run["rmse"] for run in runs)
        last = [", ".join(verdicts), f"{min(rates):.4f} to {max(rates):.4f}" if rates else ""]
        rows.append([member, runs[0]["parameters"], runs[0]["updates"], *error, *last])
    head = ["member", "parameters", "updates", "rmse", "s.e.", "before, during, after", "rate"]
    table(f"silverbox, {asked.budget:g} CPU s", head, rows)


if __name__ == "__main__":
    main()
