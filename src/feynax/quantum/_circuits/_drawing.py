"""Circuits as text."""

from collections.abc import Sequence

from ._gate import Gate


def drawing(bits: int, gates: Sequence[Gate]) -> str:
    """Draw one line for each wire; time runs to the right."""
    width = len(str(bits - 1))
    columns = [_column(bits, gate) for gate in gates]
    lines = []
    for wire in range(bits):
        body = "─".join(column[wire] for column in columns)
        lines.append(f"{wire:>{width}}: ─{body}─" if columns else f"{wire:>{width}}: ─")
    return "\n".join(lines)


def _column(bits: int, gate: Gate) -> list[str]:
    if not gate.wires:
        return ["─"] * bits
    low, high = min(gate.touches), max(gate.touches)
    column = ["┼" if low < wire < high else "─" for wire in range(bits)]
    for wire, value in zip(gate.controls, gate.values, strict=True):
        column[wire] = "●" if value else "○"
    for place, wire in enumerate(gate.wires):
        column[wire] = _target(gate, place)
    widest = max(map(len, column))
    return [cell.ljust(widest, "─") for cell in column]


def _target(gate: Gate, place: int) -> str:
    if gate.is_flip:
        return "⊕"
    if gate.table == (0, 2, 1, 3):
        return "×"
    return f"{'P' if gate.is_classical else 'U'}{place}"
