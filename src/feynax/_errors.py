"""Errors that name what is wrong with the question, not where the program stopped."""


class FeynaxError(Exception):
    """Base of all errors that feynax raises on purpose.

    The command line prints their message as one sentence, without a traceback.
    """


class FileFormatError(FeynaxError, ValueError):
    """A file is not what its name or header says it is: truncated, corrupted or hostile."""


class ConfigError(FeynaxError, ValueError):
    """A configuration holds an unknown key or a value out of range."""


class MissingDataError(FeynaxError, FileNotFoundError):
    """A data set is not on this machine; the message says what to put where."""


class UnknownLayoutError(FeynaxError, TypeError):
    """A file of weights belongs to no architecture that feynax recognises."""


class NoGaussianError(FeynaxError, ValueError):
    """A stencil has no real Gaussian action: its log mass or its variance does not exist."""


class NoLivePathError(FeynaxError, ValueError):
    """Every path into the wanted output is blocked, so there is nothing to sample."""


class FormulaError(FeynaxError, ValueError):
    """A formula holds what no formula may hold; `column` counts from 0 where it does."""

    def __init__(self, message: str, *, column: int):
        super().__init__(message)
        self.column = column


class NotNormalisableError(FeynaxError, ValueError):
    """An ensemble's weight has no finite sum, so that it has no averages; the message says why."""


class ChainTooShortError(FeynaxError, ValueError):
    """A chain is too short for the error of its mean to be known.

    The estimate so far is kept in `estimate`; `needed` is the number of draws that would do.
    """

    def __init__(self, message: str, *, estimate: object, needed: int):
        super().__init__(message)
        self.estimate = estimate
        self.needed = needed


class NotMixedError(FeynaxError, ValueError):
    """Chains contradict one another, so that their mean is nobody's; `estimate` keeps it."""

    def __init__(self, message: str, *, estimate: object):
        super().__init__(message)
        self.estimate = estimate


class UnstableBackwardError(FeynaxError, ValueError):
    """Integrating the state backwards does not lead back to where it came from."""


class DivergedError(FeynaxError, ArithmeticError):
    """A training run met NaN or infinity; the message names the step."""


class UnfinishedFlowError(FeynaxError, ArithmeticError):
    """A flow did not come to its last time: too many pieces or switchings, or too large a state."""


class NotHamiltonianError(FeynaxError, ValueError):
    """A field has no Hamiltonian for the Poisson matrix that was asked for.

    `trace` is the trace of its matrix: the rate at which it changes volumes.
    """

    def __init__(self, message: str, *, trace: float):
        super().__init__(message)
        self.trace = trace


class ContinuousSpectrumError(FeynaxError, ValueError):
    """Levels were asked of a Hamiltonian that has none.

    `kind` is its class, `discriminant` (of one degree of freedom, else None) decides between
    centre and saddle, `spectrum` describes the set of energies that there is, `eigenvalues` (of
    several degrees of freedom) are those of the flow's matrix.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        discriminant: float | None,
        spectrum: object,
        eigenvalues: object = None,
    ):
        super().__init__(message)
        self.kind = kind
        self.discriminant = discriminant
        self.spectrum = spectrum
        self.eigenvalues = eigenvalues


class UnorderedLevelsError(FeynaxError, ValueError):
    """Levels go both ways without end, so that none is the first: ask for those of a window."""


class InfiniteDegeneracyError(FeynaxError, ValueError):
    """A Hamiltonian is zero: its one level belongs to every state."""


class CausticError(FeynaxError, ValueError):
    """A propagator was asked for at a time when it is a delta function and no function."""


class SignProblemError(FeynaxError, ValueError):
    """Weights are complex, so they are no probabilities and cannot be sampled.

    `average_phase` is the sum of weights over the sum of their sizes: a sampler's signal.
    """

    def __init__(self, message: str, *, average_phase: float):
        super().__init__(message)
        self.average_phase = average_phase


class AmbiguousActionError(FeynaxError, ValueError):
    """An action was asked for that does not say which operator it stands for."""


class NonPositiveKernelError(FeynaxError, ValueError):
    """A slice of a lattice is so long that its kernel has levels of either sign."""


class NoSteadyStateError(FeynaxError, ValueError):
    """An open system has no state that every other becomes.

    `kind` is "growing" or "marginal"; `eigenvalues` are those of the matrix of its field.
    """

    def __init__(self, message: str, *, kind: str, eigenvalues: object):
        super().__init__(message)
        self.kind = kind
        self.eigenvalues = eigenvalues


class DeltaFunctionError(FeynaxError, ValueError):
    """A state was asked for in a variable of which it has a definite value."""


class NotConvergedError(FeynaxError, ArithmeticError):
    """An iteration, or a growing basis, did not settle; `found` is what there is so far."""

    def __init__(self, message: str, *, found: object):
        super().__init__(message)
        self.found = found


class LowOverlapError(FeynaxError, ValueError):
    """Draws of one weight say too little about another one; `ess` is how many of them count."""

    def __init__(self, message: str, *, ess: float):
        super().__init__(message)
        self.ess = ess


class NoSplittingError(FeynaxError, ValueError):
    """A parity ratio is not told from 0 or 1, so no splitting follows from it."""


class NoPlateauError(FeynaxError, ValueError):
    """A correlator has no range of lags with a signal and one constant gap."""


class FeynaxWarning(UserWarning):
    """Base of the warnings that feynax gives on purpose."""


class CoarseSlicesWarning(FeynaxWarning):
    """The potential turns a path by much within one slice: take more slices."""


class LeakageWarning(FeynaxWarning):
    """A packet has left the region where its Hamiltonian is the network's."""


class ConditionWarning(FeynaxWarning):
    """A number is right only to a few digits, since the input decides it badly."""


class BadFitWarning(FeynaxWarning):
    """A fit misses its points by more than their errors explain."""


class MixingWarning(FeynaxWarning):
    """Chains have mixed, but not so well that their errors are beyond doubt."""


class AcceptanceWarning(FeynaxWarning):
    """Steps of a sampler are much longer or much shorter than would be best."""
