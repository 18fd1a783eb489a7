"""Path integrals as ensembles of networks: actions, samplers, observables and their errors."""

from .._errors import (
    AcceptanceWarning as AcceptanceWarning,
    AmbiguousActionError as AmbiguousActionError,
    ChainTooShortError as ChainTooShortError,
    CoarseSlicesWarning as CoarseSlicesWarning,
    FormulaError as FormulaError,
    LowOverlapError as LowOverlapError,
    MixingWarning as MixingWarning,
    NonPositiveKernelError as NonPositiveKernelError,
    NoPlateauError as NoPlateauError,
    NoSplittingError as NoSplittingError,
    NotMixedError as NotMixedError,
    NotNormalisableError as NotNormalisableError,
    SignProblemError as SignProblemError,
)
from ._abstract import (
    AbstractEnsemble as AbstractEnsemble,
    AbstractReference as AbstractReference,
)
from ._closed import (
    LatticeOscillator as LatticeOscillator,
    SpinCoherent as SpinCoherent,
    euclidean_kernel as euclidean_kernel,
    gaussian_amplitude as gaussian_amplitude,
    real_time_kernel as real_time_kernel,
)
from ._coarseness import coarseness as coarseness
from ._control_variates import control_variates as control_variates
from ._ends import (
    AbstractEnds as AbstractEnds,
    FixedEnds as FixedEnds,
    FreeEnds as FreeEnds,
    HalfLine as HalfLine,
    Periodic as Periodic,
)
from ._ensemble import PathEnsemble as PathEnsemble
from ._fields import (
    ClusterFlips as ClusterFlips,
    FieldMoment as FieldMoment,
    FieldReference as FieldReference,
    LatticeField as LatticeField,
    Magnetisation as Magnetisation,
    QuarticPotential as QuarticPotential,
    binder_cumulant as binder_cumulant,
    correlation_length as correlation_length,
    long_wave as long_wave,
    neighbours as neighbours,
    slice_correlator as slice_correlator,
    susceptibility as susceptibility,
)
from ._kernel import AbstractKernel as AbstractKernel, Rotation as Rotation
from ._memory import (
    AbstractMemory as AbstractMemory,
    Ohmic as Ohmic,
    RetardedKernel as RetardedKernel,
)
from ._moves import (
    AbstractMove as AbstractMove,
    Composed as Composed,
    HamiltonianMonteCarlo as HamiltonianMonteCarlo,
    LocalMetropolis as LocalMetropolis,
    SignRedraw as SignRedraw,
    default_kernel as default_kernel,
    mirrors_of as mirrors_of,
    whitened_log_density as whitened_log_density,
)
from ._observables import (
    AbstractHistogram as AbstractHistogram,
    Controlled as Controlled,
    Correlator as Correlator,
    EndpointDensity as EndpointDensity,
    InteriorDensity as InteriorDensity,
    Moment as Moment,
    RadialDensity as RadialDensity,
    SiteAverage as SiteAverage,
    ZeroMeans as ZeroMeans,
    centroid_energy as centroid_energy,
    displacement as displacement,
    energy_moments as energy_moments,
    inner_sites as inner_sites,
    kinetic_energy as kinetic_energy,
    potential_energy as potential_energy,
    standard_observables as standard_observables,
    thermodynamic_energy as thermodynamic_energy,
    virial_energy as virial_energy,
)
from ._partition import log_partition as log_partition
from ._potential import (
    AbstractPotential as AbstractPotential,
    FunctionPotential as FunctionPotential,
)
from ._random import (
    CosineEnsemble as CosineEnsemble,
    CosineNetwork as CosineNetwork,
    NelsonProcess as NelsonProcess,
    NelsonWalk as NelsonWalk,
    ParisiWu as ParisiWu,
    WeightedNetworks as WeightedNetworks,
    interacting as interacting,
)
from ._reference import PathReference as PathReference
from ._rotation import ChainState as ChainState, Move as Move, rotate as rotate, settle as settle
from ._sampling import (
    Health as Health,
    Run as Run,
    Seconds as Seconds,
    sample as sample,
)
from ._statistics import (
    Diagnosis as Diagnosis,
    Extrapolation as Extrapolation,
    Gap as Gap,
    ParityMixture as ParityMixture,
    ParityRatio as ParityRatio,
    Resampled as Resampled,
    derived as derived,
    diagnose as diagnose,
    effective_gaps as effective_gaps,
    energies as energies,
    extrapolate as extrapolate,
    gap as gap,
    heat_capacity as heat_capacity,
    jackknife as jackknife,
    to_arviz as to_arviz,
    tunnelling_splitting as tunnelling_splitting,
)
from ._systems import (
    CentralPotential as CentralPotential,
    Confinement as Confinement,
    Potential as Potential,
    QuadraticPotential as QuadraticPotential,
    anharmonic as anharmonic,
    check_normalisable as check_normalisable,
    confinement as confinement,
    coulomb as coulomb,
    coupled_oscillators as coupled_oscillators,
    double_well as double_well,
    harmonic as harmonic,
    is_even as is_even,
    morse as morse,
    morse_levels as morse_levels,
    normal_frequencies as normal_frequencies,
    poschl_teller as poschl_teller,
    poschl_teller_levels as poschl_teller_levels,
    quartic as quartic,
    tilted_double_well as tilted_double_well,
)
from ._transfer import TransferMatrix as TransferMatrix, transfer_matrix as transfer_matrix
from ._weights import (
    AbstractSlopes as AbstractSlopes,
    AbstractWeights as AbstractWeights,
    ModeWeights as ModeWeights,
    ReLUWeights as ReLUWeights,
    StepWeights as StepWeights,
    uneven_action as uneven_action,
)
