"""Scalar fields on periodic lattices: actions, free references, clusters and observables."""

from ._clusters import ClusterFlips as ClusterFlips
from ._lattice import LatticeField as LatticeField
from ._modes import FieldReference as FieldReference
from ._observables import (
    FieldMoment as FieldMoment,
    Magnetisation as Magnetisation,
    binder_cumulant as binder_cumulant,
    correlation_length as correlation_length,
    long_wave as long_wave,
    neighbours as neighbours,
    slice_correlator as slice_correlator,
    susceptibility as susceptibility,
)
from ._quartic import QuarticPotential as QuarticPotential
