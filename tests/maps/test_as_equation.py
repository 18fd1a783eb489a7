"""Networks as equations: by the action of their layers on polynomials."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.maps._compose import linearise
from feynax.networks import (
    Activation,
    BatchNorm,
    Conv,
    HamiltonianBlock,
    ParabolicBlock,
    PDENet,
    Residual,
    ResNet,
    Sequential,
    ThesisNet,
)


def on_polynomial(layer, power, size=15):
    """Change of y^m x^n at the centre pixel of a large field, divided by m! n!."""
    m, n = power
    reach = np.arange(size) - size // 2
    field = np.outer(reach.astype(float) ** m, reach.astype(float) ** n)[None]
    out = np.asarray(layer(jnp.asarray(field)), np.float64)[0]
    change = out[size // 2, size // 2] - field[0, size // 2, size // 2]
    factorials = [1, 1, 2, 6, 24, 120, 720]
    return change / (factorials[m] * factorials[n])


def test_a_general_kernel_is_of_fourth_order(key):
    """Nine free taps are an equation of order four, not two as the text after (25) has it."""
    kernel = np.asarray(jax.random.normal(key, (1, 1, 3, 3)))
    (layer,) = fx.as_equation(kernel).layers
    assert layer.pde.order() == 4
    conv = Conv(1, 1, 3, padding=1, bias=False, key=key)
    block = Residual(Sequential([conv]), after="identity")
    (read,) = fx.as_equation(block).layers
    for power in np.ndindex(3, 3):
        expected = on_polynomial(block, power)
        assert read.pde.coefficients[0, 0][power] == pytest.approx(expected, abs=1e-5)


def test_two_convolutions_compose(key):
    """With open gates a block of two 3x3 kernels is one 5x5 equation, norms folded in."""
    k_one, k_two, k_scale = jax.random.split(key, 3)
    norm = BatchNorm(2)
    scale = 1 + 0.3 * jax.random.normal(k_scale, (2,), norm.weight.dtype)
    norm = jax.tree.map(lambda a: a, norm)
    object.__setattr__(norm, "weight", scale)
    branch = Sequential(
        [
            Conv(1, 2, 3, padding=1, bias=False, key=k_one),
            norm,
            Conv(2, 1, 3, padding=1, bias=False, key=k_two),
        ]
    )
    block = Residual(branch, after="identity")
    (read,) = fx.as_equation(block).layers
    assert read.pde.coefficients.shape == (1, 1, 5, 5)
    for power in [(0, 0), (1, 0), (0, 2), (3, 1), (4, 4)]:
        expected = on_polynomial(block, power)
        assert read.pde.coefficients[0, 0][power] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_strides_spread_the_kernel_that_follows(key):
    """The gradient of one output pixel is the composed kernel around its input pixel."""
    k_one, k_two = jax.random.split(key)
    row = Sequential(
        [
            Conv(1, 2, 3, stride=2, padding=1, bias=False, key=k_one),
            Conv(2, 1, 3, padding=1, bias=False, key=k_two),
        ]
    )
    found = linearise(row)
    gradient = jax.grad(lambda x: row(x)[0, 4, 4])(jnp.zeros((1, 17, 17)))
    assert found.stride == (2, 2)
    assert found.kernel.shape == (1, 1, 7, 7)
    assert np.allclose(gradient[0, 5:12, 5:12], found.kernel[0, 0], atol=1e-6)


def test_pde_net_gives_back_its_own_coefficients(key):
    net = PDENet((1, 8, 8), 2, channels=(2, 3), steps=4, total_time=2.0, key=key)
    first, second = fx.as_equation(net).layers
    assert (first.name, second.name) == ("stage 1", "stage 2")
    assert first.count == 4
    assert first.pde.step == 0.5
    own = net.blocks[0].coefficients()
    C = np.asarray(first.pde.coefficients)
    for channel in range(2):
        assert C[channel, channel, 0, 2] == pytest.approx(float(own.a2[channel]) / 2)
        assert C[channel, channel, 1, 0] == pytest.approx(float(own.rho[channel]))
        assert C[channel, channel, 1, 1] == pytest.approx(float(own.mixed[channel]))
    assert np.all(C[0, 1] == 0)
    assert "reaction" in first.note


@pytest.mark.parametrize("equation", ["39", "40", "residual"])
def test_thesis_net_layer_by_layer(key, equation):
    """Each layer's equation, stepped once, is that layer."""
    net = ThesisNet(3, equation=equation, step=0.5, in_shape=(1, 9, 9), key=key)
    layers = fx.as_equation(net).layers
    assert len(layers) == 3
    kernels = np.asarray([layer.pde.kernel()[0, 0] for layer in layers])
    order = [(0, 0), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]
    for kernel, taps in zip(kernels, np.asarray(net.taps()), strict=True):
        for (i, j), tap in zip(order, taps, strict=False):
            assert kernel[1 + i, 1 + j] + (i == j == 0) == pytest.approx(tap, abs=1e-6)


def test_open_parabolic_and_hamiltonian_blocks_are_their_equations(key):
    """With biases that open every gate a step is linear: its change is the kernel's."""
    parabolic = ParabolicBlock(1, steps=1, total_time=0.5, key=key)
    hamiltonian = HamiltonianBlock(2, steps=1, total_time=0.01, key=key)
    for block, slack in ((parabolic, 1e-4), (hamiltonian, 1e-2)):
        opened = jax.tree.map(lambda a: jnp.full_like(a, 1e3) if a.ndim == 2 else a, block)
        (layer,) = fx.as_equation(block).layers
        channels = layer.pde.coefficients.shape[0]
        pulse = np.zeros((channels, 9, 9), np.float32)
        pulse[0, 4, 4] = 1.0
        change = np.asarray(opened(jnp.asarray(pulse))) - np.asarray(opened(jnp.zeros_like(pulse)))
        kernel = layer.pde.kernel()[:, 0, ::-1, ::-1]
        expected = pulse + np.pad(kernel, ((0, 0), (2, 2), (2, 2)))
        scale = np.abs(kernel).max()
        assert np.abs(change - expected).max() <= slack * scale + 1e-3 * (channels == 1)


def test_strided_blocks_are_moments_and_not_generators(key):
    net = ResNet(1, 3, stages=(1, 1), widths=(2, 4), key=key)
    plain, strided = fx.as_equation(net).layers
    assert "open" in plain.note
    assert "no generator" in strided.note
    assert np.shape(strided.pde.skip) == (4, 2)


def test_unknown_classes_say_how_to_add_a_rule():
    with pytest.raises(TypeError, match=r"register one with `feynax\.as_equation\.register`"):
        fx.as_equation(object())
    with pytest.raises(TypeError, match="reads convolutions"):
        fx.as_equation(Residual(Sequential([Activation("relu"), fx.networks.Flatten()])))
