"""A class is either abstract or final: nobody subclasses a concrete module."""

import importlib
import inspect
import pkgutil

import equinox as eqx

import feynax


def modules():
    for info in pkgutil.walk_packages(feynax.__path__, "feynax."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def test_abstract_or_final():
    found = {
        cls
        for module in modules()
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, eqx.Module) and cls.__module__.startswith("feynax")
    }
    assert len(found) > 10
    for cls in found:
        abstract = cls.__name__.lstrip("_").startswith("Abstract")
        bases = [base for base in cls.__mro__[1:] if base.__module__.startswith("feynax")]
        for base in bases:
            assert base.__name__.lstrip("_").startswith("Abstract"), (cls, base)
        assert abstract or not getattr(cls, "__abstractmethods__", ()), cls
