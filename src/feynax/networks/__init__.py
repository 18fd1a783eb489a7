"""Networks as Equinox modules: one example in, `vmap` for a batch, `scan` for depth or time."""

from ._cells import (
    _embed_contracting as _embed_contracting,
    _embed_euler as _embed_euler,
    _embed_fast as _embed_fast,
    _embed_flow as _embed_flow,
    _embed_gated as _embed_gated,
    _embed_linear as _embed_linear,
    _embed_orthogonal as _embed_orthogonal,
    _embed_relaxing as _embed_relaxing,
    _embed_second_order as _embed_second_order,
)
from ._cells._antisymmetric import AntisymmetricRNN as AntisymmetricRNN
from ._cells._arnn_midpoint import ImplicitMidpointRNN as ImplicitMidpointRNN
from ._cells._arnn_two_step import TwoStepLeapfrogRNN as TwoStepLeapfrogRNN
from ._cells._cell import (
    AbstractCell as AbstractCell,
    AbstractLinearCell as AbstractLinearCell,
)
from ._cells._clockwork import ClockworkRNN as ClockworkRNN
from ._cells._contracting import (
    AbstractContractingCell as AbstractContractingCell,
    Contraction as Contraction,
)
from ._cells._cornn import CoRNN as CoRNN
from ._cells._ctrnn import CTRNN as CTRNN
from ._cells._equation import CellEquation as CellEquation
from ._cells._exprnn import CayleyRNN as CayleyRNN, ExpRNN as ExpRNN
from ._cells._gru import GRU as GRU
from ._cells._hamiltonian_ctrnn import HamiltonianCTRNN as HamiltonianCTRNN
from ._cells._held import (
    DrivenMap as DrivenMap,
    HeldField as HeldField,
    HeldMap as HeldMap,
    driven as driven,
    held as held,
    held_field as held_field,
)
from ._cells._invertible import (
    AbstractInvertibleCell as AbstractInvertibleCell,
    AbstractShearCell as AbstractShearCell,
    Shear as Shear,
)
from ._cells._lem import LEM as LEM
from ._cells._linoss import LinOSS as LinOSS
from ._cells._lipschitz import LipschitzRNN as LipschitzRNN
from ._cells._lru import LRU as LRU
from ._cells._lstm import LSTM as LSTM
from ._cells._lstm_forms import lstm_odernn as lstm_odernn
from ._cells._ltc import LTC as LTC, CfC as CfC
from ._cells._mingru import MinGRU as MinGRU, MinLSTM as MinLSTM
from ._cells._mlstm import MLSTM as MLSTM, Associations as Associations
from ._cells._modrelu import modrelu as modrelu
from ._cells._monotone import MonotoneRNN as MonotoneRNN
from ._cells._neural_cde import NeuralCDE as NeuralCDE, PathState as PathState
from ._cells._odegru import ODEGRU as ODEGRU
from ._cells._ren import REN as REN
from ._cells._rnn import RNN as RNN, LeakyRNN as LeakyRNN
from ._cells._s5 import S4D as S4D, S5 as S5
from ._cells._scan import linear_scan as linear_scan
from ._cells._sequence import Run as Run, run as run
from ._cells._symplectic import SymplecticRNN as SymplecticRNN
from ._cells._unicornn import UnICORNN as UnICORNN
from ._cells._urnn import URNN as URNN
from ._fields import MLPField as MLPField
from ._hamiltonian import HamiltonianBlock as HamiltonianBlock
from ._layers import (
    AbstractLayer as AbstractLayer,
    Activation as Activation,
    Conv as Conv,
    Flatten as Flatten,
    Linear as Linear,
)
from ._neural_ode import NeuralODE as NeuralODE
from ._odernn._activation import Blockwise as Blockwise
from ._odernn._implicit import StageSolution as StageSolution
from ._odernn._odernn import ODERNN as ODERNN, Memory as Memory
from ._odernn._stack import stack_odernn as stack_odernn
from ._odernn._stage import Moment as Moment, Stage as Stage
from ._one_hidden import OneHidden as OneHidden
from ._parabolic import ParabolicBlock as ParabolicBlock
from ._pde_block import PDEBlock as PDEBlock
from ._pde_net import PDENet as PDENet
from ._qunn._block_length import BlockLength as BlockLength, block_length as block_length
from ._qunn._cell import QUNN as QUNN, QUNNState as QUNNState
from ._recovery import Recovery as Recovery, recovery as recovery
from ._recurrent_stack import RecurrentStack as RecurrentStack
from ._resnet import ResNet as ResNet
from ._resnet_block import Residual as Residual, Sequential as Sequential
from ._resnet_norm import BatchNorm as BatchNorm
from ._resnet_pool import AvgPool as AvgPool, GlobalPool as GlobalPool, MaxPool as MaxPool
from ._reversible import reversible_scan as reversible_scan, round_trip as round_trip
from ._reversible_run import reversible_run as reversible_run
from ._sequence_net import SequenceNet as SequenceNet
from ._thesis import ThesisNet as ThesisNet
from ._zigzag import Zigzag as Zigzag, fold as fold
