"""What a page shows for one position of its controls: sentences, numbers, pictures."""

import dataclasses
import html
from typing import Any

from .. import plot


@dataclasses.dataclass(frozen=True)
class Figure:
    """A picture as inline SVG, what to see in it, and whether it takes the page's width."""

    svg: str
    caption: str
    large: bool = False

    @classmethod
    def of(cls, figure: Any, caption: str, name: str, *, large: bool = False) -> "Figure":
        """Take a figure of `feynax.plot`; `name` keeps its inner names apart from others'."""
        return cls(plot.svg(figure, label=caption, name=name), caption, large)

    def to_html(self) -> str:
        """Return the picture over its caption."""
        kind = ' class="large"' if self.large else ""
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return f"<figure{kind}>{self.svg}{caption}</figure>"


@dataclasses.dataclass(frozen=True)
class Answer:
    """One answer of a page.

    **Fields:**

    - `headline`: the finding as a sentence.
    - `numbers`: what is counted or measured, by name, each written out.
    - `figures`: pictures, the main one first.
    - `notes`: what could not be said, and why.

    ```python
    from feynax.app import Answer
    assert "<h2>Two is even.</h2>" in Answer("Two is even.", {"rest": "0"}).to_html()
    ```
    """

    headline: str
    numbers: dict[str, str] = dataclasses.field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()

    def to_html(self) -> str:
        """Return the answer as a piece of a page."""
        rows = "".join(
            f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
            for name, value in self.numbers.items()
        )
        drawn = "".join(one.to_html() for one in self.figures)
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return (
            f'<section class="fx-answer"><h2>{html.escape(self.headline)}</h2><dl>{rows}</dl>'
            f'<div class="fx-figures">{drawn}</div>{notes}</section>'
        )
