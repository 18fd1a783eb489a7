"""Numbers in words."""

import math

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
