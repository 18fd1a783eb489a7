"""Samplers that leave an ensemble invariant pass; each planted fault is named."""

import importlib.util
import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

import feynax as fx
from feynax.testing import check_sampler

HERE = pathlib.Path(__file__).parents[2]
P = fx.paths


def example(name):
    spec = importlib.util.spec_from_file_location(name, HERE / "examples" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FAULTS = (
    "none",
    "start",
    "shared",
    "stuck",
    "drift",
    "eager",
    "greedy",
    "lost",
    "chance",
    "adapted",
)


class Faulty(P.AbstractKernel):
    """The example with one fault: a number, so that all are one program."""

    kernel: P.AbstractKernel
    fault: jax.Array

    def has(self, name):
        return self.fault == FAULTS.index(name)

    def start(self, ensemble, reference, x):
        return self.kernel.start(ensemble, reference, jnp.where(self.has("start"), 0.0, x))

    def step(self, ensemble, reference, state, key, shared):
        key = jax.random.wrap_key_data(
            jnp.where(self.has("shared"), *map(jax.random.key_data, (shared, key)))
        )
        # Reads its step from the state: no longer reversible.
        b = jnp.where(self.has("eager"), 0.9 / (1 + state.residual**2), self.kernel.b)
        kernel = eqx.tree_at(lambda k: k.b, self.kernel, b)
        new, move = kernel.step(ensemble, reference, state, key, shared)
        greedy = kernel.start(ensemble, reference, _proposal(kernel, reference, state, key))
        new = jax.tree.map(lambda a, b: jnp.where(self.has("greedy"), a, b), greedy, new)
        # A hundredth of its size a step.
        new = kernel.start(ensemble, reference, new.x * jnp.where(self.has("drift"), 1.01, 1.0))
        new = jax.tree.map(lambda a, b: jnp.where(self.has("stuck"), a, b), state, new)
        acceptance = move.acceptance + jnp.where(self.has("chance"), 1.0, 0.0)
        change = jnp.where(self.has("lost"), 0.5, 0.0)
        return new, P.Move(acceptance, move.accepted, change, 1)

    def adapted(self, acceptance, gain):
        kernel = self.kernel.adapted(acceptance, gain)
        if self.has("adapted"):
            return kernel
        return eqx.tree_at(lambda k: k.kernel, self, kernel)


def _proposal(kernel, reference, state, key):
    """Return what the example would propose."""
    q = state.modes
    noise = jax.random.normal(key, q.shape, q.dtype)
    return reference.synthesis(jnp.sqrt(1 - kernel.b**2) * q + kernel.b * noise)


@pytest.fixture(scope="module")
def own():
    return example("own_sampler").CrankNicolson()


def test_the_example_passes(own):
    check_sampler(Faulty(own, jnp.asarray(0)))


def test_our_own_pass():
    check_sampler(P.Rotation(1.2))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("start", "`start` must begin at the given configuration"),
        ("adapted", "`adapted` must keep the structure"),
        ("stuck", "something must move"),
        ("shared", "chains must differ by their own keys"),
        ("chance", "must lie between 0 and 1"),
        ("drift", "must stay exact, but"),
        ("eager", "must stay exact, but|the mean of x"),
        ("greedy", "must stay exact, but"),
        ("lost", r"the mean of exp\(-dH\) must be 1"),
    ],
)
def test_faults_are_named(own, fault, message):
    with pytest.raises(AssertionError, match=message):
        check_sampler(Faulty(own, jnp.asarray(FAULTS.index(fault))))


def test_a_class_is_no_sampler():
    with pytest.raises(AssertionError, match="must be a subclass of AbstractKernel"):
        check_sampler(lambda ensemble: "rotation", chains=16)
