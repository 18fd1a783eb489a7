"""The framework: rulings follow from errors, failures are kept, pages say all of it."""

import json

import pytest

import feynax as fx
from feynax.reproduce import Claims, Comparison, Finding, Reproduction
from feynax.reproduce._run import Checked, _checked


@pytest.mark.parametrize(
    ("printed", "right", "ruling"),
    [(0.0, None, "holds"), (1.0, 1e-13, "corrected"), (1.0, 1.0, "false"), (1.0, None, "false")],
)
def test_a_ruling_follows_from_the_errors(printed, right, ruling):
    found = Finding.compare("{printed}", printed=printed, right=right, tolerance=1e-12)
    assert found.ruling == ruling


def test_nan_never_passes():
    found = Finding.compare("", printed=float("nan"), right=float("nan"), tolerance=1.0)
    assert found.ruling == "false"


def test_a_correction_must_be_said():
    with pytest.raises(ValueError, match="`right` must be said"):
        Claims("any").add("eq. (1)", printed="1 = 2", expects="corrected")


@pytest.fixture
def found():
    claims = Claims("any")

    @claims.add("eq. (1)", printed="one <b>is</b> two", right="one is one", expects="corrected")
    def one(budget):
        table = Comparison("ones", ("printed", "ours"), ((2, 1.0),))
        return Finding.compare(
            "off by {printed}", printed=1, right=0, tolerance=0, comparison=table
        )

    @claims.add("eq. (2)", printed="this breaks", expects="holds")
    def two(budget):
        raise ZeroDivisionError("of nothing")

    claims.unchecked("remark", printed="beauty", because="no number decides it.")
    checked: list[Checked] = [_checked(claim, "quick") for claim in claims.all]
    return Reproduction("any", "A title", "quick", tuple(checked))


def test_a_check_that_fails_is_a_surprise_and_not_a_ruling(found):
    assert [c.claim.where for c in found.surprises] == ["eq. (2)"]
    assert found.counts == {"holds": 0, "corrected": 1, "false": 0, "unchecked": 2}
    assert "ZeroDivisionError: of nothing" in found.to_dict()["claims"][1]["says"]


def test_the_page_is_whole_and_escaped(found, tmp_path):
    path = fx.reproduce.write_pages(tmp_path, found)
    text = path.read_text()
    assert "one &lt;b&gt;is&lt;/b&gt; two" in text
    assert "<script" not in text
    assert "eq. (2) came out as unchecked" in text
    assert json.loads((tmp_path / "result.json").read_text())["counts"]["corrected"] == 1


def test_names_of_documents_are_checked():
    with pytest.raises(ValueError, match="`document` must be one of"):
        fx.reproduce.claims("genesis")
