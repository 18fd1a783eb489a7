"""Potentials by formula and by name, and what is known of them; they know no paths."""

from ._central import CentralPotential as CentralPotential
from ._confinement import (
    Confinement as Confinement,
    check_normalisable as check_normalisable,
    confinement as confinement,
)
from ._given import as_potential as as_potential
from ._parity import is_even as is_even
from ._quadratic import (
    QuadraticPotential as QuadraticPotential,
    coupled_oscillators as coupled_oscillators,
    harmonic as harmonic,
    normal_frequencies as normal_frequencies,
)
from ._text import Potential as Potential
from ._wells import (
    anharmonic as anharmonic,
    coulomb as coulomb,
    double_well as double_well,
    morse as morse,
    morse_levels as morse_levels,
    poschl_teller as poschl_teller,
    poschl_teller_levels as poschl_teller_levels,
    quartic as quartic,
    tilted_double_well as tilted_double_well,
)
