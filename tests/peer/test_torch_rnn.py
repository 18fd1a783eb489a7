"""RNN against PyTorch's own, with the same weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

pytestmark = pytest.mark.peer
torch = pytest.importorskip("torch")


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn_is_torchs(nonlinearity):
    cell = fx.networks.RNN(
        3, 7, nonlinearity=nonlinearity, dtype=jnp.float64, key=jax.random.key(1)
    )
    peer = torch.nn.RNN(3, 7, nonlinearity=nonlinearity, dtype=torch.float64, batch_first=True)
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(peer, f"{name}_l0").copy_(torch.from_numpy(np.array(getattr(cell, name))))
    xs = np.random.default_rng(0).normal(size=(4, 20, 3))
    wanted, _ = peer(torch.from_numpy(xs))
    outputs = jax.vmap(lambda x: fx.networks.run(cell, x).outputs)(jnp.asarray(xs))
    np.testing.assert_allclose(outputs, wanted.detach().numpy(), atol=1e-12)
