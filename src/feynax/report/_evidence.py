"""One line of evidence: value, error or margin, what it means."""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of a table of evidence."""

    what: str
    value: str
    margin: str
    meaning: str
