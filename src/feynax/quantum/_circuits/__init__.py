"""Reversible circuits, how to find them, and Hamiltonians whose ground state is their run."""

from ._arithmetic import adder as adder, full_adder as full_adder, multiplier as multiplier
from ._circuit import Circuit as Circuit
from ._clock import ClockHamiltonian as ClockHamiltonian
from ._gate import Gate as Gate
from ._history import History as History, Readout as Readout
from ._rank_one import RankOneClock as RankOneClock
from ._synthesis import (
    compile_function as compile_function,
    compile_permutation as compile_permutation,
    reed_muller as reed_muller,
    truth_table as truth_table,
)
from ._toffoli import to_toffoli as to_toffoli
