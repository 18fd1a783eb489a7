"""One reversible gate: wires that decide, wires that change, and how they change."""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Int

from ..._checks import check, check_count

_LARGEST = 8  # wires of a table or a matrix: 256 entries of a side
_UNITARY = 1e-10


@dataclasses.dataclass(frozen=True)
class Gate:
    r"""A reversible gate: where every control has its value, the target wires change.

    Wires count from 0, and wire $q$ is worth $2^q$: wire 0 is the **least** significant bit. The
    first target is likewise the least significant bit of the local index. Arguments name controls
    first and the target last.

    Make one by name (`Gate.flip`, `Gate.swap`, `Gate.permutation`, `Gate.unitary`,
    `Gate.hadamard`, `Gate.idle`); the fields are what all of them are.

    **Fields:**

    - `wires`: the targets, k of them.
    - `table`: where each of the $2^k$ local values goes, or `None` for a unitary gate.
    - `matrix`: rows of the $2^k \times 2^k$ unitary matrix, or `None`.
    - `controls`, `values`: wires that decide, and the bit each must have.

    **Raises:** `ValueError` for repeated or negative wires, a table that is no permutation, a
    matrix that is not unitary, or both or neither of them.

    ```python
    import feynax as fx
    toffoli = fx.quantum.Gate.flip(0, 1, 2)
    assert [toffoli.run(x) for x in (0b011, 0b111, 0b001)] == [0b111, 0b011, 0b001]
    ```
    """

    wires: tuple[int, ...]
    table: tuple[int, ...] | None = None
    matrix: tuple[tuple[complex, ...], ...] | None = None
    controls: tuple[int, ...] = ()
    values: tuple[int, ...] = ()

    def __post_init__(self):
        for wire in (*self.controls, *self.wires):
            check_count("wires", wire, 0)
        distinct = len({*self.controls, *self.wires}) == len(self.controls) + len(self.wires)
        check(distinct, "wires", "name no wire twice", f"{self.controls} and {self.wires}")
        check(
            len(self.values) == len(self.controls) and set(self.values) <= {0, 1},
            "values",
            "give a bit to each control",
            self.values,
        )
        check(
            (self.table is None) != (self.matrix is None),
            "table",
            "be given, or a matrix, not both",
            "both" if self.table else "neither",
        )
        check(len(self.wires) <= _LARGEST, "wires", f"be at most {_LARGEST}", len(self.wires))
        size = 2 ** len(self.wires)
        if self.table is not None:
            permutes = sorted(self.table) == list(range(size))
            check(permutes, "table", f"be a permutation of 0 ... {size - 1}", self.table)
        else:
            _check_unitary(self.matrix, size)

    @classmethod
    def flip(cls, *wires: int, values: Iterable[int] | None = None) -> "Gate":
        """X, CX, CCX and so on: flip the last wire where all others have their value.

        **Arguments:** `wires` are the controls, then the target; `values` (default: all 1) are the
        bits that the controls must have.

        ```python
        import feynax as fx
        where_zero = fx.quantum.Gate.flip(0, 1, values=[0])
        assert where_zero.run(0b00) == 0b10 and where_zero.run(0b01) == 0b01
        ```
        """
        check(len(wires) > 0, "wires", "name a target", "none")
        controls = tuple(wires[:-1])
        bits = (1,) * len(controls) if values is None else tuple(int(v) for v in values)
        return cls((wires[-1],), table=(1, 0), controls=controls, values=bits)

    @classmethod
    def swap(cls, *wires: int) -> "Gate":
        """Exchange the last two wires, where all wires before them are 1 (one: Fredkin's gate)."""
        check(len(wires) > 1, "wires", "name two wires to exchange", wires)
        controls = tuple(wires[:-2])
        return cls(tuple(wires[-2:]), (0, 2, 1, 3), None, controls, (1,) * len(controls))

    @classmethod
    def permutation(cls, wires: Sequence[int], table: Int[ArrayLike, " size"]) -> "Gate":
        """Send local value `i` of the k wires to `table[i]`; `table` has $2^k$ entries."""
        return cls(tuple(wires), table=tuple(int(i) for i in np.asarray(table)))

    @classmethod
    def unitary(
        cls,
        wires: Sequence[int],
        matrix: Complex[ArrayLike, "size size"],
        *,
        controls: Sequence[int] = (),
    ) -> "Gate":
        """Apply a unitary matrix (side $2^k$) to k wires, where all `controls` are 1."""
        rows = tuple(tuple(complex(x) for x in row) for row in np.asarray(matrix))
        controls = tuple(controls)
        return cls(tuple(wires), None, rows, controls, (1,) * len(controls))

    @classmethod
    def hadamard(cls, wire: int) -> "Gate":
        """Turn a bit into an equal superposition."""
        root = math.sqrt(0.5)
        return cls((wire,), matrix=((root + 0j, root + 0j), (root + 0j, -root + 0j)))

    @classmethod
    def idle(cls) -> "Gate":
        """Do nothing for one step of the clock."""
        return cls((), table=(0,))

    @property
    def is_classical(self) -> bool:
        """Whether it takes bits to bits."""
        return self.matrix is None

    @property
    def is_flip(self) -> bool:
        """Whether it flips one wire, controlled or not."""
        return self.table == (1, 0)

    @property
    def touches(self) -> tuple[int, ...]:
        """All its wires, controls first."""
        return (*self.controls, *self.wires)

    def run(self, x: int) -> int:
        """Return what becomes of the bits of one whole number of any size."""
        check(self.table is not None, "self", "take bits to bits", "a unitary matrix")
        if any((x >> c) & 1 != v for c, v in zip(self.controls, self.values, strict=True)):
            return x
        local = sum(((x >> w) & 1) << i for i, w in enumerate(self.wires))
        return x ^ self.scatter(local ^ (self.table or (0,))[local])

    def scatter(self, local: int) -> int:
        """Return the whole number that has the bits of a local value on the target wires."""
        return sum(((local >> i) & 1) << w for i, w in enumerate(self.wires))

    def inverse(self) -> "Gate":
        """Return the gate that undoes it."""
        if self.table is not None:
            back = tuple(int(i) for i in np.argsort(self.table))
            return dataclasses.replace(self, table=back)
        dagger = np.conj(np.asarray(self.matrix)).T
        return dataclasses.replace(self, matrix=tuple(tuple(map(complex, row)) for row in dagger))


def _check_unitary(matrix: tuple[tuple[complex, ...], ...] | None, size: int) -> None:
    array = np.asarray(matrix)
    check(array.shape == (size, size), "matrix", f"have shape ({size}, {size})", array.shape)
    fault = np.max(np.abs(array @ np.conj(array).T - np.eye(size)))
    check(bool(fault <= _UNITARY), "matrix", "be unitary", f"M M^dagger - 1 of size {fault:.2g}")
