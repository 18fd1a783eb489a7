"""`feynax data`: which data sets are here, and how to bring more."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ._print import print_json

data = App(name="data", help="List the data sets on this machine, or fetch one.")


@data.command(name="list")
def list_(*, json: bool = False) -> None:
    """List the data sets that `feynax train` knows by name, and where they lie.

    Parameters
    ----------
    json
        Print JSON instead of sentences.
    """
    from ..data import MissingDataError, digits, mnist

    found = {}
    for name, read in (("digits", digits), ("mnist", mnist)):
        try:
            sizes = {"train": len(read("train")), "test": len(read("test"))}
            found[name] = sizes | {"source": str(read("test").source)}
        except MissingDataError as err:
            found[name] = {"missing": str(err)}
    if json:
        print_json(found)
        return
    for name, one in found.items():
        here = "missing" not in one
        sizes = f"{one['train']} + {one['test']} images" if here else "not here"
        print(f"{name:8} {sizes:22} {one['source' if here else 'missing']}")


@data.command
def fetch(
    name: str,
    *,
    source: Annotated[Path | None, Parameter(name="--from")] = None,
    to: Path | None = None,
    json: bool = False,
) -> None:
    """Put a data set on this machine, every file checked against its known sum.

    Parameters
    ----------
    name
        The data set: mnist.
    source
        A folder to copy from, where there is no network.
    to
        The folder to put it into; by default $FEYNAX_DATA/mnist, else the user's cache.
    json
        Print JSON instead of sentences.
    """
    from .._checks import check_choice
    from ..data import fetch_mnist

    check_choice("name", name, ("mnist",))
    folder = fetch_mnist(to, source)
    if json:
        print_json({name: str(folder)})
    else:
        print(f"mnist is in {folder}")
