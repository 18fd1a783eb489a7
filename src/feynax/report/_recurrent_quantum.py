"""The quantum reading of a recurrent cell, or the reason why there is none."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._words import number
from ..equations import JacobianSpectrum
from ..networks import CTRNN, QUNN, AbstractCell, HamiltonianCTRNN
from ._attempt import attempt
from ._spectrum_read import read_spectrum
from ._spectrum_reading import SpectrumReading

_MOST_UNITS = 24  # of a cell whose quantum reading is made beside the others
_KEPT = 1e-6  # of the logarithm of a volume, below which it counts as kept

NO_PATHS = (
    "A sum over paths is read from networks of images, whose layers are steps on a lattice of "
    "pixels; the steps of a recurrent cell run in time, and its units have no places."
)


def quantum_of(
    cell: AbstractCell, asked: Mapping[str, Any], missing: dict[str, str]
) -> SpectrumReading | None:
    """Read a continuous-time cell as a quantum system; others have no such reading."""
    if not isinstance(cell, CTRNN | HamiltonianCTRNN):
        return None
    if cell.hidden_size > _MOST_UNITS:
        missing["quantum"] = (
            f"with {cell.hidden_size} units it takes long; up to {_MOST_UNITS} are read here, and "
            "`feynax spectrum` reads any number."
        )
        return None
    return attempt("quantum", lambda: read_spectrum(cell, **asked), missing)


def volume_of(spectrum: JacobianSpectrum | None) -> float | None:
    """Mean logarithm of the factor by which one step changes volumes of the state."""
    if spectrum is None:
        return None
    with np.errstate(divide="ignore"):
        return float(np.mean(np.sum(np.log(np.abs(spectrum.eigenvalues)), axis=-1)))


def window_of(cell: AbstractCell) -> int | None:
    """How many inputs a cell keeps, where it keeps these and nothing else."""
    if isinstance(cell, QUNN) and cell.initial_state().memory is None:
        return cell.block
    return None


def why_classical(cell: AbstractCell, spectrum: JacobianSpectrum | None) -> str:
    """Say why a cell that is no continuous-time network has no levels."""
    if window_of(cell) is not None:
        return "each step drops the oldest input, and the flow of a Hamiltonian loses nothing."
    volume = volume_of(spectrum)
    if volume is None:
        return "its equation is not that of a CTRNN, the one that can be read so."
    if volume == -np.inf:
        return (
            "a step erases some direction of its state, and the flow of a Hamiltonian keeps "
            "volumes."
        )
    if abs(volume) > _KEPT:
        way = "shrink" if volume < 0 else "stretch"
        return (
            f"along the data its steps {way} volumes of the state by {number(abs(volume), 3)} "
            "a sample on average (in the logarithm), and the flow of a Hamiltonian keeps them."
        )
    return (
        "its steps keep volumes, as those of a Hamiltonian do, but levels are known for the "
        "affine fields of a CTRNN alone."
    )
