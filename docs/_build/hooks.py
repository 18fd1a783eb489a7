"""What `make docs` adds to MkDocs: pages made from the sources, and formulas without a script."""

import importlib
import json
import os
import pathlib
import subprocess
import sys

from mkdocs.structure.files import File

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))  # MkDocs loads hooks as lone files

formulas, pages = map(importlib.import_module, ("formulas", "pages"))


def on_config(config):
    """Leave out the page that only a server would send: its links are from a server's root."""
    config.theme.static_templates.discard("404.html")


def on_files(files, config):
    """Add the reference, and one page of claims a document."""
    for where, text in pages.reference_pages():
        files.append(File.generated(config, where, content=text))
    for document in _claims():
        where = f"claims/{document['short']}.md"
        files.append(File.generated(config, where, content=pages.claims_page(document)))
    return files


def on_page_content(html, page, config, files):
    """Draw formulas, those of docstrings included."""
    return formulas.to_mathml(html)


def _claims():
    """Ask feynax in its own environment: that of the site holds no JAX."""
    python = os.environ["FEYNAX_PYTHON"]
    asked = [python, str(HERE / "claims.py")]
    told = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(told.stdout)
