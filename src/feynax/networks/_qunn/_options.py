"""Which options of QUNN go together."""

from typing import Any

from ..._checks import check, check_choice, check_count

_CHOICES = {
    "clock": ("cyclic", "skip"),
    "readout": ("learned", "printed"),
    "flow": ("printed", "exponential", "cayley"),
    "mixing": ("scalar", "dense"),
    "variant": ("later", "earlier"),
    "activation": ("tanh", "sigmoid", "relu", "identity"),
}


def check_options(cell: Any) -> None:
    """Refuse options that are none, and those that contradict one another."""
    check_count("layers", cell.layers)
    for name, choices in _CHOICES.items():
        check_choice(name, getattr(cell, name), choices)
    if not cell.encoder:
        must = f"equal hidden_size = {cell.hidden_size} without an encoder"
        check(cell.input_size == cell.hidden_size, "input_size", must, cell.input_size)
    _check_readout(cell)
    _check_memory(cell)


def _check_readout(cell: Any) -> None:
    reached = cell.clock == "cyclic" and cell.layers >= cell.block - 1
    alive = reached or cell.mixing == "dense"
    must = (
        'be "learned" here: the printed one reads the clock column l + 1, which no layer reaches '
        "before lag N - 1, so the output would not depend on the data"
    )
    check(cell.readout == "learned" or alive, "readout", must, repr(cell.readout))


def _check_memory(cell: Any) -> None:
    carried = cell.carry or cell.variant == "earlier"
    overwritten = (
        'be "skip" where the memory is carried: on the cyclic clock inputs that it was built of '
        "are overwritten"
    )
    check(not carried or cell.clock == "skip", "clock", overwritten, repr(cell.clock))
    turning = cell.flow != "printed"
    rank = 'be "printed" for a carried memory, whose rank is not two'
    check(not (turning and carried), "flow", rank, repr(cell.flow))
    must = 'be "scalar" for a flow, which has no S_k'
    check(not turning or cell.mixing == "scalar", "mixing", must, repr(cell.mixing))
