"""The n-t-ODERNN step: against stored numbers, closed forms, and the two documents' examples."""

import json
import pathlib
import warnings

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax.networks import ODERNN, Blockwise, Stage
from feynax.networks._odernn._lags import schedule

PATH = pathlib.Path(__file__).parents[3] / "shared" / "design" / "reference" / "recurrent.json"
DENSE = dict.fromkeys(("alpha", "beta", "gamma", "kappa"), "dense")
ZERO = jnp.zeros(1)


@pytest.fixture(scope="module")
def numbers():
    if not PATH.exists():
        pytest.skip("the independent reference numbers are not beside this checkout")
    return json.loads(PATH.read_text())


def after(net, start, x=ZERO):
    return np.asarray(net(net.history(start), x).history[0])


def test_explicit_step_is_the_reference(numbers):
    case = {
        name: np.array(value)
        for name, value in numbers["fixtures"]["general_step n=2 t=2 tanh"].items()
    }
    parts = [
        Stage(
            W=case["W"][q],
            b=case["b"][q],
            kappa=case["kappa"][q],
            gamma=case["gamma"][q],
            alpha={k + 1: (case["alpha"] if q < 2 else case["beta"][None])[min(q, q % 2)][k]
                   for k in range(q)},
            sigma=jnp.tanh,
        )
        for q in range(3)
    ]  # fmt: skip
    net = ODERNN.from_stages(
        parts[:2], parts[2], input_size=1, state_size=2, lags=2, h=float(case["h"])
    )
    assert np.abs(after(net, case["hist"]) - case["y"]).max() < 1e-15


def test_lags_are_those_of_example_8(numbers):
    """Example (8): for n = t = 2 the output reads Y_{l-1}; all tabulated delays."""
    for name, delays in numbers["check_b"]["delays"].items():
        n, t = map(int, name.split(","))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            places = schedule(n, t, "later")
        assert [*places.stages, places.output] == delays
        assert len(set(places.stages)) == min(n, t)
        assert places.length == max(delays) + 1


def test_example_8_by_hand():
    """K2 and the output read Y_{l-1}, K1 and the skip read Y_l."""
    stages = Stage(W=0.5, sigma=jnp.tanh), Stage(W=0.25, gamma=2.0, alpha={1: 3.0})
    out = Stage(W=0.125, gamma=0.75, alpha={2: 1.0}, kappa=0.5)
    net = ODERNN.from_stages(stages, out, input_size=1, state_size=1, lags=2, h=0.1)
    now, before = 0.3, -0.7
    K1 = np.tanh(0.5 * now)
    K2 = 2 * K1 + 0.25 * before + 0.1 * 3 * K1
    new = 0.75 * now + 0.5 * (0.125 * before + 0.1 * K2)
    assert after(net, jnp.array([[now], [before]])) == pytest.approx(new, abs=1e-15)


def test_variants_agree_without_lags_and_both_hold_leapfrog():
    turn, h = jnp.array([[0.0, 1.0], [-1.0, 0.0]]), 0.1
    K1, K2 = Stage(W=turn, sigma=jnp.tanh), Stage(W=1.0)
    start = jnp.array([[1.0, -0.1], [0.9, 0.3]])
    want = np.asarray(start[1] + 2 * h * jnp.tanh(turn @ start[0]))
    options = dict(input_size=1, state_size=2, lags=2, h=h)
    later = ODERNN.from_stages((K1, K2), Stage(W=1.0, alpha={1: 2.0}), **options)
    # Earlier: stage 2 reads the newest state, and the skip the oldest.
    field = Stage(W=turn, sigma=jnp.tanh)
    earlier = ODERNN.from_stages(
        (K2, field), Stage(alpha={2: 2.0}, gamma=1.0), variant="earlier", **options
    )
    assert np.abs(after(later, start) - want).max() < 1e-15
    assert np.abs(after(earlier, start) - want).max() < 1e-15
    same = [
        ODERNN(1, 3, stages=2, coefficients=DENSE, variant=v, key=jax.random.key(1))
        for v in ("later", "earlier")
    ]
    np.testing.assert_array_equal(*(after(net, jnp.ones(3)) for net in same))


def test_inner_form_is_the_outer_form_with_alpha_w_a(key):
    inner = ODERNN(2, 3, stages=2, stage_size=4, coefficients=DENSE, inner=True, h=0.3, key=key)
    moved = [
        Stage(s.W, s.V, s.b, {k: s.W @ a for k, a in s.alpha.items()}, s.gamma, s.kappa, s.sigma)
        for s in (*inner.stages, inner.output_stage)
    ]
    outer = ODERNN.from_stages(moved[:2], moved[2], input_size=2, state_size=3, stage_size=4, h=0.3)
    start, x = jnp.array([0.3, -1.0, 0.5]), jnp.array([1.0, 2.0])
    assert np.abs(after(inner, start, x) - after(outer, start, x)).max() < 1e-14


def test_stages_have_sizes_of_their_own():
    """Stages of 1 and 2 components are those of 2 with a zero."""
    wide = jnp.array([[1.0, 2.0, 3.0]])
    small = Stage(W=wide, sigma=jnp.tanh), Stage(alpha={1: jnp.ones((2, 1))}, sigma=jnp.sin)
    padded = (
        Stage(W=jnp.concatenate([wide, 0 * wide]), sigma=jnp.tanh),
        Stage(alpha={1: jnp.array([[1.0, 9.0], [1.0, 9.0]])}, sigma=jnp.sin),
    )
    out = Stage(alpha={2: jnp.ones((3, 2))}, gamma=1.0)
    nets = [
        ODERNN.from_stages(stages, out, input_size=1, state_size=3, stage_size=sizes)
        for stages, sizes in ((small, (1, 2)), (padded, 2))
    ]
    np.testing.assert_allclose(*(after(net, jnp.array([0.1, 0.2, 0.3])) for net in nets))


@pytest.mark.parametrize("implicit", [False, True])
def test_parameter_count_is_the_formula(implicit, key):
    n, p = 3, 4
    net = ODERNN(2, p, stages=n, coefficients=DENSE, implicit=implicit, key=key)
    pushes = n**2 if implicit else n * (n - 1) // 2
    want = (n + 1) * (2 * p**2 + p) + n * p**2 + p**2 * pushes + n * p**2
    assert net.parameter_count(inputs=False) == want
    assert net.parameter_count() == want + (n + 1) * p * 2


def test_coefficients_may_depend_on_anything():
    class Gate(eqx.Module):
        scale: jax.Array

        def __call__(self, moment):
            gate = self.scale * moment.x * moment.step.astype(moment.x.dtype)
            return Stage(gamma=moment.stages[0] * gate, b=moment.history[0])

    stages = (Stage(W=1.0), Gate(jnp.array([2.0])))
    net = ODERNN.from_stages(stages, Stage(alpha={2: 1.0}), input_size=1, state_size=1)
    assert net.coefficients == "dynamical"
    outputs, _ = fx.networks.run(net, jnp.array([[3.0], [5.0]]), state=net.history(jnp.ones(1)))
    first = 1 * 2 * 3 * 1 * 1 + 1
    assert outputs[:, 0].tolist() == [first, first * 2 * 5 * 2 * first + first]


def test_activations_by_blocks_and_complex_states(key):
    net = ODERNN(1, 2, dtype=complex, activation=[jnp.sin, jnp.tanh], key=key)
    K = jnp.sin(net.stages[0].W @ jnp.array([1j, 0.5 + 0j]) + net.stages[0].b)
    o = net.output_stage
    want = jnp.tanh(o.W @ jnp.array([1j, 0.5 + 0j]) + o.b + o.alpha[1] * K)
    assert np.abs(after(net, jnp.array([1j, 0.5])) - np.asarray(want)).max() < 1e-15
    assert Blockwise((jnp.tanh, jnp.square), (1, 1))(jnp.array([0.0, 3.0])).tolist() == [0.0, 9.0]


@pytest.mark.float32
def test_history_is_repeated_or_given(key):
    net = ODERNN(1, 2, stages=2, lags=2, key=key)
    assert net.history(jnp.array([1.0, 2.0])).history.tolist() == [[1, 2], [1, 2]]
    assert net.history(jnp.array([[1.0, 2.0], [3.0, 4.0]])).history[1].tolist() == [3, 4]
    assert net.equation().lags == 2
    assert net.equation().odernn is net


def build(*stages, out=None, **options):
    options = {"input_size": 1, "state_size": 2} | options
    return ODERNN.from_stages(stages, Stage(gamma=1.0) if out is None else out, **options)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ODERNN(1, 2, stages=0, key=jax.random.key(0)), "`stages` must be a whole"),
        (lambda: ODERNN(1, 2, lags=1.5, key=jax.random.key(0)), "`lags` must be a whole"),
        (lambda: ODERNN(1, 2, lags=0, key=jax.random.key(0)), "`lags` must be a whole"),
        (lambda: build(), "`stages` must be a whole"),
        (lambda: build(Stage(W=1.0), h=float("nan")), "`h` must be finite"),
        (lambda: build(Stage(W=1.0, alpha={1: 1.0})), r"alpha\[1\] of stage 1.*earlier stage"),
        (lambda: build(Stage(W=1.0, alpha={3: 1.0})), r"alpha\[3\] of stage 1.*one of 0 stages"),
        (lambda: build(Stage(W=jnp.ones((2, 3)))), "W of stage 1` must have shape"),
        (lambda: build(Stage(W=1.0), Stage(W=1.0, gamma=jnp.ones(3))), "gamma of stage 2"),
        (lambda: build(Stage(W=1.0, kappa=jnp.ones((1, 2)))), "kappa of stage 1"),
        (lambda: build(Stage(W=1.0, b=jnp.ones(3))), "b of stage 1"),
        (lambda: build(Stage(W=1.0), out=Stage(W=1.0, gamma=jnp.ones(5))), "stage output"),
        (lambda: build(Stage()), "have a term"),
        (lambda: build(Stage(W=1.0), stage_size=(1, 2)), "`stage_size` must be one number or 1"),
        (lambda: build(lambda moment: 3), r"stages\[1\]` must give a Stage"),
        (lambda: build(Stage(W=1.0), variant="printed"), "`variant` must be one of"),
        (
            lambda: ODERNN(1, 2, coefficients={"alpha": "full"}, key=jax.random.key(0)),
            "must be one of",
        ),
        (lambda: ODERNN(1, 2, stage_size=3, key=jax.random.key(0)), "beta` must be \"dense\""),
        (lambda: build(Stage(W=1.0)).history(jnp.ones(3)), "`start` must have shape"),
        (
            lambda: fx.networks.run(
                build(Stage(W=1.0)),
                jnp.ones((2, 1)),
                state=ODERNN(1, 2, stages=2, lags=2, key=jax.random.key(0)).initial_state(),
            ),
            "`state` must hold 1 past states",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_more_lags_than_stages_are_warned_of(key):
    with pytest.warns(UserWarning, match="only 2 of 5 lags are used"):
        ODERNN(1, 2, stages=2, lags=5, key=key)
