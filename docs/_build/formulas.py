"""Formulas as MathML, which browsers draw without a script."""

import html
import re

from latex2mathml.converter import convert

_MARKED = re.compile(
    r'<(span|div) class="arithmatex">(?:\\\((.*?)\\\)|\\\[(.*?)\\\])</\1>', re.DOTALL
)
# What the converter does not know, in words that it does.
_SAID_OTHERWISE = (
    (r"\\[Bb]ig{1,2}[lr]?(?=\\)", ""),
    (r"\\arg\b", r"\\operatorname{arg}"),
    (r"\\_", "_"),
    (r"\\\s+", " "),
)


def to_mathml(page: str) -> str:
    """Replace every formula that arithmatex has marked."""
    return _MARKED.sub(_drawn, page)


def _drawn(found: re.Match) -> str:
    inline = found.group(2)
    latex = html.unescape(inline if inline is not None else found.group(3)).strip()
    for unknown, known in _SAID_OTHERWISE:
        latex = re.sub(unknown, known, latex)
    drawn = convert(latex, display="block" if inline is None else "inline")
    drawn = drawn.replace("<mo>&#x02032;</mo>", '<mo class="prime">&#x02032;</mo>')
    if "\\" in drawn:
        raise ValueError(f"Formula must be known to the converter, but is {latex}")
    return drawn if inline is not None else f'<div class="formula">{drawn}</div>'
