"""A live PyTorch network against the network and the path sum read from its file."""

import importlib.util
import pathlib

import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peer

MAKER = pathlib.Path(__file__).parent.parent / "recorded" / "make_torch.py"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_torch", MAKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("block", "options"),
    [
        ("Basic", {"bias": True, "pool": True}),
        ("Basic", {"kernel": 7, "pool": True, "channels": 1}),
        ("Bottleneck", {}),
    ],
)
def test_same_outputs_paths_and_gradients(maker, block, options, tmp_path):
    net = maker.make(getattr(maker, block), seed=7, **options)
    torch.save(net.state_dict(), tmp_path / "net.pt")
    x = torch.randn(1, options.get("channels", 3), 14, 14, dtype=torch.float64, requires_grad=True)
    y = net(x)[0]
    layout = {"stem": {"pool": options.get("pool", False)}}
    ours = fx.interop.read_torch(tmp_path / "net.pt", layout)
    image = x[0].detach().numpy()
    np.testing.assert_allclose(ours(jnp.asarray(image)), y.detach().numpy(), atol=1e-13)
    for output in (0, 5):
        paths = fx.as_paths(ours, image, output)
        assert abs(paths.total - float(y[output].detach())) <= 1e-12 * float(y.abs().max().detach())
        gradient = torch.autograd.grad(y[output], x, retain_graph=True)[0][0].numpy()
        np.testing.assert_allclose(paths.propagator, gradient, atol=1e-13)


def test_torch_takes_our_names(maker):
    net = maker.make(maker.Basic, seed=3)
    table = fx.interop.to_torch(fx.interop.read_torch({k: v.numpy() for k, v in
                                                       net.state_dict().items()}))  # fmt: skip
    again = maker.make(maker.Basic, seed=4)
    again.load_state_dict({name: torch.from_numpy(array) for name, array in table.items()})
    x = torch.randn(2, 3, 9, 9, dtype=torch.float64)
    assert torch.equal(again(x), net(x))
