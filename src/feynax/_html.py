"""Results in a notebook: a table of what they hold, or their lines as they are printed."""

import html
from collections.abc import Mapping
from typing import Any


def html_table(title: str, rows: Mapping[str, Any]) -> str:
    """Return a table under a title, everything escaped; rows without a value are left out."""
    lines = [
        f'<tr><th style="text-align:left">{html.escape(name)}</th>'
        f'<td style="text-align:left">{html.escape(str(value))}</td></tr>'
        for name, value in rows.items()
        if value is not None
    ]
    return f"<table><caption>{html.escape(title)}</caption>{''.join(lines)}</table>"


def html_lines(text: str) -> str:
    """Return printed lines as they are, escaped."""
    return f"<pre>{html.escape(text)}</pre>"
