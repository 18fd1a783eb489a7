"""A one-hidden-layer network of PyTorch, taken over by its weights and folded into a path."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peer


def test_linear_relu_linear_is_a_path():
    torch.manual_seed(0)
    first, last = torch.nn.Linear(1, 7).double(), torch.nn.Linear(7, 2).double()
    parts = [p.detach() for p in (first.weight, first.bias, last.weight, last.bias)]
    t = np.linspace(-2, 2, 33)
    with torch.no_grad():
        wanted = last(torch.relu(first(torch.tensor(t)[:, None]))).numpy().T
    net = fx.networks.OneHidden(*parts)
    assert np.allclose(jax.vmap(net, out_axes=1)(jnp.asarray(t)), wanted, atol=1e-14)
    path = fx.networks.fold(net, -2.0, 2.0)
    drawn = [np.interp(t, path.times, sites) for sites in path.sites]
    assert np.allclose(drawn, wanted, atol=1e-13)
