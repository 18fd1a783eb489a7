"""Every public name is documented, and every example in the docs and docstrings runs."""

import contextlib
import importlib
import inspect
import io
import pathlib
import re

import jax
import pytest

import feynax

HERE = pathlib.Path(__file__).parents[2]
PARTS = [n for n in dir(feynax) if inspect.ismodule(getattr(feynax, n))]
BLOCK = re.compile(r"^( *)```python\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
PAGES = [HERE / "README.md", *sorted((HERE / "docs").rglob("*.md"))]


def public():
    """Every public object with the one path it is reached by."""
    for name in dir(feynax):
        thing = getattr(feynax, name)
        if not inspect.ismodule(thing) and callable(thing):
            yield f"feynax.{name}", thing
    for part in PARTS:
        module = importlib.import_module(f"feynax.{part}")
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "").startswith(f"feynax.{part}")
            if not name.startswith("_") and callable(thing) and own:
                yield f"feynax.{part}.{name}", thing


NAMES = dict(public())


def members(thing):
    """Public methods and properties that a class defines itself."""
    for name, member in vars(thing).items():
        described = isinstance(member, property | classmethod | staticmethod)
        if not name.startswith("_") and (described or inspect.isfunction(member)):
            yield name, member


def examples():
    for path, thing in NAMES.items():
        texts = [(path, inspect.getdoc(thing) or "")]
        if inspect.isclass(thing):
            texts += [(f"{path}.{n}", inspect.getdoc(m) or "") for n, m in members(thing)]
        for where, text in texts:
            for index, found in enumerate(BLOCK.finditer(text + "\n")):
                yield pytest.param(_dedent(found), id=f"{where}-{index}")


def page_blocks():
    for page in PAGES:
        for index, found in enumerate(BLOCK.finditer(page.read_text(encoding="utf8"))):
            yield pytest.param(_dedent(found), id=f"{page.relative_to(HERE)}-{index}")


def _dedent(found):
    return "\n".join(line.removeprefix(found.group(1)) for line in found.group(2).splitlines())


@pytest.mark.parametrize("path", list(NAMES))
def test_documented(path):
    thing = NAMES[path]
    text = inspect.getdoc(thing) or ""
    generated = text.startswith(f"{thing.__name__}(") and inspect.isclass(thing)
    assert len(text) > 20, f"{path} has no docstring"
    assert not generated, f"{path} has no docstring of its own"
    if inspect.isclass(thing):
        for name, member in members(thing):
            assert inspect.getdoc(member), f"{path}.{name} has no docstring"


def test_nothing_is_reached_by_two_paths():
    seen = {}
    for path, thing in NAMES.items():
        if path.count(".") > 1 or not hasattr(thing, "__module__"):
            assert id(thing) not in seen or seen[id(thing)].count(".") == 1, (path, seen[id(thing)])
        seen.setdefault(id(thing), path)


def _run(code, folder, monkeypatch):
    monkeypatch.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "<example>", "exec"), {"__name__": "__example__"})


@pytest.mark.parametrize("code", list(examples()))
def test_docstring_example_runs(code, tmp_path, monkeypatch):
    _run(code, tmp_path, monkeypatch)


@pytest.mark.parametrize("code", list(page_blocks()))
def test_page_example_runs(code, tmp_path, monkeypatch):
    """Pages are read by users whose promotion rules are JAX's defaults."""
    with jax.numpy_dtype_promotion("standard"):
        _run(code, tmp_path, monkeypatch)
