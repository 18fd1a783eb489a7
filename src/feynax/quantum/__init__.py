"""Quantum systems: quadratic Hamiltonians in closed form, open systems, propagators, circuits."""

from .._errors import ConditionWarning as ConditionWarning, LeakageWarning as LeakageWarning
from ._one_mode import OneMode as OneMode, SpectralSet as SpectralSet
from ._quadratic import QuadraticHamiltonian as QuadraticHamiltonian
