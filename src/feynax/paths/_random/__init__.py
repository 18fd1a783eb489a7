"""Paths from random networks, and from random walks: no action is sampled here but one's own."""

from ._cosine import CosineEnsemble as CosineEnsemble, CosineNetwork as CosineNetwork
from ._nelson import NelsonProcess as NelsonProcess, NelsonWalk as NelsonWalk
from ._parisi_wu import ParisiWu as ParisiWu
from ._reweight import WeightedNetworks as WeightedNetworks, interacting as interacting
