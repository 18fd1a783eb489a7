"""The evidence as a small table: value, error or margin, what it means."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ._reading import Reading
from ._words import counted, number, percent


class Row(NamedTuple):
    """One line of evidence."""

    what: str
    value: str
    margin: str
    meaning: str


def evidence(reading: Reading, training: Mapping[str, Any] | None) -> list[Row]:
    """Collect what is known, and what would change it."""
    rows = []
    if training is not None and "accuracy" in training:
        rows.append(_accuracy(training))
    if not reading.answers_field:
        rows.append(_lead(reading))
    sums = reading.paths
    brought = float(sums.attribution.sum())
    rows.append(
        Row(
            "exact sum over paths",
            number(sums.total, 6),
            f"{number(sums.completeness, 2)} relative",
            f"From the pixels {number(brought, 3)}, from biases {number(sums.total - brought, 3)}. "
            "The margin is the difference from the network's own output: rounding, or the reading "
            "would be wrong.",
        )
    )
    rows += _sampled(reading)
    cert = reading.certificate
    if cert is None:
        reason = reading.missing.get("certificate", "")
        rows.append(Row("certificate", "none", "", f"Not computed: {reason}"))
    elif cert.bounds is not None:
        low, high = cert.bounds
        ratio = f"{number(high / low, 2)} times the strongest found" if low else "none found"
        rows.append(
            Row(
                "growth of differences",
                f"≤ {number(high, 4)}",
                ratio,
                f"{cert.verdict.value.capitalize()} for {cert.domain}. A search found a pair of "
                f"images that is driven apart {number(low, 4)}-fold; the truth lies between.",
            )
        )
    return rows


def _lead(reading: Reading) -> Row:
    safe = reading.safe_radius
    return Row(
        "score ahead of the next class",
        number(reading.lead, 4),
        f"{number(safe, 2)} in the input" if safe else "not known",
        "No change of the image shorter than this margin (2-norm, in standard deviations of "
        "grey) can change the answer: lead / (√2 × proven gain)."
        if safe
        else "Without a certificate no distance to another answer is proven.",
    )


def _accuracy(training: Mapping[str, Any]) -> Row:
    share, count = float(training["accuracy"]), int(training["count"])
    error = math.sqrt(max(share * (1 - share), 1 / count**2) / count)
    return Row(
        "right answers on test images",
        f"{100 * share:.2f} %",
        f"± {100 * error:.2f} %",
        f"One standard error for {counted(count)} images that training did not see. More training "
        "images and epochs would raise it.",
    )


def _sampled(reading: Reading) -> list[Row]:
    found, sample = reading.estimate, reading.sample
    if found is None or sample is None:
        reason = reading.missing.get("sampled paths", "")
        return [Row("sum from sampled paths", "none", "", f"Not computed: {reason}")]
    sums = reading.paths
    away = (
        f"{number(abs(reading.z), 2)} standard errors from the exact sum" if reading.z else "exact"
    )
    return [
        Row(
            "sum from sampled paths",
            number(found.value, 4),
            f"± {number(found.error, 2)}",
            f"{counted(len(sample.signs))} paths, {away}. The error was known before sampling; "
            "four times as many paths halve it.",
        ),
        Row(
            "what survives of the paths",
            percent(abs(sums.average_sign)),
            f"{number(sums.positive, 3)} against {number(-sums.negative, 3)}",
            "Positive against negative paths. 100 % would mean that none cancel; near 0 they "
            "nearly do (the sign problem), and sampling is expensive.",
        ),
    ]
