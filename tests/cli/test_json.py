"""Every command answers in JSON where asked, and teaches the shell its names."""

import inspect
import json

import pytest

from feynax.cli._app import app, run

ENDLESS = {"explore"}  # a server, which ends with Ctrl-C


def commands(group, above=""):
    for name in group:
        if name.startswith("-"):
            continue
        one = group[name]
        if one.default_command is None:
            yield from commands(one, f"{above}{name} ")
        else:
            yield f"{above}{name}", one.default_command


COMMANDS = dict(commands(app))


def test_every_command_has_the_option():
    assert {"demo", "train", "read", "spectrum", "sample", "reproduce"} < set(COMMANDS)
    without = {n for n, f in COMMANDS.items() if "json" not in inspect.signature(f).parameters}
    assert without == ENDLESS


@pytest.mark.parametrize("tokens", [["data", "list"], ["train"]])
def test_standard_output_is_json_alone(tokens, config, tmp_path, capsys):
    if tokens == ["train"]:
        tokens = [*tokens, str(config), "--out", str(tmp_path / "run")]
    assert run([*tokens, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    wanted = "digits" if tokens[0] == "data" else "accuracy"
    assert wanted in found


def test_completion_is_installed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["--install-completion", "--shell", "bash"]) == 0
    script = next(tmp_path.rglob("completions/feynax")).read_text()
    assert "spectrum" in script
    assert "--json" in script
