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


class ChainTooShortError(FeynaxError, ValueError):
    """A chain is too short for the error of its mean to be known.

    The estimate so far is kept in `estimate`; `needed` is the number of draws that would do.
    """

    def __init__(self, message: str, *, estimate: object, needed: int):
        super().__init__(message)
        self.estimate = estimate
        self.needed = needed


class UnstableBackwardError(FeynaxError, ValueError):
    """Integrating the state backwards does not lead back to where it came from."""


class DivergedError(FeynaxError, ArithmeticError):
    """A training run met NaN or infinity; the message names the step."""
