"""Results in a notebook: whole, escaped, and the same numbers as in print."""

import re

import numpy as np
import pytest

import feynax as fx
from feynax._html import html_lines, html_table

WITNESS = fx.Witness(np.zeros(1), np.ones(1), 2.5)
RESULTS = {
    "certified": (
        fx.Certificate("|f| < 1", fx.Verdict.CERTIFIED, "a & b", "x > 0", 0.25, 0.5, (0.4, 0.5)),
        ["certified: |f| < 1", "a & b", "x > 0", "0.25", "0.4 (attained), 0.5 (proven)"],
    ),
    "refuted": (
        fx.Certificate("c", fx.Verdict.REFUTED, "b", "d", witness=WITNESS),
        ["refuted: c", "two inputs whose distance grows 2.5-fold"],
    ),
    "estimate": (fx.Estimate(0.66791, 0.00034, 2.0, 500.0, 1.001), ["0.6679(3)", "500", "1.0010"]),
    "exact": (fx.Estimate(1.0, 0.5), ["1.0(5)", "0.5"]),
    "hamiltonian": (
        fx.quantum.QuadraticHamiltonian(
            np.diag([1.0, 4.0]), np.zeros(2), np.array([[0, 1], [-1, 0]])
        ),
        ["elliptic Hamiltonian in 2 variables, hbar = 1", "[[1. 0.]"],
    ),
}


@pytest.mark.parametrize("name", list(RESULTS))
def test_results_are_tables(name):
    thing, words = RESULTS[name]
    page = thing._repr_html_()
    text = re.sub(r"<[^>]*>", " ", page)
    for word in words:
        escaped = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert escaped in text
    assert "None" not in text
    assert "nan" not in text


def test_nothing_gets_through_unescaped():
    page = html_table("<b>", {"<i>": "<script>", "none": None}) + html_lines("<a>")
    assert not re.search(r"<(b|i|script|a)>", page)
    assert "none" not in page


def test_readings_print_their_summary(key):
    net = fx.networks.PDENet((1, 4, 4), channels=(1,), steps=1, key=key)
    reading = fx.report.read(net, np.ones((1, 4, 4)), paths=50)
    assert str(reading) == fx.report.summary(reading)
    assert reading._repr_html_() == html_lines(str(reading))
