"""All members on short real series at equal CPU time: JapaneseVowels, and MNIST row by row.

Every network has about so many weights (`--weights`), the same optimiser, and so many CPU seconds
of training; compiling and evaluating do not count. Then the same weights are run on the same
series sampled twice as often (each value held, `dts` of one half), where a member takes times.

    python -m benchmarks.members [--tasks vowels rows] [--seeds 0 1 2 3 4] [--members ...]
        [--budget 12] [--folder DIR] [--rates 1 2]

With `--rates` each training series is sampled at one of these rates.
"""

import functools
from typing import Any

from ._runs import arguments, mean_and_error, once, weights_of
from ._timing import table

_LINEAR: dict[str, Any] = {"layers": 2}
_ORTHOGONAL: dict[str, Any] = {"rate": 1e-3}
# Network and options of training; the rest is the same for all.
MEMBERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "LSTM": ({"cell": "LSTM"}, {}),
    "GRU": ({"cell": "GRU"}, {}),
    "RNN": ({"cell": "RNN"}, _ORTHOGONAL),
    "LeakyRNN": ({"cell": "LeakyRNN"}, {}),
    "ExpRNN": ({"cell": "ExpRNN"}, _ORTHOGONAL),
    "CayleyRNN": ({"cell": "CayleyRNN"}, _ORTHOGONAL),
    "URNN": ({"cell": "URNN"}, {}),
    "ClockworkRNN": ({"cell": "ClockworkRNN"}, _ORTHOGONAL),
    "AntisymmetricRNN": ({"cell": "AntisymmetricRNN"}, {}),
    "AntisymmetricRNN, gated": (
        {"cell": "AntisymmetricRNN", "options": {"gated": True, "step_size": 0.3}},
        {},
    ),
    "SymplecticRNN": ({"cell": "SymplecticRNN"}, {}),
    "TwoStepLeapfrogRNN": ({"cell": "TwoStepLeapfrogRNN"}, {}),
    "LipschitzRNN": ({"cell": "LipschitzRNN", "options": {"step_size": 0.1}}, {}),
    "CoRNN": ({"cell": "CoRNN", "options": {"step_size": 0.2}}, {}),
    "UnICORNN": ({"cell": "UnICORNN", "layers": 2}, {}),
    "LEM": ({"cell": "LEM"}, {}),
    "LTC": ({"cell": "LTC"}, {}),
    "CfC": ({"cell": "CfC"}, {}),
    "MLSTM": ({"cell": "MLSTM", "options": {"heads": 4}}, {}),
    "ODEGRU": ({"cell": "ODEGRU"}, {}),
    "NeuralCDE": ({"cell": "NeuralCDE"}, {}),
    "REN": ({"cell": "REN"}, {}),
    "MonotoneRNN": ({"cell": "MonotoneRNN"}, {}),
    "MinGRU": ({"cell": "MinGRU"} | _LINEAR, {}),
    "MinLSTM": ({"cell": "MinLSTM"} | _LINEAR, {}),
    "LRU": ({"cell": "LRU"} | _LINEAR, {}),
    "S4D": ({"cell": "S4D"} | _LINEAR, {}),
    "S5": ({"cell": "S5"} | _LINEAR, {}),
    "LinOSS": ({"cell": "LinOSS"} | _LINEAR, {}),
    "LinOSS, symplectic": (
        {"cell": "LinOSS", "options": {"integrator": "symplectic"}} | _LINEAR,
        {},
    ),
}
BATCH = {"vowels": 30, "rows": 64}


def load(task: str, folder: str | None) -> tuple[Any, Any]:
    """Training and test set."""
    from feynax import data

    if task == "rows":
        train = data.mnist("train", folder=folder)
        return data.image_series(train), data.image_series(data.mnist("test", folder=folder))
    train, test = data.japanese_vowels().standardised(), data.japanese_vowels("test")
    return train, test.standardised(train)


def sized(train: Any, network: dict[str, Any], weights: int, seed: int) -> Any:
    """The network of this kind that comes nearest to so many weights, in steps of eight units."""
    import equinox as eqx
    import jax

    from feynax import networks

    def make(hidden: int) -> Any:
        key = jax.random.key(seed)
        return networks.SequenceNet(
            train.channels, train.classes, hidden=hidden, **network, key=key
        )

    def distance(hidden: int) -> int:
        shapes = eqx.filter_eval_shape(make, hidden)
        leaves = [leaf.size for leaf in jax.tree.leaves(shapes) if hasattr(leaf, "size")]
        return abs(sum(leaves) - weights)

    return make(min(range(8, 400, 8), key=distance))


def one(
    task: str,
    member: str,
    seed: int,
    budget: float,
    weights: int,
    folder: str | None,
    rates: list[int] | None = None,
) -> dict[str, Any]:
    """Train one member, and judge it at both sampling steps."""
    from feynax import training

    train, test = load(task, folder)
    network, how = MEMBERS[member]
    net = sized(train, network, weights, seed)
    common: dict[str, Any] = {"rate": 3e-3, "batch": BATCH[task], "schedule": "linear", "clip": 1.0}
    options = training.TrainOptions(cpu_seconds=budget, seed=seed, **common | how)
    seen = train if rates is None else train.at_rates(rates, seed)
    run = training.fit(net, seen, options=options)
    few = test if task == "vowels" else test.take(range(2000))
    return {
        "parameters": weights_of(net),
        "updates": run.steps,
        "test": training.evaluate(run.network, test)["accuracy"],
        "once": training.evaluate(run.network, few)["accuracy"],
        "twice": _at_half_step(run.network, few),
    }


def _at_half_step(network: Any, test: Any) -> float | None:
    """Accuracy on the same series sampled twice as often, where the member takes times."""
    from feynax import training

    try:
        return training.evaluate(network, test.slower(2))["accuracy"]
    except ValueError as err:
        if "`dt`" not in str(err):
            raise
        return None


def main() -> None:
    """Train, and print a table for each task."""
    parser = arguments(__doc__, seeds=5, budget=0.0)
    parser.add_argument("--tasks", nargs="+", default=["vowels", "rows"], choices=list(BATCH))
    parser.add_argument("--weights", type=int, default=20000)
    parser.add_argument("--rates", type=int, nargs="+")
    asked = parser.parse_args()
    for task in asked.tasks:
        rows = []
        for member in asked.members or MEMBERS:
            call = functools.partial(once, asked.out / "members.jsonl", _with(asked.folder))
            budget = asked.budget or {"vowels": 6.0, "rows": 12.0}[task]
            what = {"task": task, "member": member, "budget": budget, "weights": asked.weights}
            what["rates"] = asked.rates
            rows.append(_row(member, [call(**what, seed=seed) for seed in asked.seeds]))
        rows.sort(key=lambda row: -row[3])
        head = ["member", "parameters", "updates", "test %", "s.e.", "lost at half step", "s.e."]
        table(f"{task}, {budget:g} CPU s, {len(asked.seeds)} seeds", head, rows)


def _with(folder: str | None) -> Any:
    return lambda **what: one(**what, folder=folder)


def _row(member: str, runs: list[dict[str, Any]]) -> list[Any]:
    shown = [member, runs[0]["parameters"], round(mean_and_error(r["updates"] for r in runs)[0])]
    accuracy = mean_and_error(100 * run["test"] for run in runs)
    if runs[0]["twice"] is None:
        return [*shown, *accuracy, "takes no times", ""]
    lost = mean_and_error(100 * (run["once"] - run["twice"]) for run in runs)
    return [*shown, *accuracy, *lost]


if __name__ == "__main__":
    main()
