"""Pages that are made from the sources: the reference, and the claims of the documents."""

import html
from collections.abc import Iterator

import reference

_TITLES = {
    "odernn": "n-t-ODERNN",
    "qunn": "QUNN",
    "open": "Open systems",
    "random": "Random networks",
    "closed": "Closed forms",
    "errors": "Errors and warnings",
}
_RULINGS = {
    "holds": "holds",
    "corrected": "holds in a corrected form",
    "false": "does not hold",
    "unchecked": "not checked",
}


def reference_pages() -> Iterator[tuple[str, str]]:
    """File name and text of every page of the reference."""
    top, parts = reference.top(), reference.parts()
    yield "reference/index.md", _front(top, parts)
    verbs = {name.path.split(".")[-1] for name in top.names}
    for part in parts:
        yield f"reference/{part.name}.md", _page(part, verbs if part.name == "maps" else set())


def _front(top: reference.Part, parts: list[reference.Part]) -> str:
    lines = ["# Reference", top.summary, "## Parts", "| part | what for |\n|---|---|"]
    lines[-1] += "".join(f"\n| [`fx.{p.name}`]({p.name}.md) | {_cell(p.summary)} |" for p in parts)
    lines += ["## What `feynax` itself hands on", _table(top.names)]
    return "\n\n".join([*lines, *(f"::: {name.path}" for name in top.names)]) + "\n"


def _page(part: reference.Part, elsewhere: set[str]) -> str:
    here = [name for name in part.names if name.path.split(".")[-1] not in elsewhere]
    lines = [f"# fx.{part.name}", part.summary]
    if elsewhere:
        verbs = [name for name in part.names if name not in here]
        lines += ["The verbs themselves stand on the [first page](index.md):", _table(verbs)]
    for group, said in part.groups.items():
        names = [name for name in here if name.group == group]
        if not names:
            continue
        if group:
            lines += [f"## {_TITLES.get(group, group.replace('_', ' ').capitalize())}", said]
        lines += [_table(names), *(f"::: {name.path}" for name in names)]
    return "\n\n".join(lines) + "\n"


def _table(names) -> str:
    rows = [f"| [`{n.path.split('.')[-1]}`][{n.path}] | {_cell(n.summary)} |" for n in names]
    return "\n".join(["| name | |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def claims_page(document: dict) -> str:
    """Every claim of a document beside what is right, as a table that nothing interprets."""
    claims = document["claims"]
    counts = {r: sum(c["ruling"] == r for c in claims) for r in _RULINGS}
    told = ", ".join(f"{n} {_verb(r, n)}" for r, n in counts.items() if n)
    rows = "".join(_claim(c) for c in claims)
    return (
        f"# Claims: {document['short']}\n\n*{html.escape(document['title'])}*\n\n"
        f"Of {len(claims)} claims {told}. Each is decided by a check that computes the printed form "
        f"and the right one; `feynax reproduce {document['short']}` runs them and shows the "
        "numbers.\n\n"
        '<div class="claims"><table><thead><tr><th>where</th><th>printed</th><th>what holds</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>\n"
    )


def _verb(ruling: str, count: int) -> str:
    if ruling == "unchecked":
        return "are not checked" if count > 1 else "is not checked"
    if count == 1:
        return _RULINGS[ruling]
    return _RULINGS[ruling].replace("holds", "hold").replace("does not hold", "do not hold")


def _claim(claim: dict) -> str:
    ruling, right = claim["ruling"], html.escape(claim["right"])
    said = f'<span class="ruling {ruling}">{_RULINGS[ruling]}</span> {right}'
    where = html.escape(claim["where"])
    return f"<tr><td>{where}</td><td>{html.escape(claim['printed'])}</td><td>{said}</td></tr>"
