"""A network read as a quantum system, in words: headline, findings, evidence, terminal lines."""

from collections.abc import Iterable

from .._words import number, percent
from ._abstract import summary
from ._evidence import Row
from ._spectrum_reading import SpectrumReading

_ROUNDING = 1e-12
_LONG = 12  # units from which a regime is not spelled out
_KINDS = {
    "elliptic": "a centre: it has discrete levels",
    "hyperbolic": "a saddle: its energies fill the whole line, and it has no levels",
    "free": "free motion: its energies fill a half line",
    "force": "motion under a constant force: its energies fill the whole line",
    "linear": "a constant drift: its energies fill the whole line",
    "zero": "at rest everywhere: its only energy is 0",
    "mixed": "of several modes that do not all oscillate: it has no list of levels",
}


def headline(reading: SpectrumReading) -> str:
    """Say what the network is as a quantum system."""
    ham = reading.hamiltonian
    if ham is None:
        return "This network is no closed quantum system."
    if ham.kind == "elliptic":
        return f"This network is a quantum system with levels, {_spacing(reading)}."
    return f"This network is a quantum system without levels: {_KINDS[ham.kind].split(':')[0]}."


def _spacing(reading: SpectrumReading) -> str:
    assert reading.hamiltonian is not None
    frequencies = reading.hamiltonian.frequencies.tolist()
    if len(frequencies) == 1:
        return f"{number(reading.hbar * frequencies[0], 4)} apart"
    return f"{len(frequencies)} modes of {_list(frequencies)} per unit of time"


def _list(values: list[float], most: int = 4) -> str:
    shown = ", ".join(number(value, 4) for value in values[:most])
    return shown + (" and more" if len(values) > most else "")


def findings(reading: SpectrumReading) -> list[str]:
    """Say what was found, one sentence each."""
    said = [_class_sentence(reading)]
    if reading.packet is not None:
        said.append(_packet_sentence(reading))
    found = reading.open_system
    if reading.hamiltonian is None and found is not None:
        said.append(
            f"As an open system it changes volumes at the rate {number(found.rate, 4)} by "
            f"{found.jumps} jump operator{'s' if found.jumps != 1 else ''}; "
            + (
                f"it settles in a state of purity {number(float(found.steady.purity), 3)}."
                if found.steady is not None
                else "it has no single state to settle in."
            )
        )
    if "digits" in reading.missing:
        said.append(reading.missing["digits"])
    return said


def _class_sentence(reading: SpectrumReading) -> str:
    where = _where(reading)
    ham = reading.hamiltonian
    if ham is None:
        return f"{where} it has no Hamiltonian: {reading.missing['Hamiltonian']}"
    return f"{where} it is {_KINDS[ham.kind]}. The spectrum is {ham.spectrum}."


def _where(reading: SpectrumReading) -> str:
    if reading.regime is None:
        return "To first order about the state it was read at,"
    name = "".join(map(str, reading.regime))
    if all(reading.regime):
        return "While all its units are on,"
    return f"In its regime {name}," if len(name) <= _LONG else "In the regime that was asked for,"


def _packet_sentence(reading: SpectrumReading) -> str:
    packet = reading.packet
    assert packet is not None
    apart = number(packet.difference, 2)
    what = "packet" if reading.hamiltonian is not None else "packet, loss and noise included,"
    if reading.regime is None:
        return (
            f"The mean of a {what} follows the linearised network; from the whole one it differs "
            f"by up to {apart}."
        )
    if not packet.inside[0]:
        return (
            "The packet starts where another regime holds, since the fixed point of this one lies "
            "there: the network itself does not follow it."
        )
    until = "" if packet.inside.all() else " until the network leaves its regime"
    return (
        f"The mean of a {what} follows the classical network{until}: the largest difference is "
        f"{apart}."
    )


def evidence(reading: SpectrumReading) -> list[Row]:
    """Collect what is known, and what would change it."""
    rows = [_row_of_class(reading)]
    ham, levels = reading.hamiltonian, reading.levels
    if ham is not None and levels is not None:
        rows.append(
            Row(
                "first levels",
                _list(levels.tolist(), 3),
                "closed form, to rounding",
                f"Energy of the centre {number(float(ham.centre_energy), 4)}, and from there half "
                f"a spacing and whole ones. Proportional to ħ = {number(reading.hbar)}.",
            )
        )
    else:
        rows.append(Row("levels", "none", "", f"Refused: {reading.missing['levels']}"))
    cert = reading.certificate
    if cert is not None and cert.margin is not None:
        rows.append(
            Row(
                "margin of the levels",
                number(cert.margin, 3),
                "proven",
                f"Every change of the form smaller than this leaves levels: {cert.because}.",
            )
        )
    if reading.packet is not None:
        rows += _rows_of_packet(reading)
    if reading.open_system is not None:
        rows.append(_row_of_loss(reading))
    return rows


def _row_of_class(reading: SpectrumReading) -> Row:
    ham = reading.hamiltonian
    trace = reading.conditions[0]
    if ham is None:
        return Row(
            "Hamiltonian",
            "none",
            f"trace {number(trace.value, 3)}",
            "A Hamiltonian keeps volumes; the weights would have to make the trace zero.",
        )
    return Row(
        "class",
        ham.kind,
        f"trace {number(trace.value, 2)}" if trace.value else "trace 0",
        f"{sentence(_KINDS[ham.kind])}",
    )


def _rows_of_packet(reading: SpectrumReading) -> list[Row]:
    packet = reading.packet
    assert packet is not None
    rows = [
        Row(
            "packet against network",
            number(packet.difference, 2),
            f"time {number(float(packet.times[-1]), 3)}",
            "Largest distance of the packet's mean from the classical network, both from the same "
            "start"
            + (", while the network is in the regime." if reading.regime is not None else "."),
        )
    ]
    if packet.leakage is not None:
        rows.append(
            Row(
                "leakage",
                percent(float(packet.leakage.max()))
                if packet.leakage.max() > 1e-6
                else "< 0.0001 %",
                f"at ħ = {number(reading.hbar)}",
                "Largest probability that the packet is where another regime holds. What is said "
                "here holds as far as this is small; a smaller ħ makes the packet narrower.",
            )
        )
    return rows


def _row_of_loss(reading: SpectrumReading) -> Row:
    found = reading.open_system
    assert found is not None
    if found.jumps == 0:
        return Row("loss", "0", "closed", "Nothing is lost or gained: no jump operator is needed.")
    way = "lost" if found.rate < 0 else "gained"
    meaning = (
        f"Volumes are {way} at this rate through {found.jumps} jump operators. As an open quantum "
        "system the network needs noise that the classical one has not."
    )
    slowest = [abs(value.real) for value in found.slowest if abs(value) > 0]
    margin = f"slowest decay {number(min(slowest), 3)}" if slowest else "no steady state"
    return Row("open system", f"{number(found.rate, 4)} per unit of time", margin, meaning)


@summary.register
def _(reading: SpectrumReading) -> str:
    lines = [headline(reading), *findings(reading)]
    if reading.levels is not None:
        shown = "  ".join(f"{level:.10g}" for level in reading.levels)
        lines.append(f"levels: {shown}")
    for condition in reading.conditions:
        lines.append(f"{condition.name}: {condition.value:.6g}, must be {condition.must}")
        lines[-1] += ": holds" if condition.holds else ": does not hold"
    cert = reading.certificate
    if cert is not None:
        lines.append(f"{cert.verdict.value}: {cert.claim} (margin {cert.margin:.4g})")
    if reading.printed is not None:
        shown = "  ".join(f"{level:.6g}" for level in reading.printed)
        lines.append(f"levels of the document's own equation, which is another one: {shown}")
    own = [regime.name for regime in reading.regimes if regime.own]
    if reading.regimes:
        lines.append(f"regimes with a fixed point of their own: {', '.join(own) or 'none'}")
    return "\n".join(line.replace("\u202f", " ") for line in lines)


def _complex(value: complex) -> str:
    """Write an eigenvalue; what is rounding beside the other part is left out."""
    if abs(value.imag) <= _ROUNDING * abs(value):
        return number(value.real, 3)
    if abs(value.real) <= _ROUNDING * abs(value):
        return f"±{number(abs(value.imag), 3)}i"
    return f"{number(value.real, 3)} ± {number(abs(value.imag), 3)}i"


def eigenvalues(values: Iterable[complex]) -> str:
    """Write eigenvalues, conjugate pairs as one."""
    return ", ".join(_complex(complex(value)) for value in values if value.imag >= 0)


def numbers(values: Iterable[float]) -> str:
    """Write a row of numbers."""
    return ", ".join(number(float(value), 5) for value in values)


def sentence(text: str) -> str:
    """Write words as a sentence, without touching other capitals."""
    return f"{text[:1].upper()}{text[1:]}."
