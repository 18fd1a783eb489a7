"""Errors speak with one voice: whole sentences, and of an argument what it must be."""

import ast
import importlib
import inspect
import pathlib

import pytest

import feynax

ROOT = pathlib.Path(feynax.__file__).parent
ENDS = (".", "?", "!", "}", "`")  # a value or a command may end a sentence


def text_of(node):
    """The words of a literal message, with {} for values; `None` for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
    return None


def messages():
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                text = text_of(node.exc.args[0])
                if text is not None:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", text


MESSAGES = dict(messages())


def test_messages_are_found():
    assert len(MESSAGES) > 150


def test_messages_are_sentences():
    broken = {where: text for where, text in MESSAGES.items() if not text.endswith(ENDS)}
    assert broken == {}


def test_messages_of_arguments_say_what_they_must():
    verbs = (" must ", " does not describe ")
    vague = {
        where: text
        for where, text in MESSAGES.items()
        if text.startswith("Argument `") and not any(verb in text for verb in verbs)
    }
    assert vague == {}


@pytest.mark.parametrize("part", feynax._PARTS)
def test_completion_offers_only_our_own(part):
    module = importlib.import_module(f"feynax.{part}")
    names = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    foreign = [
        name
        for name, thing in names.items()
        if inspect.ismodule(thing)
        or not getattr(thing, "__module__", "feynax").startswith("feynax")
    ]
    constants = [name for name in foreign if name.isupper()]
    assert foreign == constants
