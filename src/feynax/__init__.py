"""Networks, differential equations and quantum systems, read as one another."""

import importlib
from typing import TYPE_CHECKING

# Parts and verbs are loaded when they are first touched (PEP 562): importing feynax costs
# nothing, and `feynax --help` never waits for JAX.
_PARTS = (
    "data",
    "equations",
    "interop",
    "maps",
    "networks",
    "paths",
    "plot",
    "quantum",
    "report",
    "reproduce",
    "testing",
    "training",
)
_HOMES = {
    "CausticError": "_errors",
    "Certificate": "_certificate",
    "ContinuousSpectrumError": "_errors",
    "Estimate": "_estimate",
    "FeynaxError": "_errors",
    "InfiniteDegeneracyError": "_errors",
    "NotConvergedError": "_errors",
    "NotHamiltonianError": "_errors",
    "UnorderedLevelsError": "_errors",
    "UnfinishedFlowError": "_errors",
    "Verdict": "_certificate",
    "Witness": "_certificate",
    "as_equation": "maps",
    "as_network": "maps",
    "as_paths": "maps",
    "certify": "maps",
    "citation": "_citation",
    "quantize": "maps",
}

if TYPE_CHECKING:
    from . import (
        data as data,
        equations as equations,
        interop as interop,
        maps as maps,
        networks as networks,
        paths as paths,
        plot as plot,
        quantum as quantum,
        report as report,
        reproduce as reproduce,
        testing as testing,
        training as training,
    )
    from ._certificate import Certificate as Certificate, Verdict as Verdict, Witness as Witness
    from ._citation import citation as citation
    from ._errors import (
        CausticError as CausticError,
        ContinuousSpectrumError as ContinuousSpectrumError,
        FeynaxError as FeynaxError,
        InfiniteDegeneracyError as InfiniteDegeneracyError,
        NotConvergedError as NotConvergedError,
        NotHamiltonianError as NotHamiltonianError,
        UnfinishedFlowError as UnfinishedFlowError,
        UnorderedLevelsError as UnorderedLevelsError,
    )
    from ._estimate import Estimate as Estimate
    from .maps import (
        as_equation as as_equation,
        as_network as as_network,
        as_paths as as_paths,
        certify as certify,
        quantize as quantize,
    )

__version__ = "0.1.0"


def __getattr__(name: str):
    if name in _PARTS:
        return importlib.import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module `feynax` has no attribute `{name}`")


def __dir__() -> list[str]:
    return sorted([*_PARTS, *_HOMES, "__version__"])
