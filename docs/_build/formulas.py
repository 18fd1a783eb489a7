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
    (r"(?<!\\)\\\s+", r"\\; "),
)
_FUNCTION = r"<mi>(?:arg|cosh?|det|exp|log|sinh?|tanh)</mi>"
_GAP = '<mspace width="0.167em"/>'
_LEAF = r"<m[ino]>[^<]*</m[ino]>"
_PRIME = "<mi>&#x02032;</mi>"
_RAISED = '<mo lspace="0" rspace="0">&#x02032;</mo>'  # the sign stands high by itself
# What it draws too close, or too small.
_DRAWN_OTHERWISE = (
    (rf"({_FUNCTION})(?=<m(?:i|n|sqrt|sub|sup|frac)>)", rf"\1{_GAP}"),
    (rf"(</(?:mi|mn|msub|msup|msqrt|mfrac)>|&#x00029;</mo>)(?={_FUNCTION})", rf"\1{_GAP}"),
    (rf"<msup>({_LEAF}){_PRIME}</msup>", rf"<mrow>\1{_RAISED}</mrow>"),
    (
        rf"<msubsup>({_LEAF})((?:(?!<msubsup>).)*?){_PRIME}</msubsup>",
        rf"<mrow><msub>\1\2</msub>{_RAISED}</mrow>",
    ),
)


def to_mathml(page: str) -> str:
    """Replace every formula that arithmatex has marked."""
    return _MARKED.sub(_drawn, page)


def _drawn(found: re.Match) -> str:
    inline = found.group(2)
    latex = html.unescape(inline if inline is not None else found.group(3)).strip()
    latex = _replaced(latex, _SAID_OTHERWISE)
    drawn = convert(latex, display="block" if inline is None else "inline")
    if "\\" in drawn:
        raise ValueError(f"Formula must be known to the converter, but is {latex}")
    drawn = _replaced(drawn, _DRAWN_OTHERWISE)
    return drawn if inline is not None else f'<div class="formula">{drawn}</div>'


def _replaced(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        text = re.sub(old, new, text)
    return text
