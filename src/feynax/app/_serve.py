"""The pages behind one address of this machine."""

import gc
import pathlib
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import Any

from .._errors import MissingDataError

_HERE = pathlib.Path(__file__).parent
# The first is the one that an address without a path shows.
_PAGES = ("plane", "stability", "paths", "digits")
_MISSING = (
    "The explorer needs marimo, which is not installed: install it with "
    f"`{sys.executable} -m pip install marimo`."
)


def serve(*, port: int = 0, browser: bool = False, tell: Callable[[str], None] = print) -> None:
    """Serve the interactive pages on 127.0.0.1 until Ctrl-C.

    Nothing is reachable from other machines, and the pages ask no other machine for anything.

    **Arguments:**

    - `port`: of the address; 0 takes one that is free.
    - `browser`: open the first page in a browser.
    - `tell`: gets the address as soon as it answers.

    **Raises:**

    - `MissingDataError` without marimo, with how to install it.
    - `OSError` where the port is taken.

    ```python
    from feynax.app import serve
    assert callable(serve)  # it would go on until Ctrl-C
    ```
    """
    try:
        import uvicorn

        application = build()
    except ModuleNotFoundError as err:
        raise MissingDataError(_MISSING) from err
    listening = _listen(port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(application, log_level="error", timeout_graceful_shutdown=1)
    tell(f"explore at {address}, end with Ctrl-C")
    if browser:
        webbrowser.open(address)
    threading.Thread(target=_warm, daemon=True).start()
    uvicorn.Server(config).run(sockets=[listening])


def build() -> Any:
    """Return the pages as an ASGI application that answers to names of this machine only."""
    from marimo import create_asgi_app
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    style = (_HERE / "style.html").read_text(encoding="utf-8")
    # All pages take marimo's files from one place, so that a browser fetches them once.
    pages = create_asgi_app(quiet=True, html_head=style, asset_url=f"/{_PAGES[0]}")
    for name in _PAGES:
        root = str(_HERE / "_notebooks" / f"{name}.py")
        pages = pages.with_app(path=f"/{name}", root=root)
    pages = pages.with_app(path="/", root=str(_HERE / "_notebooks" / f"{_PAGES[0]}.py"))
    # A page elsewhere that points a name of its own at this machine is turned away.
    return TrustedHostMiddleware(pages.build(), allowed_hosts=["127.0.0.1", "localhost"])


def _warm() -> None:
    """Compile what the first page needs while the browser is still fetching it."""
    from ._plane_answers import packet_answer, plane_answer, read_plane

    reading = read_plane()
    plane_answer(reading)
    packet_answer(reading, 0.0)
    # Else a collection of garbage walks through all of JAX, a quarter of a second within an answer.
    gc.collect()
    gc.freeze()


def _listen(port: int) -> socket.socket:
    """Listen on the loopback before anything is told, so that the address can be opened."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening
