"""`feynax train`: a configuration in, a run folder out."""

import datetime
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._atomic import write_atomically
from .._errors import ConfigError
from ._config import RunConfig, first_difference, parse_config, read_toml, to_toml
from ._jobs import spawn as spawn_processes, start_jax
from ._print import print_result, sentences
from ._read import report_run

if TYPE_CHECKING:
    from ..report import Reading, RecurrentReading
    from ..training import TrainResult


def train(
    config: Path,
    /,
    *,
    resume: bool = False,
    out: Path | None = None,
    seed: int | None = None,
    quiet: bool = False,
    processes: int = 1,
    rank: int = 0,
    coordinator: str | None = None,
    spawn: int | None = None,
    json: bool = False,
) -> None:
    """Train the network that a configuration describes.

    The run folder gets config.toml, metrics.jsonl, checkpoints/, model.safetensors, result.json
    and report.html.

    Parameters
    ----------
    config
        A TOML file; see examples/digits.toml.
    resume
        Go on from the last checkpoint in the run folder.
    out
        The run folder; by default the configuration's `out`, else runs/NAME.
    seed
        In place of the configuration's.
    quiet
        Show no progress.
    processes
        How many processes the job has, on all machines; all must see the run folder.
    rank
        Which of them this is.
    coordinator
        HOST:PORT of rank 0.
    spawn
        Start so many processes here.
    json
        Print result.json instead of sentences.
    """
    raw = read_toml(config)
    if seed is not None:
        raw = {"seed": seed} | raw | {"seed": seed}
    settings = parse_config(raw, config.name)
    folder = _folder(config, settings, out, resume)
    if rank == 0:
        _prepare(folder, raw, config if seed is None else None, resume)
    if spawn is not None:
        _spawn(config, folder, seed, quiet, spawn, json)
        return
    try:
        with sentences(json=json):
            run_training(settings, folder, not quiet, (processes, rank, coordinator))
    except KeyboardInterrupt:
        again = f"feynax train {config} --resume --out {folder}"
        raise KeyboardInterrupt(f"Go on with `{again}`.") from None
    if json and rank == 0:
        print_result(folder)


def run_training(
    settings: RunConfig, folder: Path, progress: bool, job: tuple
) -> "Reading | RecurrentReading | None":
    """Train, test, and write the run folder; return what the page says, if there is one."""
    start_jax(settings.devices, *job)
    import jax

    from ..interop import save_model
    from ..training import data_mesh, evaluate, fit, meet
    from ._build import build_network, load_data

    mesh = data_mesh(None if jax.process_count() > 1 else settings.devices)
    meet(mesh)
    data, held_out, test = load_data(settings.data)
    network = build_network(settings.network, data, settings.seed)
    method: Any = settings.method
    run = fit(
        network,
        data,
        settings.loss or None,
        settings.options,
        method=method,
        valid=held_out,
        folder=folder,
        resume=True,
        mesh=mesh,
        progress=progress,
    )
    steps = settings.options.eval_steps or None
    found = evaluate(run.network, test, loss=settings.loss or None, steps=steps, mesh=mesh)
    if jax.process_index():
        return None
    facts = _facts(data) | {"seed": settings.seed}
    save_model(folder / "model.safetensors", jax.device_get(run.network), extra=facts)
    result = found | _result(run, settings) | facts | {"devices": mesh.size}
    write_atomically(folder / "result.json", (json.dumps(result, indent=2) + "\n").encode())
    print(f"{_sentence(found, test)}: {folder}")
    reading = report_run(folder, jax.device_get(run.network), _to_read(test), run.rows, result)
    if isinstance(reading, str):
        print(reading)
        return None
    return reading


def _facts(data: Any) -> dict[str, Any]:
    """What must be known of the data where the network is used."""
    named = {name: getattr(data, name, None) for name in ("mean", "std")}
    plain = {name: list(v) if isinstance(v, tuple) else v for name, v in named.items()}
    return {"data": data.name} | {name: v for name, v in plain.items() if v is not None}


def _sentence(found: dict[str, float], test: Any) -> str:
    kind = "images" if hasattr(test, "images") else "series"
    if "accuracy" in found and not getattr(test, "each", False):
        return f"{100 * found['accuracy']:.2f} % of {found['count']} test {kind} right"
    if "accuracy" in found:
        share = f"{100 * found['accuracy']:.2f} % of all answers right"
        return f"{share}, in {found['count']} test {kind}"
    return f"mean square error {found['loss']:.4g} over {found['count']} test {kind}"


def _to_read(test: Any) -> Any:
    """Some examples of a task, as a set; a set as it is."""
    from ..data import draw_series

    return test if hasattr(test, "take") else draw_series(test, 24)


def _result(run: "TrainResult", settings: RunConfig) -> dict[str, Any]:
    from importlib.metadata import version

    import jax

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    checked = [row for row in run.rows if row["kind"] == "eval"]
    leaves = jax.tree.leaves(run.network)
    return {
        "validation": checked[-1] if checked else None,
        "parameters": sum(leaf.size for leaf in leaves if hasattr(leaf, "size")),
        "steps": run.steps,
        "seconds": round(run.seconds, 2),
        "cpu_seconds": round(run.cpu_seconds, 2),
        "compile_seconds": round(run.compile_seconds, 2),
        "training_seconds": round(run.training_seconds, 2),
        "network": settings.network,
        "processes": jax.process_count(),
        "versions": {name: version(name) for name in ("feynax", "jax", "equinox", "optax")},
        "python": sys.version.split()[0],
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
        "date": now,
    }


def _folder(config: Path, settings: RunConfig, out: Path | None, resume: bool) -> Path:
    if out is not None:
        return out
    if resume and config.name == "config.toml":
        return config.parent
    return Path(settings.out) if settings.out else Path("runs") / config.stem


def _prepare(folder: Path, raw: dict[str, Any], config: Path | None, resume: bool) -> None:
    """Make the run folder, or see that it is the one to resume."""
    copy = folder / "config.toml"
    # A run that was refused before its first step leaves its configuration and no more.
    used = folder.exists() and not (folder.is_dir() and {*folder.iterdir()} <= {copy})
    if used and not resume:
        raise ConfigError(
            f"`{folder}` is not empty: go on with `--resume`, or choose another `--out`."
        )
    if used and not copy.is_file():
        raise ConfigError(f"`{folder}` holds no config.toml, so it is no run to resume.")
    if used:
        change = first_difference(raw, read_toml(copy))
        if change:
            raise ConfigError(f"`{folder}` is another run: {change}.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(copy, config.read_bytes() if config else to_toml(raw).encode())


def _spawn(
    config: Path, folder: Path, seed: int | None, quiet: bool, processes: int, json: bool
) -> None:
    tokens = ["train", str(config), "--out", str(folder), "--resume"]  # the folder is made
    tokens += ["--quiet"] * quiet + ["--json"] * json
    tokens += [] if seed is None else ["--seed", str(seed)]
    code = spawn_processes(tokens, processes)
    if code:
        sys.exit(code)
