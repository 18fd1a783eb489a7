"""Pictures of what a network does, in one style, as functions that return a figure."""

from ._accuracies import accuracies as accuracies
from ._correlator import correlator as correlator
from ._curve import learning_curve as learning_curve
from ._depth import gain_and_drift as gain_and_drift, symbol as symbol
from ._ensemble import ensemble as ensemble, path_network as path_network
from ._equation import drift_and_diffusion as drift_and_diffusion
from ._evolution import evolution as evolution
from ._fields import fields as fields
from ._levels import levels as levels
from ._packets import packet as packet
from ._paths import (
    attribution as attribution,
    ledger as ledger,
    paths as paths,
    world_lines as world_lines,
)
from ._phase import (
    bifurcation_diagram as bifurcation_diagram,
    eigenvalues as eigenvalues,
    jacobian_spectrum as jacobian_spectrum,
    phase_portrait as phase_portrait,
)
from ._recurrent import (
    StatePath as StatePath,
    gradient_growth as gradient_growth,
    memory_histogram as memory_histogram,
    state_portrait as state_portrait,
)
from ._regimes import regimes as regimes
from ._stability import stability_region as stability_region
from ._style import svg as svg
from ._wave_function import wave_function as wave_function
