"""Strict numbers for every test: 64 bits, no silent promotion, warnings are errors."""

import gc
import json
import os
import pathlib

import jax
import pytest

FLOAT32 = os.environ.get("FEYNAX_TEST_FLOAT32") == "1"
HERE = pathlib.Path(__file__).parent
DESIGN = HERE.parent.parent / "shared" / "design"
MNIST = HERE.parent.parent / "shared" / "data" / "mnist"

jax.config.update("jax_enable_x64", not FLOAT32)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_compilation_cache_dir", str(HERE.parent / ".pytest_cache" / "jax"))
# Small programs too: there are thousands, both workers meet most of them, and so does a worker
# that has forgotten its own. A fifth of the time of a first run.
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(autouse=True, scope="module")
def few_programs():
    """Forget compiled programs before there are too many.

    Each takes some three memory maps, and Linux gives a process 65,530: beyond that the compiler
    dies without a word. They come back from the cache on disk.
    """
    yield
    try:
        maps = pathlib.Path("/proc/self/maps").read_bytes().count(b"\n")
    except OSError:
        return  # not Linux, where there is no such limit
    if maps > 20_000:
        jax.clear_caches()
        gc.collect()


@pytest.fixture
def key():
    """The one random key of a test."""
    return jax.random.key(20)


@pytest.fixture(scope="session")
def reference():
    """Numbers made independently of the library; skips where they are not at hand."""
    path = DESIGN / "reference" / "residual.json"
    if not path.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(path.read_text())


@pytest.fixture(scope="session")
def ctrnn_reference():
    """The independent numbers of quantised networks, by name; skips where they are not at hand."""
    path = DESIGN / "reference" / "ctrnn.json"
    if not path.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return {case["name"]: case for case in json.loads(path.read_text())["cases"]}


@pytest.fixture(scope="session")
def paths_reference():
    """The independent numbers of path ensembles; skips where they are not at hand."""
    path = DESIGN / "reference" / "paths.json"
    if not path.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(path.read_text())


@pytest.fixture(scope="session")
def mnist_folder():
    """Full MNIST in IDX files; skips where it is not at hand."""
    if not (MNIST / "train-images-idx3-ubyte.gz").exists():
        pytest.skip("full MNIST is not beside this checkout")
    return MNIST
