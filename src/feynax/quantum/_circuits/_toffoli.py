"""Any classical circuit as flips with at most two controls."""

import numpy as np

from ..._checks import check
from ._circuit import Circuit
from ._gate import Gate
from ._synthesis import compile_permutation


def to_toffoli(circuit: Circuit) -> Circuit:
    r"""Write a circuit with X, CX and CCX alone.

    A flip with $c > 2$ controls takes $2c - 3$ gates and $c - 2$ more wires. These are put after
    the circuit's own, are shared by all gates, and must be 0; they end as 0. Exchanges and tables
    become flips first.

    **Arguments:** `circuit` must be classical.

    **Returns:** A circuit with the same result on the first wires.

    **Raises:** `ValueError` if a gate is a unitary matrix.

    ```python
    import feynax as fx
    four = fx.quantum.Circuit(5, [fx.quantum.Gate.flip(0, 1, 2, 3, 4)])
    small = fx.quantum.to_toffoli(four)
    assert small.counts() == {"CCX": 5} and small.bits == 7
    assert [small.run(x) for x in range(32)] == [four.run(x) for x in range(32)]
    ```
    """
    check(circuit.is_classical, "circuit", "take bits to bits", "a gate that is a unitary matrix")
    flips = [flip for gate in circuit.gates for flip in _as_flips(gate)]
    more = max((len(gate.controls) - 2 for gate in flips), default=0)
    spare = range(circuit.bits, circuit.bits + max(more, 0))
    return Circuit(circuit.bits + len(spare), (g for f in flips for g in _small(f, spare)))


def _as_flips(gate: Gate) -> list[Gate]:
    if gate.is_flip or not gate.wires:
        return [gate]
    local = compile_permutation(np.asarray(gate.table)).gates
    return [
        Gate(
            (gate.wires[flip.wires[0]],),
            table=(1, 0),
            controls=(*gate.controls, *(gate.wires[c] for c in flip.controls)),
            values=(*gate.values, *flip.values),
        )
        for flip in local
    ]


def _small(gate: Gate, spare: range) -> list[Gate]:
    """Flips with at most two controls, all of them 1; what is borrowed is given back."""
    if not gate.wires:
        return [gate]
    turned = [Gate.flip(c) for c, v in zip(gate.controls, gate.values, strict=True) if not v]
    controls, target = gate.controls, gate.wires[0]
    if len(controls) <= 2:
        return [*turned, Gate.flip(*controls, target), *turned]
    chain = [Gate.flip(controls[0], controls[1], spare[0])]
    for k, control in enumerate(controls[2:-1]):
        chain.append(Gate.flip(control, spare[k], spare[k + 1]))
    middle = Gate.flip(controls[-1], spare[len(controls) - 3], target)
    return [*turned, *chain, middle, *reversed(chain), *turned]
