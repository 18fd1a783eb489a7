"""`feynax demo`: what it leaves, and that it replaces a demo and nothing else."""

import json

import pytest

from feynax import training
from feynax.cli._app import run
from feynax.cli._demo import _MARK


@pytest.mark.slow
def test_demo_trains_reads_and_replaces_itself(tmp_path, capsys):
    out = tmp_path / "demo"
    out.mkdir()
    (out / "config.toml").write_text(_MARK)
    (out / "metrics.jsonl").write_text("of an earlier demo")
    assert run(["demo", "--out", str(out), "--epochs", "1"]) == 0
    said = capsys.readouterr()
    assert "compiling ..." in said.err
    for words in ("test images right", "path sum:", "sampled:", "certified:", "report.html"):
        assert words in said.out
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert result["accuracy"] > 0.85
    assert result["reading"]["paths"]["completeness"] < 1e-12
    assert abs(result["reading"]["paths"]["sampled"]["z"]) < 4.5
    assert len(training.read_metrics(out / "metrics.jsonl")) == 6
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "How it learned" in page
    assert "no log of a training run" not in page
    # A reading of the run finds its log and goes beside it.
    assert run(["read", str(out), "--image", "5", "--paths", "100"]) == 0
    assert (out / "read-5" / "report.html").is_file()


def test_demo_does_not_touch_what_is_not_its_own(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("precious")
    assert run(["demo", "--out", str(tmp_path)]) == 2
    assert "choose another `--out`" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]
    assert run(["demo", "--out", str(tmp_path / "new"), "--epochs", "0"]) == 2
    assert not (tmp_path / "new").exists()
