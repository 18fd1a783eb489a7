"""Importing feynax changes nothing and costs little more than what it stands on."""

import os
import subprocess
import sys

CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")}

TOUCH_ALL = """
import feynax
for name in dir(feynax):
    getattr(feynax, name)
"""

UNCHANGED = """
import os, jax, equinox
flags, environment = dict(jax.config.values), dict(os.environ)
{touch}
assert dict(jax.config.values) == flags, "a flag of JAX was changed"
assert dict(os.environ) == environment, "the environment was changed"
from jax._src import xla_bridge
assert not xla_bridge._backends, "a device was started"
import sys
names = {{"matplotlib", "diffrax", "jinja2", "pooch", "PIL", "pydantic", "torch"}}
heavy = names & set(sys.modules)
assert not heavy, f"imported {{heavy}}"
"""


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=CLEAN
    )


def cpu_seconds(code):
    """CPU time of a process of its own; wall time would measure the neighbours."""
    before = os.times()
    assert run(code).returncode == 0
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def test_importing_changes_nothing():
    done = run(UNCHANGED.format(touch=TOUCH_ALL))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_importing_costs_little():
    """Every part touched, against Equinox and JAX alone: at most twice their CPU time."""
    alone, ours = [], []
    for _ in range(5):
        alone.append(cpu_seconds("import equinox, jax"))
        ours.append(cpu_seconds(TOUCH_ALL))
    assert min(ours) <= 2.0 * min(alone)  # noise only ever adds
