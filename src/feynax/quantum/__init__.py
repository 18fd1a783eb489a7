"""Quantum systems: quadratic Hamiltonians in closed form, open systems, propagators, circuits."""

from .._errors import (
    ConditionWarning as ConditionWarning,
    LeakageWarning as LeakageWarning,
    NoFlowError as NoFlowError,
    NoSteadyStateError as NoSteadyStateError,
)
from ._lindblad import Lindblad as Lindblad
from ._one_mode import OneMode as OneMode, SpectralSet as SpectralSet
from ._open_moments import GaussianMoments as GaussianMoments
from ._quadratic import QuadraticHamiltonian as QuadraticHamiltonian
