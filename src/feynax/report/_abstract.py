"""How every reading prints."""

from typing import Any

from .._html import html_lines


class AbstractReading:
    """What was found in one thing; it prints as its summary, not as its arrays."""

    def __str__(self) -> str:
        from ._summary import summary

        reading: Any = self
        return summary(reading)

    def _repr_html_(self) -> str:
        return html_lines(str(self))
