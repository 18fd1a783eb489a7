"""Quantum systems: quadratic Hamiltonians in closed form, open systems, propagators, circuits."""

from .._errors import (
    ConditionWarning as ConditionWarning,
    DeltaFunctionError as DeltaFunctionError,
    LeakageWarning as LeakageWarning,
    NoSteadyStateError as NoSteadyStateError,
)
from ._abstract import AbstractQuadratic as AbstractQuadratic
from ._canonical import canonical_basis as canonical_basis
from ._circuits import (
    Circuit as Circuit,
    ClockHamiltonian as ClockHamiltonian,
    Gate as Gate,
    History as History,
    RankOneClock as RankOneClock,
    Readout as Readout,
    adder as adder,
    compile_function as compile_function,
    compile_permutation as compile_permutation,
    full_adder as full_adder,
    multiplier as multiplier,
    reed_muller as reed_muller,
    to_toffoli as to_toffoli,
    truth_table as truth_table,
)
from ._conditions import (
    hamiltonian_penalty as hamiltonian_penalty,
    hamiltonian_residual as hamiltonian_residual,
    level_margin as level_margin,
    project_hamiltonian as project_hamiltonian,
)
from ._one_mode import OneMode as OneMode, SpectralSet as SpectralSet
from ._open._doubled import (
    Doubled as Doubled,
    Ensemble as Ensemble,
    gaussian_nodes as gaussian_nodes,
)
from ._open._lindblad import Lindblad as Lindblad
from ._open._open_moments import GaussianMoments as GaussianMoments
from ._operators import (
    AbstractAxis as AbstractAxis,
    AbstractBasis as AbstractBasis,
    AbstractOperator as AbstractOperator,
    BandedOperator as BandedOperator,
    CollocatedOperator as CollocatedOperator,
    DenseOperator as DenseOperator,
    DiagonalOperator as DiagonalOperator,
    FockBasis as FockBasis,
    FourierOperator as FourierOperator,
    GridBasis as GridBasis,
    HamiltonianOperator as HamiltonianOperator,
    IdentityOperator as IdentityOperator,
    Levels as Levels,
    MatrixFreeOperator as MatrixFreeOperator,
    ProductBasis as ProductBasis,
    ProductOperator as ProductOperator,
    ScaledOperator as ScaledOperator,
    SincBasis as SincBasis,
    SparseOperator as SparseOperator,
    SumOperator as SumOperator,
    TensorOperator as TensorOperator,
    levels as levels,
    on_axis as on_axis,
    refined_levels as refined_levels,
    star_product as star_product,
    to_operator as to_operator,
    weyl_operator as weyl_operator,
    weyl_symbol as weyl_symbol,
)
from ._packets._gaussian import GaussianState as GaussianState
from ._packets._kernel import Kernel as Kernel
from ._packets._leakage import Leak as Leak, leakage as leakage, orbit_leakage as orbit_leakage
from ._propagators._cayley import Cayley as Cayley
from ._propagators._chebyshev import Chebyshev as Chebyshev
from ._propagators._exact import ExactPropagator as ExactPropagator
from ._propagators._krylov import Krylov as Krylov, KrylovStep as KrylovStep
from ._propagators._propagator import (
    AbstractPropagator as AbstractPropagator,
    Evolution as Evolution,
)
from ._propagators._spectral_bounds import spectral_bounds as spectral_bounds
from ._propagators._split import SplitOperator as SplitOperator
from ._propagators._symplectic import SymplecticEuler as SymplecticEuler, Verlet as Verlet
from ._quadratic import QuadraticHamiltonian as QuadraticHamiltonian
from ._some_form import (
    SymplecticForms as SymplecticForms,
    find_poisson as find_poisson,
    positive_poisson as positive_poisson,
    symplectic_forms as symplectic_forms,
)
from ._spectrum._continuous import ContinuousEigenfunction as ContinuousEigenfunction
from ._spectrum._eigenfunctions import Eigenfunction as Eigenfunction
from ._spectrum._levels import LevelList as LevelList
from ._spectrum._normal_form import NormalForm as NormalForm, williamson as williamson
from ._spectrum._printed import (
    PrintedConditions as PrintedConditions,
    PrintedEigenfunction as PrintedEigenfunction,
    PrintedOperator as PrintedOperator,
)
