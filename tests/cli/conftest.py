"""A configuration that trains in a second, and the command in a process of its own."""

import os
import pathlib
import subprocess
import sys

import pytest

TINY = """
[data]
limit = 300
[network]
name = "PDENet"
channels = [2, 2]
steps = 1
[train]
epochs = 2
batch = 20
epsilon = 1e-3
shift = 1.0
log_every = 3
checkpoint_every = 4
keep = 30
"""


@pytest.fixture(scope="session")
def write_config():
    """Write the small configuration with so many epochs, and return its path."""

    def write(folder, epochs):
        path = folder / "tiny.toml"
        path.write_text(TINY.replace("epochs = 2", f"epochs = {epochs}"))
        return path

    return write


@pytest.fixture
def config(tmp_path, write_config):
    """The small configuration."""
    return write_config(tmp_path, 2)


@pytest.fixture
def long_config(tmp_path, write_config):
    """The same for a run that lasts until it is stopped."""
    return write_config(tmp_path, 2000)


@pytest.fixture(scope="session")
def start(pytestconfig):
    """Start `feynax ...` as a process; compiled programs are shared between them."""
    cache = pathlib.Path(pytestconfig.rootpath) / ".pytest_cache" / "jax"
    settings = {
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "PYTHONDONTWRITEBYTECODE": "",
    }

    def call(*tokens, **more):
        command = [sys.executable, "-m", "feynax.cli", *map(str, tokens)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, env=os.environ | settings, **pipes, **more)

    return call
