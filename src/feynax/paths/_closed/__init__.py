"""What is known exactly: oscillators on a lattice, real time, spins."""

from ._oscillator import (
    LatticeOscillator as LatticeOscillator,
    euclidean_kernel as euclidean_kernel,
)
from ._real_time import (
    gaussian_amplitude as gaussian_amplitude,
    real_time_kernel as real_time_kernel,
)
from ._spin import SpinCoherent as SpinCoherent
