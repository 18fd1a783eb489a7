"""Quantum systems: quadratic Hamiltonians in closed form, open systems, propagators, circuits."""

from .._errors import (
    ConditionWarning as ConditionWarning,
    DeltaFunctionError as DeltaFunctionError,
    LeakageWarning as LeakageWarning,
    NoFlowError as NoFlowError,
    NoSteadyStateError as NoSteadyStateError,
)
from ._canonical import canonical_basis as canonical_basis
from ._doubled import (
    Doubled as Doubled,
    Ensemble as Ensemble,
    gaussian_nodes as gaussian_nodes,
)
from ._levels import LevelList as LevelList
from ._continuous import ContinuousEigenfunction as ContinuousEigenfunction
from ._eigenfunctions import Eigenfunction as Eigenfunction
from ._lindblad import Lindblad as Lindblad
from ._normal_form import NormalForm as NormalForm, williamson as williamson
from ._one_mode import OneMode as OneMode, SpectralSet as SpectralSet
from ._open_moments import GaussianMoments as GaussianMoments
from ._quadratic import QuadraticHamiltonian as QuadraticHamiltonian
