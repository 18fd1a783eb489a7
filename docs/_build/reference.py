"""Every public name of feynax and where it lives, read from the sources without importing them."""

import ast
import dataclasses
import functools
import pathlib

SOURCE = pathlib.Path(__file__).parents[2] / "src" / "feynax"


@dataclasses.dataclass(frozen=True)
class Name:
    """A public name: how it is reached, the first line about it, and the group it stands in."""

    path: str
    summary: str
    group: str


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of the library: its name, what it is for, and its groups with a sentence each."""

    name: str
    summary: str
    names: tuple[Name, ...]
    groups: dict[str, str]


def top() -> Part:
    """What `feynax` itself hands on."""
    tree = _tree(SOURCE / "__init__.py")
    names = [
        Name(f"feynax.{public}", _summary(home, name), _group(home, SOURCE))
        for public, home, name in _handed_on(tree, SOURCE)
        if home is not None
    ]
    return Part("feynax", ast.get_docstring(tree) or "", tuple(names), {})


def parts() -> list[Part]:
    """All parts, in alphabetical order."""
    tree = _tree(SOURCE / "__init__.py")
    return [_part(public) for public, home, _ in _handed_on(tree, SOURCE) if home is None]


def _part(part: str) -> Part:
    home = _module(SOURCE / part)
    tree = _tree(home)
    own = [(n.name, home, n.name) for n in tree.body if _is_public(n)]
    names = [
        Name(f"feynax.{part}.{public}", _summary(where, name), _group(where, home.parent))
        for public, where, name in [*own, *_handed_on(tree, home.parent)]
        if where is not None
    ]
    names.sort(key=lambda name: (name.group == "errors", bool(name.group), name.group))
    return Part(part, ast.get_docstring(tree) or "", tuple(names), _groups(names, home.parent))


def _handed_on(tree: ast.Module, folder: pathlib.Path):
    """Every `from .x import y as z` with a public z: (z, file of x or None for a part, y)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = folder
        for _ in range(node.level - 1):
            base = base.parent
        home = _module(base.joinpath(*node.module.split("."))) if node.module else None
        for alias in node.names:
            if alias.asname and not alias.asname.startswith("_"):
                yield alias.asname, home, alias.name


def _summary(home: pathlib.Path, name: str) -> str:
    """First line of the docstring of a name, followed through what is handed on."""
    tree = _tree(home)
    for node in reversed(tree.body):  # what is defined last counts: overloads stand before it
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
    for public, further, original in _handed_on(tree, home.parent):
        if public == name and further is not None:
            return _summary(further, original)
    return ""


def _group(home: pathlib.Path, folder: pathlib.Path) -> str:
    """The private folder below a part in which a name lives; errors are a group of their own."""
    if home.stem == "_errors":
        return "errors"
    inside = home.relative_to(folder).parts if home.is_relative_to(folder) else ()
    return inside[0].lstrip("_") if len(inside) > 1 else ""


def _groups(names: list[Name], folder: pathlib.Path) -> dict[str, str]:
    said = {}
    for name in names:
        if name.group in ("", "errors"):
            said[name.group] = "What is raised or warned of, by type." if name.group else ""
        elif name.group not in said:
            tree = _tree(folder / f"_{name.group}" / "__init__.py")
            said[name.group] = ast.get_docstring(tree) or ""
    return said


def _is_public(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")


def _module(stem: pathlib.Path) -> pathlib.Path:
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


@functools.cache
def _tree(file: pathlib.Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf8"))
