"""The same gradients as torchdiffeq, and no larger an error at equal tolerance."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

torch = pytest.importorskip("torch")
torchdiffeq = pytest.importorskip("torchdiffeq")

pytestmark = pytest.mark.peer


class Ring(eqx.Module):
    reaction: jax.Array

    def __call__(self, t, y):
        spread = jnp.roll(y, 1, -1) - 2 * y + jnp.roll(y, -1, -1)
        return spread + jnp.tanh(y @ self.reaction)


def arrays():
    rng = np.random.default_rng(0)
    return rng.normal(size=(16, 16)) / 4, rng.normal(size=(4, 16))


def ours(**options):
    """Gradient of half the squared length for the reaction."""
    reaction, y0 = map(jnp.asarray, arrays())

    @jax.jit
    def gradient(reaction):
        ode = lambda r: fx.networks.NeuralODE(Ring(r), t1=2.0, **options)
        return jax.grad(lambda r: jnp.sum(ode(r)(y0) ** 2) / 2)(reaction)

    return np.asarray(gradient(reaction))


def theirs(solve, tolerance):
    weights, y0 = map(torch.tensor, arrays())

    class Field(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.reaction = torch.nn.Parameter(weights)

        def forward(self, t, y):
            spread = torch.roll(y, 1, -1) - 2 * y + torch.roll(y, -1, -1)
            return spread + torch.tanh(y @ self.reaction)

    field, times = Field(), torch.tensor([0.0, 2.0], dtype=torch.float64)
    options = {"rtol": tolerance, "atol": tolerance, "method": "dopri5"}
    last = getattr(torchdiffeq, solve)(field, y0, times, **options)[-1]
    return torch.autograd.grad((last**2).sum() / 2, field.reaction)[0].numpy()


def test_gradient_agrees_and_is_no_worse():
    exact = theirs("odeint", 1e-12)
    error = lambda g: np.linalg.norm(g - exact) / np.linalg.norm(exact)
    assert error(ours(steps=400)) < 1e-8
    assert error(ours(tolerance=1e-6)) <= error(theirs("odeint_adjoint", 1e-6))
