"""Numbers and findings in words."""

import math

from ._reading import Reading

_THIN = "\u202f"  # a narrow space at which no line breaks
_SUPER = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, digits: int = 4) -> str:
    """Write a number for people: a true minus, powers of ten where there are many digits."""
    if value is None or not math.isfinite(value):
        return "none"
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    if -4 < power < 6:
        text = f"{value:.{max(digits - 1 - power, 0)}f}"
        return text.replace("-", "−")
    mantissa, _, power = f"{value:.{min(digits, 3) - 1}e}".replace("-", "−").partition("e")
    power = str(int(power.replace("−", "-"))).translate(_SUPER)
    return f"{mantissa}\u00a0×\u00a010{power}"


def with_error(value: float, error: float) -> str:
    """Write a value to the places that its error leaves known."""
    if not error > 0:
        return number(value)
    places = max(1 - math.floor(math.log10(error)), 0)
    return f"{value:.{places}f} ± {error:.{places}f}".replace("-", "−")


def percent(share: float) -> str:
    """Write a share in percent, with the digits that tell it from all and from nothing."""
    away = min(share, 1 - share)
    places = 1 if away > 0.01 else 2 if away > 1e-4 else 4
    return "100 %" if share == 1 else f"{100 * share:.{places}f} %"


def counted(value: float) -> str:
    """Write a number of things."""
    return f"{value:,.0f}".replace(",", _THIN) if value < 1e6 else number(value, 2)


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
