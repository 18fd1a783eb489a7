"""What is measured on a configuration: energies, moments, densities, correlators."""

from ._controls import Controlled as Controlled, ZeroMeans as ZeroMeans
from ._correlator import Correlator as Correlator
from ._density import (
    AbstractHistogram as AbstractHistogram,
    EndpointDensity as EndpointDensity,
    InteriorDensity as InteriorDensity,
    RadialDensity as RadialDensity,
)
from ._energy import (
    centroid_energy as centroid_energy,
    energy_moments as energy_moments,
    thermodynamic_energy as thermodynamic_energy,
    virial_energy as virial_energy,
)
from ._sites import (
    Moment as Moment,
    SiteAverage as SiteAverage,
    displacement as displacement,
    inner_sites as inner_sites,
    potential_energy as potential_energy,
)
from ._standard import (
    kinetic_energy as kinetic_energy,
    standard_observables as standard_observables,
)
