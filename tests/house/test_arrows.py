"""Imports between the parts point downwards only, as docs/architecture.md draws them."""

import ast
import graphlib
import pathlib

import pytest

import feynax

ROOT = pathlib.Path(feynax.__file__).parent
CORE = {
    *("_types", "_checks", "_certificate", "_estimate", "_citation", "_errors", "_html"),
    *("_atomic", "_mesh", "_tensors", "_words"),
}
MAY_IMPORT = {
    "equations": set(),
    "networks": {"equations"},
    "quantum": {"equations"},
    "paths": {"equations"},
    "maps": {"equations", "networks", "quantum", "paths"},
    "data": set(),
    "interop": {"networks", "quantum"},
    "training": set(),
    "plot": {"equations", "networks", "quantum", "paths", "maps"},
    "report": {"equations", "networks", "quantum", "paths", "maps", "plot"},
    "testing": {"equations", "networks", "quantum", "paths", "maps"},
    "reproduce": {
        *("equations", "networks", "quantum", "paths", "maps", "data"),
        *("training", "plot", "report"),
    },
    "app": {
        *("equations", "networks", "quantum", "paths", "maps", "data", "interop"),
        *("plot", "report"),
    },
    "cli": {
        *("equations", "networks", "quantum", "paths", "maps", "data", "interop"),
        *("training", "plot", "report", "reproduce", "app"),
    },
}
LAYERED = [
    *("data", "equations", "interop", "maps", "paths"),
    *("report", "reproduce", "testing", "training"),
]


def part_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_parts(path):
    """First part of every feynax module that a file imports, anywhere in it."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = list(package[: len(package) - (node.level - 1)])
            names = node.module.split(".") if node.module else [a.name for a in node.names]
            yield (base + names)[0]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("feynax"):
            yield (node.module or "").split(".")[1] if "." in (node.module or "") else "feynax"
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("feynax."))


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    mine = part_of(path)
    if mine == "__init__":
        return
    allowed = CORE if mine in CORE else CORE | MAY_IMPORT[mine] | {mine}
    if mine == "cli":  # the command prints the version
        allowed = allowed | {"__version__", "feynax"}
    upwards = set(imported_parts(path)) - allowed
    assert not upwards, f"{path.name} in `{mine}` imports {sorted(upwards)}"


def test_every_part_has_a_rank():
    parts = {part_of(p) for p in ROOT.rglob("*.py")} - {"__init__", "__main__"}
    assert parts <= CORE | set(MAY_IMPORT)
    assert len(parts - CORE) > 5


def source_of(names):
    """The file of a module or of a folder, by its parts below the root."""
    path = ROOT.joinpath(*names)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def own_imports(path):
    """Files of the same part that a file imports, and the depth in which each import stands."""
    package = path.relative_to(ROOT).parts[:-1]
    for node, depth in nested(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - (node.level - 1)]
            targets = [node.module.split(".")] if node.module else [[a.name] for a in node.names]
            for target in targets:
                names = (*base, *target)
                if names[0] == part_of(path):
                    yield source_of(names), depth


def nested(node, depth=0):
    """All nodes, with the number of functions around each."""
    yield node, depth
    inner = depth + isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        yield from nested(child, inner)


@pytest.mark.parametrize("part", LAYERED)
def test_files_of_a_part_stand_one_above_the_other(part):
    found = {path: list(own_imports(path)) for path in (ROOT / part).rglob("*.py")}
    hidden = [path.name for path, some in found.items() if any(depth for _, depth in some)]
    assert not hidden, f"{hidden} import their own part inside a function"
    graph = {path: {target for target, _ in some} for path, some in found.items()}
    assert set().union(*graph.values()) <= set(graph)
    graphlib.TopologicalSorter(graph).prepare()  # raises where there is a circle
