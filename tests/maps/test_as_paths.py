"""The path sum: complete, equal to the gradient, enumerable, and sampled without bias."""

import itertools
import math
import pathlib

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax import maps, networks
from feynax._errors import NoLivePathError

RECORDED = pathlib.Path(__file__).parent.parent / "recorded"


def shaken(make, seed=3):
    """A network with weights, statistics and biases drawn on the host: nothing to compile."""
    rng = np.random.default_rng(seed)

    def fill(path, leaf):
        if not isinstance(leaf, jax.ShapeDtypeStruct):
            return leaf
        name = jax.tree_util.keystr(path)
        if "variance" in name or (leaf.ndim < 3 and ".weight" in name and "rest" in name):
            values = rng.uniform(0.5, 1.5, leaf.shape)
        else:
            values = rng.normal(size=leaf.shape) * min(1, np.prod(leaf.shape[1:]) ** -0.5)
        return jnp.asarray(values, leaf.dtype)

    return jax.tree_util.tree_map_with_path(fill, eqx.filter_eval_shape(make, jax.random.key(0)))


def dense(step):
    """The whole matrix of a step, column by column."""
    size = int(np.prod(step.before))
    columns = [step.operator.linear(e.reshape(step.before)).ravel() for e in np.eye(size)]
    return np.stack(columns, 1)


def check_against_dense(paths):
    """Propagator, sizes and numbers of paths by plain matrices."""
    amplitude = np.zeros(int(np.prod(paths._steps[-1].after)))
    amplitude[paths.output] = 1
    size, count = amplitude, amplitude
    absolute, live = 0.0, 0.0
    for step in reversed(paths._steps):
        source = step.source.ravel()
        absolute, live = absolute + np.abs(source) @ size, live + (source != 0) @ count
        matrix = dense(step)
        amplitude, size = amplitude @ matrix, size @ np.abs(matrix)
        count = count @ (matrix != 0)
    x = paths._x.ravel()
    np.testing.assert_allclose(paths.propagator.ravel(), amplitude, atol=1e-12 * size.max())
    np.testing.assert_allclose(paths.absolute, absolute + np.abs(x) @ size, rtol=1e-12)
    return live + (x != 0) @ count


NETS = {
    "basic": lambda k: networks.ResNet(3, 4, stages=(2, 2), widths=(3, 4), key=k),
    "bottleneck": lambda k: networks.ResNet(
        3, 4, stages=(1, 2), widths=(4, 8), block="bottleneck", stem="image", groups=1, key=k
    ),
    "preactivation": lambda k: networks.ResNet(
        3, 4, stages=(1, 1), widths=(3, 4), block="preactivation", key=k
    ),
    "layers": lambda k: networks.Sequential(
        [
            {"kind": "conv", "in_channels": 3, "out_channels": 4, "kernel": 3, "stride": 2,
             "padding": 2, "dilation": 2},
            {"kind": "activation", "name": "leaky_relu"},
            {"kind": "avg_pool", "kernel": 3, "stride": 2, "padding": 1,
             "count_include_pad": False},
            {"kind": "residual", "after": "relu6", "branch": [
                {"kind": "conv", "in_channels": 4, "out_channels": 4, "padding": 1, "groups": 2},
                {"kind": "activation"},
                {"kind": "max_pool", "kernel": 3, "stride": 1, "padding": 1},
            ]},
            {"kind": "global_max"},
            {"kind": "flatten"},
            {"kind": "residual", "after": "identity", "branch": [
                {"kind": "linear", "in_features": 4, "out_features": 4},
            ]},
        ],
        key=k,
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=NETS)
def network(request):
    net = shaken(NETS[request.param])
    return net, jax.random.normal(jax.random.key(5), (3, 10, 9))


def test_paths_sum_to_the_output_and_are_the_gradient(network):
    net, x = network
    outputs = np.asarray(eqx.filter_jit(net)(x))
    for output in range(4):
        paths = fx.as_paths(net, x, output)
        assert paths.completeness <= 1e-12
        assert paths.total == pytest.approx(outputs[output], rel=1e-12 if double() else 1e-3)
        assert paths.total == pytest.approx(
            paths.attribution.sum() + sum(s.sum() for s in paths.sources), rel=1e-10
        )
    gradient = jax.jit(jax.grad(lambda x: net(x)[3]))(x)
    scale = float(np.abs(gradient).max())
    np.testing.assert_allclose(
        paths.propagator, gradient, atol=(1e-12 if double() else 1e-4) * scale
    )


def double():
    return jax.config.read("jax_enable_x64")


def test_weights_of_paths_against_dense_matrices(network):
    net, x = network
    paths = fx.as_paths(net, x, 1)
    # rounding leaves tiny entries where terms cancel exactly: both counts see the same ones
    assert check_against_dense(paths) == pytest.approx(paths.live_paths, rel=1e-3)
    assert paths.positive + paths.negative == pytest.approx(paths.total, abs=1e-12 * paths.absolute)
    finer = fx.as_paths(net, x, 1, level="conv")
    assert finer.absolute >= paths.absolute * (1 - 1e-12)
    assert finer.total == paths.total
    assert 0 < abs(paths.average_sign) <= 1


@pytest.mark.parametrize("name", ["gelu", "tanh", "softplus"])
def test_secant_gates_are_exact_and_tangent_gates_the_gradient(name, key):
    make = lambda k: networks.ResNet(1, 3, stages=(2,), widths=(3,), activation=name, key=k)
    net = shaken(make)
    x = jax.random.normal(key, (1, 6, 6))
    gradient = jax.jit(jax.grad(lambda x: net(x)[0]))(x)
    secant = fx.as_paths(net, x, 0)
    tangent = fx.as_paths(net, x, 0, gates="tangent")
    assert secant.completeness <= 1e-12 < 1e-6 < tangent.completeness
    np.testing.assert_allclose(tangent.propagator, gradient, atol=1e-12)
    assert np.abs(secant.propagator - np.asarray(gradient)).max() > 1e-4


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda k: networks.PDENet((1, 8, 8), channels=(2, 3), key=k), (1, 8, 8)),
        (lambda k: networks.PDENet((1, 8, 8), 3, channels=(2,), shared=False, key=k), (1, 8, 8)),
        (
            lambda k: networks.PDENet(
                (1, 8, 8), 3, channels=(2,), stepper="exact", mixed=False, key=k
            ),
            (1, 8, 8),
        ),
        (
            lambda k: networks.PDENet((1, 8, 8), 3, channels=(2,), stepper="strang", key=k),
            (1, 8, 8),
        ),
        (lambda k: networks.ParabolicBlock(2, total_time=9.0, key=k), (2, 6, 6)),
        (lambda k: networks.HamiltonianBlock(4, steps=2, shared=False, key=k), (4, 6, 6)),
        (lambda k: networks.ThesisNet(4, in_shape=(1, 8, 8), hidden=(6,), key=k), (1, 8, 8)),
        (
            lambda k: networks.ThesisNet(
                4, equation="residual", in_shape=(1, 8, 8), hidden=(6,), key=k
            ),
            (1, 8, 8),
        ),
    ],
)
def test_own_equations_are_read_as_paths(make, shape, key):
    net = shaken(make)
    paths = fx.as_paths(net, jax.random.normal(key, shape, jnp.float32), 2)
    assert paths.completeness <= 1e-12
    check_against_dense(paths)


@pytest.mark.parametrize("name", ["basic", "bottleneck"])
def test_a_recorded_torch_network_is_a_sum_over_paths(name):
    with np.load(RECORDED / f"resnet_{name}.npz") as file:
        x, y, gradients = file["x"], file["y"], file["gradients"]
    layout = {"stem": {"pool": True}} if name == "basic" else None
    net = fx.interop.read_torch(RECORDED / f"resnet_{name}.pt", layout)
    scale = np.abs(y).max()
    for output in (0, 4, 9):
        paths = fx.as_paths(net, x, output)
        assert abs(paths.total - y[output]) <= 1e-12 * scale
        np.testing.assert_allclose(paths.propagator, gradients[output], atol=1e-13)


def test_one_dimensional_reference(reference):
    """The ring-free line of `relu_path_report`, layer by layer as a 3x3 stencil on one row."""
    case = reference["relu_path_report"]
    layers = []
    for kernel, bias in zip(case["kernels"], case["biases"], strict=True):
        weight = np.zeros((1, 1, 3, 3))
        weight[0, 0, 1] = kernel
        weight[0, 0, 1, 1] += case["skip"]
        layers.append((weight, np.array(bias).reshape(1, 1, 6)))
    x = np.array(case["psi"]).reshape(1, 1, 6)
    net = Line(tuple((jnp.asarray(w), jnp.asarray(b)) for w, b in layers))
    z = {1: 1.775923, 3: 2.512528, 5: 2.053290}
    errors = {1: 0.045050, 3: 0.073367, 5: 0.064557}
    for site in range(6):
        paths = fx.as_paths(net, x, site)
        assert paths.total == pytest.approx(case["output"][site], abs=1e-14)
        np.testing.assert_allclose(paths.propagator.ravel(), case["propagator"][site], atol=1e-14)
        sources = sum(float(s.sum()) for s in paths.sources)
        assert sources == pytest.approx(case["sources"][site], abs=1e-14)
        if site in z:
            assert paths.absolute == pytest.approx(z[site], abs=5e-7)
            assert paths.standard_error(1000) == pytest.approx(errors[site], abs=5e-7)
    dead = fx.as_paths(net, x, 2)
    assert dead.value == 0 == dead.completeness == dead.absolute == dead.live_paths
    with pytest.raises(NoLivePathError, match="no live path"):
        dead.sample(10, key=jax.random.key(0))


class Line(eqx.Module):
    """relu(psi + K*psi + b), with a bias of its own at each site."""

    layers: tuple

    def __call__(self, x):
        for weight, bias in self.layers:
            y = jax.lax.conv_general_dilated(x[None], weight, (1, 1), [(1, 1), (1, 1)])[0]
            x = jax.nn.relu(y + bias)
        return x


@maps.record.register
def _(net: Line, recorder):
    for weight, bias in net.layers:
        recorder.conv(weight, padding=(1, 1))
        recorder.scale("bias", np.ones(()), np.asarray(bias))
        recorder.activate("relu")


def tiny(key):
    make = lambda k: networks.Sequential(
        [
            {"kind": "conv", "in_channels": 1, "out_channels": 2, "kernel": 2},
            {"kind": "activation"},
            {"kind": "residual", "branch": [
                {"kind": "conv", "in_channels": 2, "out_channels": 2, "kernel": 3, "padding": 1},
                {"kind": "activation"},
                {"kind": "conv", "in_channels": 2, "out_channels": 2, "kernel": 1},
            ]},
            {"kind": "flatten"},
            {"kind": "linear", "in_features": 8, "out_features": 2},
        ],
        key=k,
    )  # fmt: skip
    return shaken(make), jax.random.normal(key, (1, 3, 3))


def enumerate_paths(paths):
    """Every sequence of sites with its amplitude, by nested loops."""
    matrices = [dense(step) for step in paths._steps]
    found = {}
    for start in range(len(matrices) + 1):
        values = paths._x.ravel() if start == 0 else paths._steps[start - 1].source.ravel()
        shapes = [m.shape[0] for m in matrices[start:]]
        for sites in itertools.product(range(len(values)), *map(range, shapes)):
            amplitude = values[sites[0]]
            for matrix, before, after in zip(matrices[start:], sites, sites[1:], strict=False):
                amplitude *= matrix[after, before]
            if sites[-1] == paths.output and amplitude != 0:
                found[(-1,) * start + sites] = amplitude
    return found


def test_explicit_enumeration(key):
    net, x = tiny(key)
    paths = fx.as_paths(net, x, 1)
    every = enumerate_paths(paths)
    assert math.fsum(every.values()) == pytest.approx(paths.value, rel=1e-12)
    assert math.fsum(map(abs, every.values())) == pytest.approx(paths.absolute, rel=1e-12)
    assert paths.live_paths == len(every)
    assert math.fsum(v for v in every.values() if v > 0) == pytest.approx(paths.positive, rel=1e-12)

    n = 40_000
    drawn = paths.sample(n, key=key)
    assert drawn.sites.shape == (n, 4)
    found, counts = np.unique(drawn.sites, axis=0, return_counts=True)
    frequency = {tuple(map(int, s)): c for s, c in zip(found, counts, strict=True)}
    assert frequency.keys() <= every.keys()
    signs = {tuple(map(int, s)): g for s, g in zip(drawn.sites, drawn.signs, strict=True)}
    assert all(math.copysign(1, every[path]) == sign for path, sign in signs.items())
    # Pearson's statistic over paths expected at least 5 times, at 4.5 sigma of its chi-square
    expected = {p: n * abs(v) / paths.absolute for p, v in every.items()}
    common = [p for p, e in expected.items() if e >= 5]
    statistic = sum((frequency.get(p, 0) - expected[p]) ** 2 / expected[p] for p in common)
    assert abs(statistic - len(common)) < 4.5 * math.sqrt(2 * len(common))


@pytest.mark.parametrize("level", ["block", "conv"])
def test_z_scores_of_200_estimates_are_normal(level):
    """200 independent keys over the outputs of one network; each bound is about 4 sigma."""
    net = shaken(NETS["basic"])
    x = jax.random.normal(jax.random.key(5), (3, 6, 6))
    sums = [fx.as_paths(net, x, output, level=level) for output in range(4)]
    scores = []
    for index in range(200):
        paths = sums[index % 4]
        estimate = paths.sample(500, key=jax.random.key(1000 + index)).estimate
        assert estimate.error == paths.standard_error(500)
        scores.append((estimate.value - paths.total) / estimate.error)
    ordered = np.sort(scores)
    normal = np.array([0.5 * math.erfc(-z / math.sqrt(2)) for z in ordered])
    steps = np.arange(201) / 200
    distance = max((steps[1:] - normal).max(), (normal - steps[:-1]).max())
    assert distance < 1.95 / math.sqrt(200)  # Kolmogorov-Smirnov, one in a thousand
    assert abs(np.mean(scores)) < 4 / math.sqrt(200)
    assert abs(np.std(scores) - 1) < 4 / math.sqrt(400)


def test_positive_networks_have_no_sign_problem(key):
    net = networks.ResNet(1, 2, stages=(1,), widths=(2,), norm=False, key=key)
    net = jax.tree.map(lambda a: jnp.abs(a) if eqx.is_inexact_array(a) else a, net)
    paths = fx.as_paths(net, jnp.ones((1, 4, 4)), 0)
    assert paths.average_sign == pytest.approx(1, abs=1e-12)
    assert paths.standard_error(1) < 1e-5 * paths.absolute
    assert paths.sample(50, key=key).estimate.value == pytest.approx(paths.total, rel=1e-12)


def test_closed_gates_leave_the_bias_of_the_head():
    shut = {"kind": "conv", "in_channels": 1, "out_channels": 1, "kernel": 1}
    net = networks.Sequential(
        [shut, {"kind": "activation"}, {"kind": "flatten"},
         {"kind": "linear", "in_features": 4, "out_features": 1}],
        key=jax.random.key(0),
    )  # fmt: skip
    net = eqx.tree_at(lambda n: n.layers[0].bias, net, jnp.full(1, -100.0))
    paths = fx.as_paths(net, jnp.ones((1, 2, 2)), 0)
    assert (paths.propagator == 0).all()
    assert paths.live_paths == 1
    sample = paths.sample(3, key=jax.random.key(0))
    assert sample.sites.tolist() == [[-1, -1, 0]] * 3
    assert sample.estimate.value == pytest.approx(paths.value)
    assert sample.estimate.error == 0


def test_questions_that_have_no_answer(key):
    net, x = tiny(key)
    with pytest.raises(ValueError, match="one example"):
        fx.as_paths(net, x[None], 0)
    with pytest.raises(ValueError, match="output"):
        fx.as_paths(net, x, 2)
    with pytest.raises(ValueError, match="output"):
        fx.as_paths(net, x, -1)
    with pytest.raises(ValueError, match="finite"):
        fx.as_paths(net, x.at[0, 1, 1].set(jnp.nan), 0)
    with pytest.raises(ValueError, match="gates"):
        fx.as_paths(net, x, 0, gates="soft")
    with pytest.raises(ValueError, match="level"):
        fx.as_paths(net, x, 0, level="atom")
    with pytest.raises(ValueError, match="jit"):
        jax.jit(lambda x: fx.as_paths(net, x, 0).total)(x)
    with pytest.raises(ValueError, match="`n`"):
        fx.as_paths(net, x, 0).sample(0, key=key)
    with pytest.raises(TypeError, match="no rule for MLP"):
        fx.as_paths(eqx.nn.MLP(2, 2, 2, 1, key=key), jnp.ones(2), 0)
    norm = networks.Sequential([networks.BatchNorm(1, running=False)])
    with pytest.raises(ValueError, match="training mode"):
        fx.as_paths(norm, x, 0)
