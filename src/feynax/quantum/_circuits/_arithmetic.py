"""Circuits that add and multiply."""

from ..._checks import check_count
from ..._citation import cites
from ._circuit import Circuit
from ._gate import Gate


def full_adder() -> Circuit:
    """Add three bits, with four gates on the wires (a, b, c, 0).

    **Returns:** A circuit on 4 bits that leaves a on wire 0, a ^ b on 1, the sum on 2 and the
    carry on 3.

    Source: n-t-ODERNN document, the example of its reversible computation.

    ```python
    import feynax as fx
    add = fx.quantum.full_adder()
    assert [add.run(x) >> 2 & 1 for x in range(8)] == [0, 1, 1, 0, 1, 0, 0, 1]
    assert [add.run(x) >> 3 for x in range(8)] == [0, 0, 0, 1, 0, 1, 1, 1]
    ```
    """
    flip = Gate.flip
    return Circuit(4, [flip(0, 1, 3), flip(0, 1), flip(1, 2, 3), flip(1, 2)])


@cites("cuccaro2004")
def adder(bits: int) -> Circuit:
    r"""Add two n-bit numbers and a carry in place: $6n + 1$ gates, no further wires.

    Wires: a on 0 ... n-1, b on n ... 2n-1, the carry in on 2n, and a wire z on 2n+1.
    b becomes $(a + b + c) \bmod 2^n$, z is flipped by the carry out; a and c stay.

    **Raises:** `ValueError` unless `bits` is a positive whole number.

    Source: S. A. Cuccaro, T. G. Draper, S. A. Kutin, D. P. Moulton, A new quantum ripple-carry
    addition circuit (2004).

    ```python
    import feynax as fx
    out = fx.quantum.adder(4).run(9 | 12 << 4)
    assert out & 15 == 9 and (out >> 4 & 15) + 16 * (out >> 9) == 21
    ```
    """
    check_count("bits", bits)
    a, b, carry, over = [*range(bits)], [*range(bits, 2 * bits)], 2 * bits, 2 * bits + 1
    below = [carry, *a[:-1]]
    up = [gate for wires in zip(below, b, a, strict=True) for gate in _majority(*wires)]
    down = [_unmajority_and_add(*wires) for wires in zip(below, b, a, strict=True)]
    gates = [*up, Gate.flip(a[-1], over), *(gate for step in reversed(down) for gate in step)]
    return Circuit(2 * bits + 2, gates)


def multiplier(bits: int) -> Circuit:
    r"""Multiply two n-bit numbers: $n$ additions, each decided by one bit of b.

    Wires: a on 0 ... n-1, b on n ... 2n-1, the product's 2n wires from 2n on, and one more at 4n
    that carries. The last 2n+1 must be 0 at the start; the carry ends as 0, a and b stay. There are
    $n + (n - 1)(8 n + 1)$ gates, with at most two controls.

    **Raises:** `ValueError` unless `bits` is a positive whole number.

    ```python
    import feynax as fx
    out = fx.quantum.multiplier(3).run(5 | 7 << 3)
    assert out >> 6 == 35 and out & 63 == 5 | 7 << 3
    ```
    """
    check_count("bits", bits)
    gates = [Gate.flip(k, bits, 2 * bits + k) for k in range(bits)]  # the product is 0 so far
    for row in range(1, bits):
        gates += _add_if(bits, bits + row, 2 * bits + row, 4 * bits)
    return Circuit(4 * bits + 1, gates)


def _majority(carry: int, b: int, a: int) -> list[Gate]:
    """Leave the next carry on a."""
    return [Gate.flip(a, b), Gate.flip(a, carry), Gate.flip(carry, b, a)]


def _unmajority_and_add(carry: int, b: int, a: int) -> list[Gate]:
    return [Gate.flip(carry, b, a), Gate.flip(a, carry), Gate.flip(carry, b)]


def _add_if(bits: int, decides: int, start: int, carry: int) -> list[Gate]:
    """Add wires 0 ... bits-1 to those from `start`, with carry out, where one wire is 1."""
    a, b = [*range(bits)], [*range(start, start + bits)]
    below = [carry, *a[:-1]]
    gates = [gate for wires in zip(below, b, a, strict=True) for gate in _majority(*wires)]
    gates.append(Gate.flip(decides, a[-1], start + bits))
    for c, y, x in reversed(list(zip(below, b, a, strict=True))):
        gates += reversed(_majority(c, y, x))  # all as it was, so y ^= x ^ c adds
        gates += [Gate.flip(decides, x, y), Gate.flip(decides, c, y)]
    return gates
