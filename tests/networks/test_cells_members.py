"""What every member must do: scan like it steps, hold, differentiate, be saved, obey its ODE."""

import inspect
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import AbstractLinearCell, run
from feynax.testing import check_cell
from feynax.testing._programs import example_series, slope, steps

N = fx.networks
MEMBERS = {
    "RNN": (N.RNN, {}),
    "LeakyRNN": (N.LeakyRNN, {"leak": 0.3}),
    "LEM": (N.LEM, {"step_size": 0.6}),
    "CoRNN": (N.CoRNN, {}),
    "UnICORNN": (N.UnICORNN, {}),
    "AntisymmetricRNN": (N.AntisymmetricRNN, {}),
    "LipschitzRNN": (N.LipschitzRNN, {"step_size": 0.5}),
    "LTC": (N.LTC, {"substeps": 2}),
    "CfC": (N.CfC, {"backbone_size": 5}),
    "ExpRNN": (N.ExpRNN, {}),
    "CayleyRNN": (N.CayleyRNN, {}),
    "URNN": (N.URNN, {}),
    "ClockworkRNN": (N.ClockworkRNN, {"groups": 2}),
    "LRU": (N.LRU, {"state_size": 5}),
    "S5": (N.S5, {"state_size": 5}),
    "S4D": (N.S4D, {"state_size": 3}),
    "MinGRU": (N.MinGRU, {}),
    "MinLSTM": (N.MinLSTM, {}),
    "LinOSS-IM": (N.LinOSS, {"state_size": 5}),
    "LinOSS-IMEX": (N.LinOSS, {"integrator": "symplectic"}),
    "MLSTM": (N.MLSTM, {"heads": 2}),
    "ODEGRU": (N.ODEGRU, {"width": 3}),
    "NeuralCDE": (N.NeuralCDE, {"width": 3}),
    "MonotoneRNN": (N.MonotoneRNN, {"features": 3}),
    "REN": (N.REN, {"features": 3}),
}
OTHERS = {
    "GRU": (N.GRU, {}),
    "LSTM": (N.LSTM, {}),
    "CTRNN": (N.CTRNN, {}),
    "HamiltonianCTRNN": (N.HamiltonianCTRNN, {}),
    "SymplecticRNN": (N.SymplecticRNN, {}),
    "ImplicitMidpointRNN": (N.ImplicitMidpointRNN, {}),
    "TwoStepLeapfrogRNN": (N.TwoStepLeapfrogRNN, {}),
    "ODERNN": (N.ODERNN, {"stages": 2, "lags": 2}),
    "QUNN": (N.QUNN, {"block": 3}),
}
HELD = {
    "CTRNN": [".initial"],
    "HamiltonianCTRNN": [".base.initial"],
}  # what gradients do not reach, on purpose
VARIANTS = {
    "AntisymmetricRNN gated": (N.AntisymmetricRNN, {"gated": True}),
    "LipschitzRNN midpoint": (N.LipschitzRNN, {"method": "midpoint", "step_size": 0.5}),
    "MonotoneRNN midpoint": (N.MonotoneRNN, {"integrator": "midpoint"}),
}
NO_TIME = {"ExpRNN", "CayleyRNN", "URNN", "ClockworkRNN", "REN", "ODERNN", "QUNN"}
CHEAP = ["RNN", "LEM", "CoRNN", "LRU", "MinGRU", "LinOSS-IM", "ExpRNN", "MLSTM"]
every_member = pytest.mark.parametrize("name", list(MEMBERS))


def make(name, key=3):
    kind, options = (MEMBERS | OTHERS | VARIANTS)[name]
    return kind(3, 4, **options, key=jax.random.key(key))


def series(steps=3):
    return jax.random.normal(jax.random.key(4), (steps, 3))


@pytest.mark.parametrize("name", [*MEMBERS, *OTHERS])
def test_every_cell_keeps_the_contract(name):
    """What `check_cell` asks of a cell, without the search for states that break its bound."""
    cell = make(name)
    check_cell(cell, attack=False)
    _, gradient = slope(cell, example_series(cell))  # compiled by the check
    silent = [path for path, leaf in jax.tree.leaves_with_path(gradient) if not leaf.any()]
    assert [jax.tree_util.keystr(path) for path in silent] == HELD.get(name, [])


def test_no_exported_cell_is_left_out():
    exported = {kind for kind in vars(N).values() if inspect.isclass(kind)}
    cells = {kind for kind in exported if issubclass(kind, N.AbstractCell)}
    concrete = {kind for kind in cells if not kind.__name__.startswith("Abstract")}
    assert concrete == {kind for kind, _ in (MEMBERS | OTHERS).values()}


@pytest.mark.parametrize("name", [*MEMBERS, *OTHERS])
def test_times_are_taken_or_refused(name):
    cell, xs = make(name), jax.ShapeDtypeStruct((3, 3), float)
    timed = lambda: eqx.filter_eval_shape(lambda c, xs: run(c, xs, dts=jnp.ones(3)), cell, xs)
    if name not in NO_TIME:
        assert timed().outputs.shape == (3, 4)
        return
    with pytest.raises(ValueError, match="declares no equation in time"):
        timed()


@pytest.mark.float32
@pytest.mark.parametrize("name", CHEAP)
def test_members_run_in_any_precision(name):
    cell, xs = make(name), series()
    outputs, wanted = eqx.filter_jit(lambda c, x: run(c, x).outputs)(cell, xs), steps(cell, xs)[0]
    assert outputs.dtype == xs.dtype
    np.testing.assert_allclose(outputs, wanted, atol=1e-5 if xs.dtype == jnp.float32 else 1e-13)


@every_member
def test_files_hold_them(name, tmp_path):
    cell = make(name)
    again: Any = fx.interop.load_model(fx.interop.save_model(tmp_path / "cell.safetensors", cell))
    assert again.config() == cell.config()
    assert eqx.tree_equal(again, cell)


@every_member
def test_records_say_what_the_code_does(name):
    cell = make(name)
    if name in ("ExpRNN", "CayleyRNN", "URNN"):  # modReLU is linear while its bias is zero
        cell = eqx.tree_at(lambda c: c.bias, cell, cell.bias - 0.2)
    record = fx.as_equation(cell)
    assert record.scannable or not isinstance(cell, AbstractLinearCell)
    assert record.derivative_order == (2 if "OSS" in name or name in ("CoRNN", "UnICORNN") else 1)
    assert record.linear == is_affine(cell)
    assert str(record).startswith(record.name)


def is_affine(cell):
    """Whether what is seen after a step is affine in the state (mLSTM: in its memory)."""
    if isinstance(cell, N.MLSTM):
        return True
    state, x = moved(cell), series()[1]
    zero, twice = (jax.tree.map(lambda s, f=f: f * s, state) for f in (0.0, 2.0))
    if isinstance(cell, N.ClockworkRNN | N.NeuralCDE):
        return False  # counters are no part of the vector space
    once, none, double = (cell.output(cell(s, x)) for s in (state, zero, twice))
    return bool(jnp.allclose(double - once, once - none, atol=1e-12))


def moved(cell):
    """A state away from rest, of the size that states have."""
    count = lambda s: jnp.arange(1, s.size + 1).astype(s.dtype).reshape(s.shape)
    return jax.tree.map(lambda s: s + 0.3 * count(s), cell.initial_state())


ORDERS = {
    "RNN": 1,
    "LeakyRNN": 1,
    "LEM": 1,
    "CoRNN": 1,
    "UnICORNN": 1,
    "AntisymmetricRNN": 1,
    "AntisymmetricRNN gated": 1,
    "LipschitzRNN": 1,
    "LipschitzRNN midpoint": 2,
    "LTC": 1,
    "LinOSS-IM": 1,
    "LinOSS-IMEX": 1,
    "MonotoneRNN": 1,
    "MonotoneRNN midpoint": 2,
}
EXACT = ["LRU", "S5", "S4D", "MinGRU", "MinLSTM"]


def solved(cell, state, x, steps=400):
    """One sample's time of the declared equation, by RK4 in small steps."""
    field = fx.as_equation(cell).vector_field

    def rk4(_, s):
        h = 1 / steps
        add = lambda k, w: jax.tree.map(lambda a, b: a + w * b, s, k)
        k1 = field(s, x)
        k2 = field(add(k1, h / 2), x)
        k3 = field(add(k2, h / 2), x)
        k4 = field(add(k3, h), x)
        return jax.tree.map(
            lambda a, b, c, d, e: a + h / 6 * (b + 2 * c + 2 * d + e), s, k1, k2, k3, k4
        )

    return jax.jit(lambda s: jax.lax.fori_loop(0, steps, rk4, s))(state)


def gaps(cell, counts):
    state, x = moved(cell), series()[1]
    wanted = solved(cell, state, x)
    ready, drive = cell.prepare(), cell.drive(x)

    @jax.jit
    def stepped(count):
        dt = 1 / count.astype(x.dtype)
        return jax.lax.fori_loop(0, count, lambda _, s: cell.step(ready, s, drive, dt), state)

    found = [stepped(jnp.asarray(count)) for count in counts]
    distance = lambda a, b: float(jnp.abs(a - b).max())
    return [max(jax.tree.leaves(jax.tree.map(distance, s, wanted))) for s in found]


@pytest.mark.parametrize("name", list(ORDERS))
def test_members_converge_to_their_equations(name):
    coarse, fine = gaps(make(name), (16, 32))
    assert coarse > 1e-9
    assert np.log2(coarse / fine) == pytest.approx(ORDERS[name], abs=0.15)


@pytest.mark.parametrize("name", EXACT)
def test_exact_flows_are_exact_at_every_step(name):
    once, many = gaps(make(name), (1, 7))
    assert once < 2e-9  # of RK4, at the largest frequency
    assert many < 2e-9


@pytest.mark.parametrize("name", ["LRU", "S5", "S4D", "MinGRU", "LEM", "LTC", "LinOSS-IM"])
def test_twice_the_samples_at_half_the_time_are_nearly_the_same(name):
    cell, xs = make(name), series()
    twice = run(cell, jnp.repeat(xs, 2, 0), dts=jnp.full(6, 0.5)).outputs[1::2]
    whole = run(cell, xs).outputs
    near = 1e-12 if name in EXACT else 0.35 * float(jnp.abs(whole).max())
    np.testing.assert_allclose(twice, whole, atol=near)


@pytest.mark.parametrize("kind", [kind for kind, _ in dict.fromkeys(
    (kind, "") for kind, _ in MEMBERS.values())])  # fmt: skip
def test_sizes_must_be_whole_and_positive(kind):
    with pytest.raises(ValueError, match="`input_size` must be a whole number of at least 1"):
        kind(0, 4, key=jax.random.key(0))
    with pytest.raises(ValueError, match="`hidden_size` must be a whole number of at least 1"):
        kind(3, 0, key=jax.random.key(0))
