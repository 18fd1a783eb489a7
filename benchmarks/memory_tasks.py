"""Copy memory and the adding problem: what an orthogonal and a gated linear member do, and LSTM.

    python -m benchmarks.memory_tasks [--tasks copy200 copy2000 adding2000] [--seeds 0 1 2 3 4]

Every seed draws weights and series anew. `budget` bounds the CPU seconds of a run (compiling and
evaluating do not count); a run also ends after its number of updates. Chance is 12.5 % in copy
memory, and a mean square error of 0.167 in the adding problem.
"""

import dataclasses
from typing import Any

from ._runs import arguments, mean_and_error, once, weights_of
from ._timing import table

_COPY: dict[str, Any] = {"rate": 3e-3, "schedule": "linear"}
# Over so many steps a small turn of the generator is a large one of the state.
_SLOW: dict[str, Any] = _COPY | {"rate": 1e-3, "slow": ("upper",), "slow_factor": 0.1}
_ADD: dict[str, Any] = {"rate": 3e-2, "schedule": "linear"}
_LATCH: dict[str, Any] = {"block": "plain", "options": {"longest_memory": 1e5}}
# Task: class, length, and of each member: network, options of training, updates.
TASKS: dict[str, tuple[str, int, dict[str, tuple[dict[str, Any], dict[str, Any], int]]]] = {
    "copy200": (
        "CopyMemory",
        200,
        {
            "CayleyRNN": ({"cell": "CayleyRNN", "hidden": 128}, _COPY, 100),
            "LSTM": ({"cell": "LSTM", "hidden": 68}, _COPY, 100),
            "LSTM, 5 times the updates": ({"cell": "LSTM", "hidden": 68}, _COPY, 500),
        },
    ),
    "copy2000": (
        "CopyMemory",
        2000,
        {"CayleyRNN": ({"cell": "CayleyRNN", "hidden": 128}, _SLOW, 800)},
    ),
    "adding2000": (
        "AddingProblem",
        2000,
        {
            "MinGRU": ({"cell": "MinGRU", "hidden": 64} | _LATCH, _ADD, 300),
            "LSTM": ({"cell": "LSTM", "hidden": 64}, {"rate": 3e-3, "schedule": "linear"}, 300),
        },
    ),
}


def one(task: str, member: str, seed: int, budget: float) -> dict[str, Any]:
    """Train one member with one seed, and judge it on 1,000 new series."""
    import jax

    from feynax import data, networks, training

    kind, length, members = TASKS[task]
    made, (network, how, updates) = getattr(data, kind)(length), members[member]
    readout = {"readout": "each"} if made.each else {}
    net = networks.SequenceNet(
        made.channels, made.outputs, **network, **readout, key=jax.random.key(seed)
    )
    options = training.TrainOptions(
        updates=updates, batch=32, clip=1.0, log_every=10, seed=seed, **how
    )
    if budget:
        options = dataclasses.replace(options, cpu_seconds=budget)
    run = training.fit(net, made, options=options)
    found = training.evaluate(run.network, made, samples=1000, batch=100)
    score = "accuracy" if "accuracy" in found else "loss"
    solved = [row["step"] for row in run.rows if is_solved(row)]
    return {
        "parameters": weights_of(net),
        "updates": run.steps,
        "cpu_seconds": round(run.training_seconds, 1),
        "measure": score,
        "test": round(found[score], 5),
        "solved_at": solved[0] if solved else None,
    }


def is_solved(row: dict[str, Any]) -> bool:
    """Whether ten successive batches were right to 99 %, or had an error below 0.02."""
    return row["accuracy"] > 0.99 if "accuracy" in row else row["loss"] < 0.02


def main() -> None:
    """Train, and print a table for each task."""
    parser = arguments(__doc__, seeds=5, budget=0.0)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    asked = parser.parse_args()
    for task in asked.tasks:
        rows = []
        for member in asked.members or TASKS[task][2]:
            runs = [
                once(
                    asked.out / "memory_tasks.jsonl",
                    one,
                    task=task,
                    member=member,
                    seed=seed,
                    budget=asked.budget,
                )
                for seed in asked.seeds
            ]
            tests = [run["test"] for run in runs]
            mean, error = mean_and_error(tests)
            most = max(run["cpu_seconds"] for run in runs)
            shown = [runs[0]["parameters"], runs[0]["updates"], mean, error, min(tests), max(tests)]
            rows.append([member, *shown, str([run["solved_at"] for run in runs]), most])
        measure = runs[0]["measure"]
        head = ["member", "parameters", "updates", measure, "s.e.", "least", "most", "solved at"]
        table(task, [*head, "CPU s"], rows)


if __name__ == "__main__":
    main()
