"""The verbs that join the parts: read one kind of object as another."""

from . import (
    _bounds_path as _bounds_path,
    _path_network as _path_network,
    _paths_blocks as _paths_blocks,
    _paths_layers as _paths_layers,
    _paths_pde as _paths_pde,
    _quantize_cell as _quantize_cell,
    _step_bound_contracting as _step_bound_contracting,
    _step_bound_odernn as _step_bound_odernn,
    _step_bound_relaxing as _step_bound_relaxing,
    _step_bound_ring as _step_bound_ring,
    _step_bound_wave as _step_bound_wave,
)
from ._as_equation import (
    LayerEquation as LayerEquation,
    NetworkEquation as NetworkEquation,
    as_equation as as_equation,
)
from ._as_network import as_network as as_network
from ._as_paths import PathSample as PathSample, PathSum as PathSum, as_paths as as_paths
from ._bounds import LayerBound as LayerBound, bounds as bounds
from ._bounds_flow import field_bound as field_bound
from ._certify import certify as certify
from ._certify_cells import CellCertificate as CellCertificate
from ._local_attack import flat_state as flat_state, one_step as one_step
from ._paths_record import Recorder as Recorder, Step as Step, record as record
from ._quantize import quantize as quantize
from ._quantize_open import doubled as doubled, open_system as open_system
from ._relu_field import linearised as linearised, relu_field as relu_field
from ._step_bound import StepBound as StepBound, step_bound as step_bound
from ._wave_network import PropagatorCell as PropagatorCell, WaveNetwork as WaveNetwork
