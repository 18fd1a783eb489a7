"""A flow in words: headline, findings, evidence, and lines for a terminal."""

from .._words import number
from ._abstract import summary
from ._evidence import Row
from ._flow_reading import FlowReading


def headline(reading: FlowReading) -> str:
    """Say what the flow does to differences, as far as it is known."""
    what = f"A flow of {reading.size} numbers"
    bound = reading.bound
    if bound is not None and bound.nu < 0:
        return f"{what}: whatever the start, its solutions draw together."
    if reading.rest is not None and "stable" in reading.rest.stability:
        return f"{what}: some of its solutions come to rest."
    if reading.speed is not None and reading.speed < 0:
        return f"{what}: along the paths that were followed, solutions draw together."
    return f"{what}: it was seen to part some solutions."


def findings(reading: FlowReading) -> list[str]:
    """Say what was found, one sentence each."""
    return [what_it_is(reading), _resting(reading), *_parting(reading), _solved(reading)]


def what_it_is(reading: FlowReading) -> str:
    """Say which equation is solved, and how."""
    first, last = (number(float(reading.times[i])) for i in (0, -1))
    solver = reading.solver
    if solver.step is None:
        how = f"steps that {solver.method} chooses to keep errors below {number(solver.tolerance)}"
    else:
        how = f"{solver.steps} steps of {solver.method}, each {number(solver.step)} long"
    whose = "a field of your own" if "f(t" in reading.equation else "one hidden layer"
    return f"It solves {reading.equation}, {whose}, from time {first} to {last} by {how}."


def _resting(reading: FlowReading) -> str:
    if reading.rest is None:
        return "Where it rests was not sought."
    count = len(reading.rest)
    if count == 0:
        return f"No resting point was found from {reading.rest.lost} states on its paths."
    kinds = [
        f"{reading.rest.stability.count(kind)} {kind}"
        for kind in dict.fromkeys(reading.rest.stability)
    ]
    return f"At the first time it rests at {count} place{'s' * (count > 1)}: {', '.join(kinds)}."


def _parting(reading: FlowReading) -> list[str]:
    cert = reading.certificate
    if cert is None or cert.bounds is None:
        return []
    low, high = (number(value, 3) for value in cert.bounds)
    return [
        f"From the first time to the last a difference between two starts grows at most "
        f"{high}-fold (proven); a search found a pair that grows {low}-fold."
    ]


def _solved(reading: FlowReading) -> str:
    solver = reading.solver
    said = f"Its solver is off by {number(solver.error, 2)} at the end"
    if solver.longest is None or solver.step is None:
        return f"{said}, beside a solution of order five with four times as many steps."
    if abs(solver.step) <= solver.longest:
        return f"{said}, and its steps are short enough to be stable {_where(reading)}."
    return f"{said}, and its steps are too long to be stable {_where(reading)}."


def _where(reading: FlowReading) -> str:
    return "at the resting point" if reading.at_rest else "at zero"


def evidence(reading: FlowReading) -> list[Row]:
    """Collect what is known, with errors or margins."""
    rows = [_growth(reading), _speed(reading), _steepness(reading)]
    return [*rows, _eigenvalues(reading), _rest(reading), _step(reading), _error(reading)]


def _none(what: str, reading: FlowReading, key: str) -> Row:
    return Row(what, "none", "", f"Not computed: {reading.missing.get(key, '')}")


def _growth(reading: FlowReading) -> Row:
    what, cert = "growth of differences", reading.certificate
    if cert is None or cert.bounds is None:
        return _none(what, reading, "certificate")
    low, high = cert.bounds
    ratio = f"{number(high / low, 2)} times the strongest found" if low > 0 else "none found"
    return Row(
        what,
        f"≤ {number(high)}",
        ratio,
        f"{cert.verdict.value.capitalize()} for {cert.domain}, of all steps together: how much "
        f"further apart two starts can end. A search around one start attained {number(low)}.",
    )


def _speed(reading: FlowReading) -> Row:
    return _constant(
        reading,
        ("rate of parting", reading.bound and reading.bound.nu, reading.speed),
        "Logarithmic norm of the field: the distance between two exact solutions changes at most "
        "by this rate; below 0 they draw together.",
    )


def _steepness(reading: FlowReading) -> Row:
    return _constant(
        reading,
        ("steepness", reading.bound and reading.bound.lipschitz, reading.steepness),
        "Lipschitz constant of the field: steps much longer than one over it miss what it does.",
    )


def _constant(
    reading: FlowReading, known: tuple[str, float | None, float | None], meaning: str
) -> Row:
    """A constant of the field: proven, and the largest that was seen."""
    what, proven, seen = known
    value = "not proven" if proven is None else f"≤ {number(proven)} per unit of time"
    margin = "" if seen is None else f"{number(seen)} found"
    because = reading.missing.get("bound") if reading.bound is None else reading.bound.because
    how = "Not proven" if proven is None else "Proven"
    along = "" if seen is None else " The margin is the largest along the paths."
    return Row(what, value, margin, f"{meaning} {how}: {because}.{along}".replace("..", "."))


def _eigenvalues(reading: FlowReading) -> Row:
    what = "leading eigenvalue"
    if reading.eigenvalues is None:
        return _none(what, reading, "jacobian")
    leading = reading.eigenvalues[0]
    turning = f" ± {number(abs(leading.imag))}i" if abs(leading.imag) > 1e-9 else ""
    fate = "fades" if leading.real < 0 else "grows" if leading.real > 0 else "stays"
    return Row(
        what,
        f"{number(float(leading.real))}{turning} per unit of time",
        f"of {len(reading.eigenvalues)}",
        f"Of the field's Jacobian {_where(reading)}, at the first time: the slowest disturbance "
        f"{fate} there. An imaginary part is how fast it turns.",
    )


def _rest(reading: FlowReading) -> Row:
    found = reading.rest
    if found is None:
        return _none("resting points", reading, "jacobian")
    worst = f"residual ≤ {number(float(found.residuals.max()), 2)}" if len(found) else "none found"
    starts = int(found.reached.sum()) + found.lost
    return Row(
        "resting points",
        str(len(found)),
        worst,
        f"Where the field is zero at the first time, sought from {starts} states on the paths; "
        f"{found.lost} of them led nowhere. Others may exist elsewhere.",
    )


def _step(reading: FlowReading) -> Row:
    solver = reading.solver
    if solver.step is None:
        meaning = "The solver chooses steps as it runs, so that none is stable or not by itself."
        return Row("length of a step", "chosen", f"tolerance {number(solver.tolerance)}", meaning)
    if solver.longest is None:
        limit, meaning = "no limit", f"Nothing fades {_where(reading)}, so no step is too long"
    else:
        limit = f"stable up to {number(solver.longest)}"
        meaning = f"Up to the margin no step lets grow what the flow lets fade {_where(reading)}"
    grown = "" if solver.factors is None else _factor(abs(solver.factors).max())
    return Row("length of a step", number(solver.step), limit, f"{meaning}.{grown}")


def _factor(largest: float) -> str:
    return (
        f" One step multiplies the disturbance that grows most there by {number(float(largest))}."
    )


def _error(reading: FlowReading) -> Row:
    size = max(float(abs(path[-1]).max()) for path in reading.paths)
    share = number(reading.solver.error / size, 2) if size > 0 else "0"
    return Row(
        "error of the solver",
        number(reading.solver.error, 2),
        f"{share} of the largest number",
        f"Largest difference at the last time from a solution of order five with four times as "
        f"many steps, from {len(reading.paths)} starts. More steps make it smaller.",
    )


@summary.register
def _(reading: FlowReading) -> str:
    lines = [headline(reading), *findings(reading)]
    for row in evidence(reading):
        margin = f" ({row.margin})" if row.margin else ""
        lines.append(f"{row.what}: {row.value}{margin}")
        if row.value == "none":
            lines[-1] += f": {row.meaning}"
    lines += [f"no quantum reading: {reading.missing['quantum']}"]
    return "\n".join(line.replace("\u202f", " ") for line in lines)
