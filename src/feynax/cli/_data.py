"""`feynax data`: which data sets are here, and how to bring more."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

data = App(name="data", help="List the data sets on this machine, or fetch one.")


@data.command(name="list")
def list_() -> None:
    """List the data sets that `feynax train` knows by name, and where they lie."""
    from ..data import MissingDataError, digits, mnist

    for name, read in (("digits", digits), ("mnist", mnist)):
        try:
            sizes = f"{len(read('train'))} + {len(read('test'))} images"
            print(f"{name:8} {sizes:22} {read('test').source}")
        except MissingDataError as err:
            print(f"{name:8} {'not here':22} {err}")


@data.command
def fetch(
    name: str,
    *,
    source: Annotated[Path | None, Parameter(name="--from")] = None,
    to: Path | None = None,
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
    """
    from .._checks import check_choice
    from ..data import fetch_mnist

    check_choice("name", name, ("mnist",))
    print(f"mnist is in {fetch_mnist(to, source)}")
