"""Means and deviations as a person gives them."""

from collections.abc import Sequence


def check_scale(means: Sequence[float], deviations: Sequence[float], channels: int) -> None:
    """Refuse what no data can be standardised by."""
    from .._checks import check

    for name, values in (("mean", means), ("std", deviations)):
        fits = len(values) in (1, channels)
        check(fits, name, f"be one number or one for each of {channels} channels", len(values))
        wrong = [
            value for value in values if not abs(value) < 1e6 or (name == "std" and value <= 0)
        ]
        check(not wrong, name, "be finite, and positive for `std`", wrong)
