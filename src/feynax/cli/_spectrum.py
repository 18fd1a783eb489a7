"""`feynax spectrum`: a continuous-time network read as a quantum system."""

from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import ConfigError
from ._jobs import start_jax
from ._model import open_model
from ._print import print_result

if TYPE_CHECKING:
    from ..networks import CTRNN, HamiltonianCTRNN
    from ._model import OpenModel


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
    model = open_model(network, None)
    found, asked = _only_ctrnn(model), dict(model.asked)
    given = {"regime": _mask(regime), "hbar": hbar, "count": levels, "duration": duration}
    asked |= {key: value for key, value in given.items() if value is not None}

    from ..report import read_spectrum, summary, write_report

    reading = read_spectrum(found, **asked)
    page = write_report(out or Path("runs") / f"spectrum-{network.stem}", reading)
    if json:
        print_result(page.parent)
        return
    print(summary(reading))
    print(f"page: {page}")


def _only_ctrnn(model: "OpenModel") -> "CTRNN | HamiltonianCTRNN":
    """The one continuous-time network of a model."""
    import jax

    from ..networks import CTRNN, HamiltonianCTRNN

    is_one = lambda node: isinstance(node, CTRNN | HamiltonianCTRNN)
    cells = [cell for cell in jax.tree.leaves(model.network, is_leaf=is_one) if is_one(cell)]
    if len(cells) != 1:
        raise ConfigError(
            f"`{model.name}` holds {len(cells)} continuous-time networks; feynax spectrum reads "
            "one."
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
