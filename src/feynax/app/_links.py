"""The way from one page to the others."""

from typing import Any

_TITLES = {
    "plane": "Two neurons",
    "stability": "Stability of a method",
    "paths": "Paths of a potential",
    "digits": "A digit in a residual network",
}


def links(here: str) -> Any:
    """Return the list of pages for a sidebar, with the present one marked."""
    import marimo as mo

    lines = [
        f"<strong>{title}</strong>" if name == here else f'<a href="/{name}/">{title}</a>'
        for name, title in _TITLES.items()
    ]
    rows = "".join(f"<div>{line}</div>" for line in lines)
    return mo.Html(f'<nav class="fx-pages">{rows}</nav>')
