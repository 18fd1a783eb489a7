"""In and out: model files, safetensors, PyTorch files read without PyTorch, QuTiP operators."""

from ._model_file import (
    ModelHeader as ModelHeader,
    load_model as load_model,
    load_model_with_header as load_model_with_header,
    save_model as save_model,
)
from ._qutip import from_qutip as from_qutip, to_qutip as to_qutip
from ._safetensors import (
    read_safetensors as read_safetensors,
    write_safetensors as write_safetensors,
)
from ._torch_layout import read_torch as read_torch, to_torch as to_torch
from ._torch_pickle import read_pt as read_pt
