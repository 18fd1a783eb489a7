"""Training of networks that are known only as trees of arrays."""

from .._errors import DivergedError as DivergedError
from .._mesh import data_mesh as data_mesh, meet as meet, replicate as replicate
from ._augment import augment as augment
from ._checkpoint import (
    checkpoints as checkpoints,
    load_checkpoint as load_checkpoint,
    save_checkpoint as save_checkpoint,
)
from ._evaluate import evaluate as evaluate
from ._image_view import logits_of as logits_of
from ._kinds import LabelledImages as LabelledImages, Series as Series, Task as Task
from ._log import MetricsLog as MetricsLog, read_metrics as read_metrics
from ._loop import TrainResult as TrainResult, fit as fit, train as train
from ._losses import Loss as Loss, cross_entropy as cross_entropy
from ._optimiser import make_optimiser as make_optimiser, make_schedule as make_schedule
from ._options import TrainOptions as TrainOptions
