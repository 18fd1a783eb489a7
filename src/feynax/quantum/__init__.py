"""Quantum systems: quadratic Hamiltonians in closed form, open systems, propagators, circuits."""

from .._errors import (
    ConditionWarning as ConditionWarning,
    DeltaFunctionError as DeltaFunctionError,
    LeakageWarning as LeakageWarning,
    NoSteadyStateError as NoSteadyStateError,
)
from ._canonical import canonical_basis as canonical_basis
from ._continuous import ContinuousEigenfunction as ContinuousEigenfunction
from ._doubled import (
    Doubled as Doubled,
    Ensemble as Ensemble,
    gaussian_nodes as gaussian_nodes,
)
from ._eigenfunctions import Eigenfunction as Eigenfunction
from ._gaussian import GaussianState as GaussianState
from ._kernel import Kernel as Kernel
from ._leakage import Leak as Leak, leakage as leakage, orbit_leakage as orbit_leakage
from ._levels import LevelList as LevelList
from ._lindblad import Lindblad as Lindblad
from ._normal_form import NormalForm as NormalForm, williamson as williamson
from ._one_mode import OneMode as OneMode, SpectralSet as SpectralSet
from ._open_moments import GaussianMoments as GaussianMoments
from ._quadratic import QuadraticHamiltonian as QuadraticHamiltonian
from ._some_form import (
    SymplecticForms as SymplecticForms,
    find_poisson as find_poisson,
    positive_poisson as positive_poisson,
    symplectic_forms as symplectic_forms,
)
