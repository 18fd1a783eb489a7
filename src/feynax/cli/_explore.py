"""`feynax explore`: the interactive pages, served to this machine."""

from ._jobs import start_jax


def explore(*, port: int = 0, browser: bool = False) -> None:
    """Serve pages with sliders on this machine: two neurons, methods, paths, digits.

    Nothing is reachable from other machines, and nothing is asked of them. End with Ctrl-C.

    Parameters
    ----------
    port
        Of the address; 0 takes one that is free.
    browser
        Open the first page in a browser.
    """
    start_jax()
    from ..app import serve

    serve(port=port, browser=browser)
