"""The site has every public name, every link leads somewhere, and every picture has its script."""

import importlib
import inspect
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tomllib

import pytest

import feynax

HERE = pathlib.Path(__file__).parents[2]
DOCS = HERE / "docs"
sys.path.insert(0, str(DOCS / "_build"))

pages, reference = map(importlib.import_module, ("pages", "reference"))

WRITTEN = {
    str(page.relative_to(DOCS)): page.read_text(encoding="utf8") for page in DOCS.rglob("*.md")
}
MADE = dict(pages.reference_pages())
CLAIMS = {f"claims/{short}.md" for short in feynax.reproduce.DOCUMENTS}
LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
NAME = re.compile(r"\]\[(feynax\.[\w.]+)\]|\[`(feynax\.[\w.]+)`\]\[\]")
CODE = re.compile(r"^( *)```.*?^\1```", re.DOTALL | re.MULTILINE)


def public():
    for name in dir(feynax):
        thing = getattr(feynax, name)
        if not inspect.ismodule(thing) and name != "__version__":
            yield f"feynax.{name}"
    for part in feynax._PARTS:
        for name, thing in vars(importlib.import_module(f"feynax.{part}")).items():
            own = getattr(thing, "__module__", "").startswith("feynax")
            if not name.startswith("_") and callable(thing) and own:
                yield f"feynax.{part}.{name}"


def rendered():
    """Names whose docstrings a page of the reference shows."""
    return re.findall(r"^::: (\S+)$", "\n".join(MADE.values()), re.MULTILINE)


def test_every_public_name_is_in_the_reference():
    shown = {path.split(".")[-1] for path in rendered() if path.count(".") == 1}
    missing = [path for path in public() if path not in rendered()]
    # The verbs of `maps` stand on the first page.
    assert [path for path in missing if path.split(".")[-1] not in shown] == []


def test_nothing_is_shown_twice_and_everything_has_a_first_line():
    assert len(rendered()) == len(set(rendered()))
    names = [name for part in [reference.top(), *reference.parts()] for name in part.names]
    silent = {name.path for name in names if not name.summary}
    constants = {path for path in silent if path.split(".")[-1].isupper()}
    assert silent - constants == set()


def anchors(page):
    text = CODE.sub("", WRITTEN[page])
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", list(WRITTEN))
def test_links_lead_somewhere(page):
    for target, anchor in LINK.findall(CODE.sub("", WRITTEN[page])):
        if target.startswith(("http:", "https:")):
            continue
        there = (DOCS / page).parent.joinpath(target).resolve() if target else DOCS / page
        where = str(there.relative_to(DOCS))
        assert there.is_file() or where in MADE or where in CLAIMS, f"{page}: {target}"
        assert not anchor or where not in WRITTEN or anchor in anchors(where), f"{page}: {anchor}"


def test_names_in_pages_and_docstrings_exist():
    sources = [*(HERE / "src").rglob("*.py")]
    sources = [
        source for source in sources if "app" not in source.parts
    ]  # no part of the reference
    texts = [*WRITTEN.values(), *(source.read_text(encoding="utf8") for source in sources)]
    for path in {a or b for text in texts for a, b in NAME.findall(text)}:
        thing = feynax
        for name in path.split(".")[1:]:
            assert hasattr(thing, name), path
            thing = getattr(thing, name)


def blocks(language):
    fence = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    pages = [*WRITTEN.values(), (HERE / "README.md").read_text(encoding="utf8")]
    return [text for page in pages for kind, text in fence.findall(page) if kind == language]


def test_commands_in_pages_can_be_given():
    from feynax.cli._app import app

    lines = [line.split("|")[0] for text in blocks("") for line in text.splitlines()]
    given = [shlex.split(line, comments=True) for line in lines if line.startswith("feynax ")]
    assert len(given) > 10
    for _, *tokens in given:
        app.parse_args(tokens, exit_on_error=False, print_error=False)


def test_toml_in_pages_is_toml():
    assert all(tomllib.loads(text) for text in blocks("toml"))


def test_every_page_is_in_the_navigation():
    listed = set(re.findall(r"[\w/-]+\.md", (HERE / "mkdocs.yml").read_text(encoding="utf8")))
    assert listed == {*WRITTEN, *MADE, *CLAIMS}


def test_every_picture_is_shown_and_has_a_script():
    scripts = [DOCS / "images" / "draw.py", HERE / "scripts" / "make_pictures.py"]
    drawn = "".join(script.read_text(encoding="utf8") for script in scripts)
    pictures = {path.name for path in (DOCS / "images").glob("*.png")}
    known = {name for name in pictures if re.search(rf"def {name[:-4]}\(|\b{name}\b", drawn)}
    assert known == pictures
    texts = "".join([*WRITTEN.values(), (HERE / "README.md").read_text(encoding="utf8")])
    assert pictures == {found for found in pictures if f"images/{found}" in texts}


def _stub(folder, name, script):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_script_for_slurm_starts_every_rank_and_resumes(tmp_path):
    from feynax.cli._app import app

    (script,) = [text for text in blocks("") if "#SBATCH" in text]
    _stub(tmp_path, "scontrol", 'test "$3" = "node[1-2]" && printf "node1\\nnode2\\n"')
    _stub(tmp_path, "srun", 'for rank in 0 1; do SLURM_PROCID=$rank "$@"; done')
    _stub(tmp_path, "feynax", 'echo "$@"')
    slurm = {"SLURM_JOB_NODELIST": "node[1-2]", "SLURM_NTASKS": "2"}
    surroundings = os.environ | slurm | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    submit = lambda: subprocess.run(
        ["sh", "-eu", "-c", script], env=surroundings, cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    first = submit().splitlines()
    (tmp_path / "runs" / "mnist" / "checkpoints").mkdir(parents=True)
    again = submit().splitlines()
    for rank, (line, resumed) in enumerate(zip(first, again, strict=True)):
        assert f"--processes 2 --rank {rank} --coordinator node1:4711" in line
        assert resumed.split().count("--resume") == 1
        assert "--resume" not in line
        app.parse_args(shlex.split(line), exit_on_error=False, print_error=False)
    assert len(first) == 2
