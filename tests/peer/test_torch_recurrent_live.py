"""Live recurrent modules of PyTorch against what is read from their files, and back."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peer

KINDS = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
CASES = list(itertools.product(KINDS, (1, 3), (False, True), (False, True)))


@pytest.mark.parametrize("double", [True, False])
@pytest.mark.parametrize(("kind", "layers", "both", "bias"), CASES)
def test_same_outputs_and_back(kind, layers, both, bias, double, tmp_path):
    torch.manual_seed(layers)
    dtype = torch.float64 if double else torch.float32
    sizes = {"num_layers": layers, "bidirectional": both, "bias": bias}
    module = KINDS[kind](5, 6, **sizes).to(dtype)
    torch.save(module.state_dict(), tmp_path / "net.pt")
    x = torch.randn(40, 5, dtype=dtype)
    ours = fx.interop.read_torch(tmp_path / "net.pt")
    y = np.asarray(ours(jnp.asarray(x.numpy())))
    np.testing.assert_allclose(y, module(x)[0].detach(), rtol=0, atol=1e-12 if double else 1e-6)
    fresh = KINDS[kind](5, 6, **sizes).to(dtype)
    table = fx.interop.to_torch(ours, biases=bias)
    fresh.load_state_dict({name: torch.from_numpy(array) for name, array in table.items()})
    torch.testing.assert_close(fresh(x)[0], module(x)[0], rtol=0, atol=0)
