"""A reading of an image in words: headline, findings, evidence, and lines for a terminal."""

import math
from collections.abc import Mapping
from typing import Any

from .._words import counted, number, percent, with_error
from ._abstract import summary
from ._evidence import Row
from ._reading import Reading

_NAMED = {"quantum": "quantum reading"}


def headline(reading: Reading) -> str:
    """Say what the network answers."""
    if reading.answers_field:
        channels, height, width = reading.depths[-1].field.shape
        return f"The network turns fields into fields: {channels} of {height} by {width}."
    if reading.label is None:
        return f"The network reads class {reading.prediction}."
    if reading.label == reading.prediction:
        return f"The network reads a {reading.prediction}, and it is one."
    return f"The network reads a {reading.prediction}, but it is a {reading.label}."


def findings(reading: Reading) -> list[str]:
    """Say what was found, one sentence each."""
    said = []
    share = percent(float(reading.probabilities[reading.prediction]))
    if reading.answers_field:
        value = number(float(reading.scores[reading.prediction]))
        said.append(f"Its largest output is {value}, in {reading.called(reading.prediction)}.")
    elif reading.runner_up is None:
        said.append(f"Its one score is {number(float(reading.scores[0]))}.")
    else:
        said.append(
            f"It gives {share} of its probability to class {reading.prediction}; the next class, "
            f"{reading.runner_up}, is {number(reading.lead, 3)} units of score behind."
        )
    said.append(_paths_sentence(reading))
    cert = reading.certificate
    if cert is not None and cert.bounds is not None:
        low, high = cert.bounds
        found = f"; the strongest pull found is {number(low, 3)}-fold" if low else ""
        said.append(
            f"Whatever the input, a difference between two images grows at most "
            f"{number(high, 3)}-fold on its way to the scores (proven){found}."
        )
    return said


def _paths_sentence(reading: Reading) -> str:
    sums = reading.paths
    exact = (
        f"Its score for {reading.called(reading.output)}, {number(sums.total)}, is a sum over "
        f"paths: added up exactly they give the network's own output, with a relative rounding "
        f"error of {number(sums.completeness, 2)}."
    )
    if reading.estimate is None or reading.sample is None:
        return exact
    survives = percent(abs(sums.average_sign))
    many = counted(len(reading.sample.signs))
    return (
        f"{exact} There are {counted(sums.live_paths)} of them; all but {survives} of their total "
        f"size cancels, and {many} drawn at random give "
        f"{with_error(reading.estimate.value, reading.estimate.error)}."
    )


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


@summary.register
def _(reading: Reading) -> str:
    sums, found = reading.paths, reading.estimate
    lines = [headline(reading), *findings(reading)[:1]]
    lines.append(f"path sum: {sums.total:.12g}, the network's output to {sums.completeness:.1e}")
    if found is not None and reading.sample is not None:
        z = f", z = {reading.z:+.2f}" if reading.z is not None else ""
        count = len(reading.sample.signs)
        lines.append(f"sampled:  {found.value:.4g} +- {found.error:.2g} from {count} paths{z}")
    cert = reading.certificate
    if cert is not None:
        lines.append(f"{cert.verdict.value}: {cert.claim}")
    lines += [f"no {_NAMED.get(name, name)}: {reason}" for name, reason in reading.missing.items()]
    return "\n".join(lines)
