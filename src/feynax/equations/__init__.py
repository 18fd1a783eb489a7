"""Stencils, their partial differential equations, and how to step them."""

from ._action import (
    GaussianAction as GaussianAction,
    gaussian_action as gaussian_action,
    line_propagator as line_propagator,
    printed_action as printed_action,
)
from ._advection_diffusion import AdvectionDiffusion as AdvectionDiffusion
from ._analysis._branch import Bifurcation as Bifurcation, Branch as Branch
from ._analysis._continuation import (
    bifurcation_diagram as bifurcation_diagram,
    continuation as continuation,
)
from ._analysis._gradient_growth import (
    GradientGrowth as GradientGrowth,
    gradient_growth as gradient_growth,
)
from ._analysis._jacobian_spectrum import (
    JacobianSpectrum as JacobianSpectrum,
    jacobian_spectrum as jacobian_spectrum,
    memory_times as memory_times,
)
from ._analysis._lyapunov import (
    LyapunovSpectrum as LyapunovSpectrum,
    kaplan_yorke as kaplan_yorke,
    lyapunov_spectrum as lyapunov_spectrum,
)
from ._analysis._phase_portrait import (
    PhasePortrait as PhasePortrait,
    phase_portrait as phase_portrait,
)
from ._analysis._rest_points import (
    RestPoints as RestPoints,
    fixed_points as fixed_points,
    slow_points as slow_points,
)
from ._analysis._two_parameters import (
    BifurcationCurve as BifurcationCurve,
    bifurcation_curve as bifurcation_curve,
)
from ._euler import Euler as Euler
from ._gain import Gain as Gain, gain as gain, is_stable as is_stable
from ._lattice_pde import LatticePDE as LatticePDE
from ._moments import kernel_from_pde as kernel_from_pde, pde_from_kernel as pde_from_kernel
from ._piecewise._affine import AffineField as AffineField, Region as Region
from ._piecewise._regime_points import (
    RegimePoints as RegimePoints,
    SingularRegime as SingularRegime,
    regime_points as regime_points,
)
from ._piecewise._relu_field import ReLUField as ReLUField
from ._piecewise._relu_flow import ReLUTrajectory as ReLUTrajectory, relu_flow as relu_flow
from ._separable import ADI as ADI, Exact as Exact, Implicit as Implicit
from ._solve import solve as solve
from ._spectral import Cosine as Cosine, Fourier as Fourier
from ._spectrum import (
    Spectrum as Spectrum,
    operator_matrix as operator_matrix,
    similarity_gauge as similarity_gauge,
    spectrum as spectrum,
)
from ._stability._amplification import (
    circle_radius as circle_radius,
    solvability as solvability,
    stability_function as stability_function,
    stability_matrix as stability_matrix,
    worst_gain as worst_gain,
)
from ._stability._conditions import (
    algebraic_certificate as algebraic_certificate,
    circle_certificate as circle_certificate,
    scalar_step as scalar_step,
)
from ._stability._field_bound import (
    FieldBound as FieldBound,
    gradient_field as gradient_field,
    hopfield_field as hopfield_field,
    layer_field as layer_field,
    max_norm_rate as max_norm_rate,
)
from ._stability._frequency import (
    FREQUENCY_LIMITS as FREQUENCY_LIMITS,
    amplification as amplification,
    frequency_certificate as frequency_certificate,
    resonance_certificate as resonance_certificate,
    smallest_damping as smallest_damping,
    symplectic_defect as symplectic_defect,
)
from ._stability._rate import rate_certificate as rate_certificate
from ._stability._recursion import (
    StepNorms as StepNorms,
    lipschitz_certificate as lipschitz_certificate,
    lipschitz_recursion as lipschitz_recursion,
)
from ._stability._surd import Surd as Surd
from ._stability._tableau import BlockTableau as BlockTableau, Tableau as Tableau
from ._stability._tableaux import (
    TABLEAUX as TABLEAUX,
    tableau as tableau,
    theta_method as theta_method,
)
from ._stability._tensor import (
    burrage_butcher as burrage_butcher,
    energy_defect as energy_defect,
    printed_tensor as printed_tensor,
)
from ._step_policy import (
    AbstractStep as AbstractStep,
    BoundedSigmoidStep as BoundedSigmoidStep,
    ClockStep as ClockStep,
    EulerStep as EulerStep,
    ExactStep as ExactStep,
    FusedStep as FusedStep,
    SigmoidStep as SigmoidStep,
)
from ._stepper import AbstractStepper as AbstractStepper
from ._steppers import STEPPERS as STEPPERS, stepper as stepper
from ._strang import Strang as Strang
from ._symbol import (
    exponent as exponent,
    printed_exponent as printed_exponent,
    symbol as symbol,
)
