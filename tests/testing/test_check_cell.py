"""Cells that keep the contract pass, with their records; each planted fault is named."""

import dataclasses
import importlib.util
import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.testing import check_cell, check_equation

HERE = pathlib.Path(__file__).parents[2]
# Of the step, at which they are seen before anything is computed; and of numbers.
EARLY = ("shape", "structure", "python", "chance", "output", "complex", "untimed", "idle", "record")
LATE = ("none", "nan", "call", "gradient", "field", "jacobian", "config", "bound")


class Faulty(fx.networks.AbstractCell):
    """h' = tanh(W h + x) - h by Euler's method, with one fault."""

    W: jax.Array
    late: jax.Array
    early: str = eqx.field(static=True, default="none")
    input_size: int = eqx.field(static=True, default=2)
    hidden_size: int = eqx.field(static=True, default=2)

    def has(self, name):
        return self.late == LATE.index(name)

    def initial_state(self):
        return jnp.zeros(2, self.W.dtype)

    def drive(self, x):
        return x

    def step(self, ready, state, drive, dt=None):
        if self.early == "untimed" and dt is not None:
            raise ValueError("no time here")
        dt = None if self.early == "idle" else dt
        if self.early == "python" and state[0] > 0:
            return state
        if self.early == "chance":
            drive = np.random.default_rng().random() * drive
        W = jnp.where(self.has("gradient"), jax.lax.stop_gradient(self.W) / 2 + self.W / 2, self.W)
        new = state + (0.5 if dt is None else 0.5 * dt) * (jnp.tanh(W @ state + drive) - state)
        new = jnp.where(self.has("nan"), jnp.nan, new)
        return {"shape": new[:1], "structure": (new,)}.get(self.early, new)

    def __call__(self, state, x, dt=None):
        x = jnp.where(self.has("call"), 1.1, 1.0) * self.drive(x)
        return self.step(self.prepare(), state, x, dt)

    def output(self, state):
        return state[:1] if self.early == "output" else state

    def config(self):
        return {"early": "other" if self.late == LATE.index("config") else "none"}

    def field(self, h, x):
        there = jax.lax.stop_gradient(h)
        inner = jnp.where(self.has("jacobian"), there, h)
        return jnp.where(self.has("field"), 0.45, 0.5) * (jnp.tanh(self.W @ inner + x) - h)

    def equation(self):
        if self.early == "record":
            return "h' = tanh(W h + x) - h"
        words = dict.fromkeys(("name", "ode", "state", "field", "structure", "integrator"), "")
        return fx.networks.CellEquation(
            **words,
            step=None,
            step_from="nothing",
            stages=1,
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=self.field,
        )


@fx.maps.step_bound.register
def _(cell: Faulty, inputs):
    rate = 0.5 if cell.late == LATE.index("bound") else 2.0
    return fx.maps.StepBound(rate, np.eye(2), "by construction", "every state and input")


def make(early="none", late=0, key=None):
    W = jnp.asarray([[0.3, -0.8], [0.9, 0.2]])
    return Faulty(W.astype(complex) if early == "complex" else W, jnp.asarray(late), early)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("complex", "parameters must be real"),
        ("python", "a step must run under jit, but: Attempted boolean conversion"),
        ("structure", "must return a state of the same structure"),
        ("shape", "must keep the state's shape and dtype"),
        ("output", r"`output` must have the shape \(2,\)"),
        ("chance", "must be the same program each time"),
        ("record", "must return a CellEquation"),
        ("untimed", "whose record has a vector field must take `dt`"),
        ("idle", "that takes `dt` must use it"),
    ],
)
def test_faults_of_the_step_are_named(fault, message):
    with pytest.raises(AssertionError, match=message):
        check_cell(make(fault))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("nan", "outputs must be finite"),
        ("call", "a masked run under vmap must be its steps"),
        ("gradient", "the gradient must be the slope"),
        ("field", "the field must be the limit of short steps"),
        ("jacobian", "the Jacobian of the field must be its slope"),
        ("config", r"`config\(\)` must build a cell"),
        ("bound", "two states break the bound 0.5"),
    ],
)
def test_faults_of_numbers_are_named(fault, message, monkeypatch):
    def build(self, W=None, late=None, early="none", key=None):
        self.W = jnp.zeros((2, 2)) if W is None else W
        self.late = jnp.asarray(0) if late is None else late
        self.early, self.input_size, self.hidden_size = early, 2, 2

    monkeypatch.setattr(Faulty, "__init__", build)
    with pytest.raises(AssertionError, match=message):
        check_cell(make(late=LATE.index(fault)))


def test_what_is_no_cell_is_named():
    with pytest.raises(AssertionError, match="MLP must be a subclass of AbstractCell"):
        check_cell(eqx.nn.MLP(2, 2, 2, 1, key=jax.random.key(0)))


def test_wrong_records_are_named(key):
    cell, other = (fx.networks.LeakyRNN(2, 3, key=k) for k in jax.random.split(key))
    good = cell.equation()
    wrong = {
        "must state": {"stages": 2},
        "must give the cell's outputs": {"odernn": other.equation().odernn},
        "linear record must have an affine step": {"linear": True},
    }
    for message, change in wrong.items():
        with pytest.raises(AssertionError, match=message):
            check_equation(dataclasses.replace(good, **change), cell)


def test_the_example_passes():
    spec = importlib.util.spec_from_file_location("own_cell", HERE / "examples" / "own_cell.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check_cell(module.LowRankRNN(2, 3, key=jax.random.key(0)))
