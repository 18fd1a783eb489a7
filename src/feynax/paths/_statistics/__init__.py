"""What a series is worth: errors of derived quantities, health of chains, gaps, extrapolation."""

from ._arviz import to_arviz as to_arviz
from ._derived import derived as derived
from ._diagnose import Diagnosis as Diagnosis, diagnose as diagnose
from ._extrapolate import Extrapolation as Extrapolation, extrapolate as extrapolate
from ._gap import (
    Gap as Gap,
    effective_gaps as effective_gaps,
    energies as energies,
    gap as gap,
    time_scale as time_scale,
)
from ._heat import heat_capacity as heat_capacity
from ._jackknife import Resampled as Resampled, jackknife as jackknife
from ._parity import (
    ParityMixture as ParityMixture,
    ParityRatio as ParityRatio,
    tunnelling_splitting as tunnelling_splitting,
)
