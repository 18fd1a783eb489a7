"""One voice for wrong arguments."""

import re

import numpy as np
import pytest

from feynax import _checks as checks


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: checks.check_positive("h", -1.0),
            "Argument `h` must be positive and finite, but has -1.0.",
        ),
        (lambda: checks.check_positive("h", float("nan")), "but has nan."),
        (
            lambda: checks.check_count("n", 2.0),
            "Argument `n` must be a whole number of at least 1, but has 2.0.",
        ),
        (lambda: checks.check_count("n", True), "but has True."),
        (lambda: checks.check_choice("kind", "c", ("b", "a")), "must be one of a, b, but has 'c'."),
        (
            lambda: checks.check_shape("x", np.zeros(3), (None, 2)),
            "have shape (any, 2), but has shape (3,).",
        ),
        (
            lambda: checks.check_finite("x", [[1.0, np.inf]]),
            "be finite, but has inf at index (0, 1).",
        ),
    ],
)
def test_message(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_good_values_pass():
    checks.check_positive("h", 0.5)
    checks.check_count("n", np.int64(3))
    checks.check_shape("x", np.zeros((4, 2)), ("batch", 2))
    checks.check_finite("x", np.arange(3))
