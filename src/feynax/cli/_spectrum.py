"""`feynax spectrum`: a continuous-time network read as a quantum system."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError, MissingDataError
from ._jobs import start_jax

if TYPE_CHECKING:
    from ..networks import CTRNN, HamiltonianCTRNN


def spectrum(
    network: Path,
    /,
    *,
    regime: str | None = None,
    hbar: float | None = None,
    levels: int | None = None,
    duration: float | None = None,
    out: Path | None = None,
    json: bool = False,
) -> None:
    """Say which quantum system a network is: class, levels, conditions, certificate.

    The folder gets report.html, to look at, and result.json.

    Parameters
    ----------
    network
        A TOML file with [network] weights, tau, bias, current (weights[i][j] acts on unit i from
        unit j), and [quantum] if wanted; or a model.safetensors or run folder that holds a CTRNN.
    regime
        Which units of a ReLU network are on, such as 11 or 101; by default all.
    hbar
        Planck's constant, in units of the product of two states; 1 by default.
    levels
        How many levels; 6 by default.
    duration
        How long a packet is followed, in the network's unit of time.
    out
        The folder to write; by default runs/spectrum-NAME.
    json
        Print result.json instead of sentences.
    """
    start_jax()
    found, asked = _open(network)
    given = {"regime": _mask(regime), "hbar": hbar, "count": levels, "duration": duration}
    asked |= {key: value for key, value in given.items() if value is not None}

    from ..report import read_spectrum, summary, write_report

    reading = read_spectrum(found, **asked)
    page = write_report(out or Path("runs") / f"spectrum-{network.stem}", reading)
    if json:
        print(_json(reading.to_dict()))
        return
    print(summary(reading))
    print(f"page: {page}")


def _open(path: Path) -> "tuple[CTRNN | HamiltonianCTRNN, dict[str, Any]]":
    """The network, and what its file asks of the reading."""
    from ._network_file import read_network

    if not path.exists():
        raise MissingDataError(f"There is nothing to read: no file `{path}`.")
    if path.suffix == ".toml":
        file = read_network(path)
        asked = dict(file.asked)
        if "levels" in asked:
            asked["count"] = asked.pop("levels")
        return file.network, asked
    return _only_ctrnn(path), {}


def _only_ctrnn(path: Path) -> "CTRNN | HamiltonianCTRNN":
    """The one continuous-time network of a model."""
    import jax

    from ..networks import CTRNN, HamiltonianCTRNN
    from ._model import open_model

    is_one = lambda node: isinstance(node, CTRNN | HamiltonianCTRNN)
    cells = [
        cell
        for cell in jax.tree.leaves(open_model(path, None).network, is_leaf=is_one)
        if is_one(cell)
    ]
    if len(cells) != 1:
        raise ConfigError(
            f"`{path}` holds {len(cells)} continuous-time networks; feynax spectrum reads one."
        )
    return cells[0]


def _mask(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    if not text or set(text) - {"0", "1"}:
        raise ConfigError(
            f"Argument `regime` must be zeros and ones, such as 11, but has {text!r}."
        )
    return tuple(int(bit) for bit in text)


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False)
