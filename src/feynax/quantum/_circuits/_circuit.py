"""A reversible circuit: gates one after another, on bits or on state vectors."""

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import Any, overload

import jax
import numpy as np
from jaxtyping import Array, Inexact, Int

from ..._checks import check, check_count
from ._apply import apply_gates, run_array
from ._drawing import drawing
from ._gate import Gate


@dataclasses.dataclass(frozen=True)
class Circuit:
    """Reversible gates, applied from the first to the last.

    **Arguments:**

    - `bits`: how many wires there are; wire 0 is the least significant bit.
    - `gates`: any iterable of [`feynax.quantum.Gate`][].

    A circuit is a value: it can be compared, hashed, and closed over by compiled functions. Text
    (`str(circuit)`) is its drawing.

    **Raises:** `ValueError` if a gate names a wire that is not there.

    ```python
    import feynax as fx
    flip = fx.quantum.Gate.flip
    circuit = fx.quantum.Circuit(3, [flip(0), flip(0, 2), flip(0, 2, 1)])
    assert circuit.run(0) == 0b111 and circuit.inverse().run(0b111) == 0
    ```
    """

    bits: int
    gates: tuple[Gate, ...]

    def __init__(self, bits: int, gates: Iterable[Gate] = ()):
        check_count("bits", bits)
        gates = tuple(gates)
        for k, gate in enumerate(gates):
            most = max(gate.touches, default=0)
            check(most < bits, "gates", f"use wires below {bits}", f"wire {most} in gate {k}")
        object.__setattr__(self, "bits", int(bits))
        object.__setattr__(self, "gates", gates)

    def __len__(self) -> int:
        return len(self.gates)

    def __str__(self) -> str:
        return drawing(self.bits, self.gates)

    @property
    def is_classical(self) -> bool:
        """Whether it takes bits to bits: no gate is a unitary matrix."""
        return all(gate.is_classical for gate in self.gates)

    @property
    def idle(self) -> int:
        """How many of the last gates do nothing."""
        working = [k for k, gate in enumerate(self.gates) if gate.wires]
        return len(self.gates) - (working[-1] + 1 if working else 0)

    @property
    def depth(self) -> int:
        """Steps needed if gates that share no wire act at the same time."""
        level = [0] * self.bits
        for gate in self.gates:
            if gate.wires:
                now = 1 + max(level[w] for w in gate.touches)
                for wire in gate.touches:
                    level[wire] = now
        return max(level)

    def counts(self) -> dict[str, int]:
        """Count gates by their kind and number of controls, as in {"CCX": 2, "CX": 2}."""
        return dict(sorted(Counter(_name(gate) for gate in self.gates).items()))

    @overload
    def run(self, x: int) -> int: ...
    @overload
    def run(self, x: Int[np.ndarray, "..."]) -> Int[np.ndarray, "..."]: ...
    @overload
    def run(self, x: Int[Array, "..."]) -> Int[Array, "..."]: ...
    def run(self, x):
        """Return the bits that come out, as whole numbers.

        **Arguments:** `x` is a whole number (of any size), or a NumPy or JAX array of them, which
        may be traced.

        **Raises:** `ValueError` if a gate is a unitary matrix, or a whole number needs more bits.
        """
        check(self.is_classical, "self", "take bits to bits", "a gate that is a unitary matrix")
        if isinstance(x, np.ndarray | jax.Array):
            return run_array(self.gates, x, self.bits)
        check_bits("x", x, self.bits)
        for gate in self.gates:
            x = gate.run(x)
        return x

    def trajectory(self, x: int) -> tuple[int, ...]:
        """Return the bits before the first gate and after each: L + 1 whole numbers."""
        check(self.is_classical, "self", "take bits to bits", "a gate that is a unitary matrix")
        check_bits("x", x, self.bits)
        seen = [x]
        for gate in self.gates:
            seen.append(gate.run(seen[-1]))
        return tuple(seen)

    def apply(self, psi: Inexact[Array, " states"]) -> Inexact[Array, " states"]:
        r"""Apply the gates to a state vector of length $2^n$, entry $x$ belonging to the bits of x.

        Nothing of size $4^n$ is formed. A complex gate makes a real state complex.

        ```python
        import feynax as fx, jax.numpy as jnp
        Gate = fx.quantum.Gate
        bell = fx.quantum.Circuit(2, [Gate.hadamard(0), Gate.flip(0, 1)])
        psi = bell.apply(jnp.array([1.0, 0.0, 0.0, 0.0]))
        assert jnp.allclose(psi, jnp.array([0.5, 0.0, 0.0, 0.5]) ** 0.5)
        ```
        """
        return apply_gates(self.gates, psi, self.bits)

    def inverse(self) -> "Circuit":
        """Return the circuit that undoes it."""
        return Circuit(self.bits, (gate.inverse() for gate in reversed(self.gates)))

    def then(self, other: "Circuit") -> "Circuit":
        """Return this circuit followed by another; there are as many bits as the larger has."""
        return Circuit(max(self.bits, other.bits), (*self.gates, *other.gates))

    def pad_idle(self, count: int) -> "Circuit":
        r"""Return the circuit with gates that do nothing at its end.

        A clock then points at a finished result more often: of a history of $L + k$ steps, $k + 1$
        out of $L + k + 1$. Its gap falls as $(L + k)^{-2}$.
        """
        check_count("count", count, 0)
        return Circuit(self.bits, (*self.gates, *[Gate.idle()] * count))


def check_bits(name: str, x: Any, bits: int) -> None:
    """Refuse anything but a whole number of at most `bits` bits."""
    check_count(name, x, 0)
    check(int(x) < 2**bits, name, f"have at most {bits} bits", x)


def _name(gate: Gate) -> str:
    letter = {(1, 0): "X", (0, 2, 1, 3): "SWAP", (0,): "idle"}.get(gate.table or ())
    return "C" * len(gate.controls) + (letter or ("table" if gate.is_classical else "unitary"))
