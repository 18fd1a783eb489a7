"""A recurrent reading in words: headline, findings, evidence, and lines for a terminal."""

import math

import numpy as np

from .._certificate import Certificate
from .._words import number, percent
from . import _spectrum_words as spectrum_words
from ._abstract import summary
from ._evidence import Row
from ._recurrent_reading import CellReading, RecurrentReading

_STEPS = {
    "nothing": "",
    "clock": " A clock sets its steps.",
    "input": " The input sets how long a step is.",
    "state and input": " State and input set how long a step is.",
}


def samples(value: float, digits: int = 3) -> str:
    """Write a time in samples."""
    if math.isinf(value):
        return "without end"
    return f"{number(value, digits)} samples"


def what_it_is(cell: CellReading) -> str:
    """Say which integrator a cell is."""
    found = cell.equation
    flow = found.ode.rstrip(".").replace("-", "−")
    method = found.integrator.replace("-log", "−log")
    return f"{found.name} steps the equation {flow} by {method}.{_STEPS[found.step_from]}"


def headline(reading: RecurrentReading) -> str:
    """Say what kind of memory the network has."""
    kinds = sorted({cell.equation.name for cell in reading.cells})
    many = len(reading.cells)
    what = " and ".join(kinds) + (f" of {many} cells" if many > 1 else "")
    memories = [cell.memory for cell in reading.cells]
    times = [memory.median for memory in memories if memory is not None]
    windows = [cell.window for cell in reading.cells if cell.window is not None]
    if windows and not times:
        return f"{what}: it keeps the last {max(windows)} inputs whole, and nothing before."
    if not times:
        return f"{what}: its memory could not be measured."
    if math.isinf(max(times)):
        return f"{what}: some direction of its state never forgets."
    return f"{what}: it remembers for about {samples(max(times), 2)}."


def findings(reading: RecurrentReading) -> list[str]:
    """Say what was found, one sentence each."""
    said = [what_it_is(cell) for cell in kinds_of(reading)]
    said += [_of_cell(cell, len(reading.cells) > 1) for cell in reading.cells]
    return said + [_as_system(cell) for cell in reading.cells if cell.quantum is not None]


def _as_system(cell: CellReading) -> str:
    assert cell.quantum is not None
    head = f"As a quantum system, {cell.name}"
    return f"{head}: {spectrum_words.headline(cell.quantum)}"


def classical(reading: RecurrentReading) -> list[str]:
    """Say which cells have no quantum reading, and why; alike ones together."""
    names: dict[str, list[str]] = {}
    for cell in reading.cells:
        if cell.quantum is None:
            names.setdefault(cell.missing["quantum"], []).append(cell.name)
    return [f"{' and '.join(who)}: {why}" for why, who in names.items()]


def kinds_of(reading: RecurrentReading) -> list[CellReading]:
    """Return the first cell of each kind."""
    return list({str(cell.equation): cell for cell in reversed(reading.cells)}.values())[::-1]


def _of_cell(cell: CellReading, named: bool) -> str:
    parts = []
    if cell.rest is not None:
        stable = cell.rest.stability.count("stable")
        count = len(cell.rest)
        points = f"{count or 'no'} fixed points, {stable} of them stable"
        if count == 1:
            points = f"one fixed point, {cell.rest.stability[0]}"
        parts.append(f"with its mean input held, {points}")
    if cell.growth is not None:
        tens = cell.growth.log_singular[0] / math.log(10)
        way = "grow" if tens > 0 else "shrink"
        steps = len(cell.growth.curve)
        parts.append(
            f"over {steps} samples gradients {way} at {'most' if tens > 0 else 'least'} "
            f"{_power(abs(float(tens)))}-fold"
        )
    cert = cell.certificate
    if cert is not None:
        parts.append(f"{cert.verdict.value}: {claim_of(cert)}")
    text = "; ".join(parts) or "nothing more could be computed"
    head = cell.name.capitalize() if named else "Here"
    return f"{head}: {text}."


def _power(tens: float) -> str:
    return number(10.0**tens, 2) if tens < 300 else f"10 to the {number(tens, 3)}"


def evidence(reading: RecurrentReading) -> list[Row]:
    """Collect what is known of each cell, with errors or margins."""
    named = len(reading.cells) > 1
    rows = []
    for cell in reading.cells:
        head = f"{cell.name}: " if named else ""
        if cell.window is not None:
            rows.append(_kept(cell)._replace(what=f"{head}memory"))
        for make, key in (
            (_memory, "spectrum"),
            (_gradients, "growth"),
            (_exponent, "lyapunov"),
            (_fixed, "fixed points"),
            (_bound, "certificate"),
        ):
            row = make(cell)
            if row is None and cell.window is not None:
                continue  # the row of the ring says it all
            if row is None:
                reason = cell.missing.get(key, "")
                row = Row(_NAMES[key], "none", "", f"Not computed: {reason}")
            rows.append(row._replace(what=head + row.what))
    return rows


_NAMES = {
    "spectrum": "longest memory",
    "growth": "growth of gradients",
    "lyapunov": "largest Lyapunov exponent",
    "fixed points": "fixed points",
    "certificate": "certificate",
}


def _kept(cell: CellReading) -> Row:
    meaning = spectrum_words.sentence(cell.missing["spectrum"].rstrip("."))
    return Row("memory", f"{cell.window} samples", "exact", meaning)


def _memory(cell: CellReading) -> Row | None:
    found, spectrum = cell.memory, cell.spectrum
    if found is None or spectrum is None:
        return None
    growing = f" At {percent(found.growing)} of them some direction grows." if found.growing else ""
    return Row(
        _NAMES["spectrum"],
        samples(found.median),
        f"{number_or_endless(found.low)} to {number_or_endless(found.high)}",
        f"Time −1/log |λ| in which the slowest direction keeps 1/e of a disturbance: median and "
        f"middle nine tenths of {len(spectrum.eigenvalues)} points along the data, from exact "
        f"Jacobians of one step.{growing}",
    )


def number_or_endless(value: float) -> str:
    """Write a number that may be infinite."""
    return number(value, 3) if math.isfinite(value) else "∞"


def _gradients(cell: CellReading) -> Row | None:
    found = cell.growth
    if found is None:
        return None
    steps = len(found.curve)
    each = found.log_singular[0] / steps
    verdict = "vanish" if each < -0.01 else "explode" if each > 0.01 else "keep their size"
    return Row(
        _NAMES["growth"],
        f"{number(float(each), 3)} a sample",
        f"± {number(found.settled / steps, 2)}",
        f"Logarithm of the largest singular value of the {steps}-step Jacobian, by the number of "
        f"steps: over long times gradients {verdict}. The error is what the last sweep still "
        "moved.",
    )


def _exponent(cell: CellReading) -> Row | None:
    found = cell.lyapunov
    if found is None:
        return None
    sure = abs(found.value) > 3 * found.error
    meaning = (
        "Too near zero to say whether states part or meet"
        if not sure
        else "Neighbouring states meet: the cell forgets where it started"
        if found.value < 0
        else "Neighbouring states part: chaos"
    )
    return Row(
        _NAMES["lyapunov"],
        f"{number(found.value, 4)} a sample",
        f"± {number(found.error, 2)}",
        f"With the mean input held, in nats; one standard error of block means. {meaning}.",
    )


def _fixed(cell: CellReading) -> Row | None:
    found = cell.rest
    if found is None:
        return None
    kinds = [f"{found.stability.count(k)} {k}" for k in dict.fromkeys(found.stability)]
    worst = float(found.residuals.max()) if len(found) else 0.0
    lead = ""
    if len(found):
        leading = abs(found.eigenvalues[0, 0])
        lead = f" The first has the leading |λ| = {number(float(leading), 4)}."
    starts = int(found.reached.sum()) + found.lost
    return Row(
        _NAMES["fixed points"],
        ", ".join(kinds) or "none found",
        f"residual ≤ {number(worst, 2)}" if len(found) else f"{found.lost} starts lost",
        f"States that one step at the mean input leaves where they are, from {starts} starts on "
        f"the data; {found.lost} of them led nowhere.{lead} Others may exist elsewhere.",
    )


def _bound(cell: CellReading) -> Row | None:
    cert = cell.certificate
    if cert is None:
        return None
    low, high = cert.bounds or (math.nan, math.nan)
    if not math.isfinite(high):
        return Row(
            _NAMES["certificate"],
            "none",
            f"≥ {number(low, 4)} found",
            f"{claim_of(cert).capitalize()}: {cert.because}. What is found by a search bounds "
            "the growth of differences from below only.",
        )
    ratio = f"{number(high / low, 2)} times the strongest found" if low > 0 else "none found"
    return Row(
        _NAMES["certificate"],
        f"≤ {number(high, 4)} a sample",
        ratio,
        f"{cert.verdict.value.capitalize()} for {cert.domain}: {claim_of(cert)}. A search "
        f"attained {number(low, 4)}; the truth lies between. {_forgets(high)}",
    )


def _forgets(proven: float) -> str:
    if proven < 1:
        return "Below 1 it is proven that states fed the same always meet: the cell forgets."
    return (
        "Above 1 it is not proven that the cell forgets where it started; the numbers above say "
        "what it does on these data."
    )


def claim_of(cert: Certificate) -> str:
    """Say the claim as one reads it away from the code."""
    if cert.rate is None or not math.isfinite(cert.rate):
        return "no factor is proven by which a step parts states that are fed the same"
    return cert.claim.replace("in the norm of `metric`", "in a weighted norm made for this cell")


def leading(eigenvalues: np.ndarray) -> str:
    """Write the first few eigenvalues, conjugate pairs as one."""
    shown = [value for value in eigenvalues if value.imag >= 0][:3]
    return ", ".join(_complex(value) for value in shown)


def _complex(value: complex) -> str:
    if abs(value.imag) < 1e-9:
        return number(value.real, 3)
    return f"{number(value.real, 3)} ± {number(value.imag, 3)}i"


@summary.register
def _(reading: RecurrentReading) -> str:
    lines = [headline(reading), what_it_is(reading.cells[0])]
    for row in evidence(reading):
        margin = f" ({row.margin})" if row.margin else ""
        lines.append(f"{row.what}: {row.value}{margin}")
        if row.value == "none":
            lines[-1] += f": {row.meaning}"
    lines += [_as_system(cell) for cell in reading.cells if cell.quantum is not None]
    lines += [f"no quantum reading of {sentence}" for sentence in classical(reading)]
    return "\n".join(line.replace("\u202f", " ") for line in lines)
