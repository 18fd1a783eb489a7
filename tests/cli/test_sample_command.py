"""`feynax sample` as people call it."""

import json

import pytest


def feynax(start, *tokens):
    """Output, errors and exit code of one command."""
    done = start(*tokens)
    out, err = done.communicate(timeout=300)
    return out, err, done.returncode


def test_a_potential_becomes_a_page(start, tmp_path):
    asked = ["--potential", "x**2/2", "--beta", "4", "--slices", "16", "--draws", "100"]
    out, err, code = feynax(start, "sample", *asked, "--out", str(tmp_path))
    assert code == 0, err
    assert "mean energy" in out
    found = json.loads((tmp_path / "result.json").read_text())["reading"]
    assert abs(found["estimates"]["energy"]["value"] - found["exact_lattice"]["energy"]) < 0.05
    assert (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (["--potential", "__import__('os').system('id')"], "potential"),
        (["--potential", "((9**32)**32)**32"], "potential"),
        (["--potential", "0.5 - x**4"], "bounded"),
        (["--beta", "0"], "beta"),
        (["--slices", "1"], "slices"),
    ],
)
def test_bad_input_is_one_sentence(start, tmp_path, asked, text):
    _, err, code = feynax(start, "sample", *asked, "--out", str(tmp_path))
    assert code == 2
    assert text in err
    assert "Traceback" not in err
    assert err.count("\n") == 1
