"""Formulas: what they mean, and that nothing but a formula is ever read."""

import math
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import feynax as fx
from feynax._errors import FormulaError

P = fx.paths
ATTACKS = {
    "code": "__import__('os').system('touch planted')",
    "attribute walk": "().__class__.__bases__[0].__subclasses__()",
    "attribute of a place": "x.__class__.__mro__",
    "open": "open('/etc/passwd').read()",
    "open without quotes": "open(x)",
    "eval": "eval(x)",
    "exec": "exec(x) + x",
    "tower of powers": "9**9**9**9",
    "lambda": "(lambda: x)()",
    "very long": "+".join(["x"] * 600),
    "very deep": "(" * 300 + "x" + ")" * 300,
    "many signs": "-" * 900 + "x",
    "deep calls": "sin(" * 90 + "x" + ")" * 90,
    "stacked powers": "((9**32)**32)**32",
    "stacked powers of a place": "((x**32)**32)**32",
    "tower over a place": "x**9**9**9",
    "large power": "x**1000000",
    "tower of floats": "2.0**(2**(2**(2**(2**2))))",
    "many digits": "9" * 900,
    "overflow": "1e999",
    "division by zero": "x/(1-1)/0 + 1/0",
    "not real": "(-1)**0.5",
    "imaginary": "1j*x",
    "comprehension": "[x for x in (1,)]",
    "condition": "x if x else 1",
    "logic": "x and x",
    "assignment": "(x:=1)",
    "starred": "exp(*x)",
    "keyword": "exp(x, x)",
    "unknown name": "omega*x",
    "function without a call": "exp + x",
    "call of a call": "exp(x)(x)",
    "boolean": "True*x",
    "caret": "x^2",
    "unicode": "x\u00b2",
    "newline": "x\nx",
    "null": "x\x00",
    "empty": "",
    "broken": "x**(2",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_hostile_texts_are_refused_within_a_second(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start = time.process_time()
    with pytest.raises(FormulaError, match=r"Argument `potential` must .* at character") as found:
        P.PathEnsemble(ATTACKS[name], beta=1.0, slices=4)
    assert time.process_time() - start < 1
    assert 0 <= found.value.column <= len(ATTACKS[name])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "column"), [("x + q", 4), ("x**2 + open(x)", 7), ("x + 3 $ 2", 6)]
)
def test_the_error_says_where(text, column):
    with pytest.raises(FormulaError) as found:
        P.Potential(text)
    assert found.value.column == column


terms = st.recursive(
    st.sampled_from(["x", "y", "k", "2", "0.5", "pi", "3e-1"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
            "({0[0]} {0[1]} {0[2]})".format
        ),
        inner.map("-{}".format),
        st.tuples(inner, st.integers(0, 3)).map("({0[0]})**{0[1]}".format),
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "abs"]), inner).map(
            "{0[0]}({0[1]})".format
        ),
        inner.map("({}) / (1 + y**2)".format),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(terms)
def test_a_formula_is_what_python_makes_of_it(text):
    """Also: it knows its own parity and its own power, as far as it says so."""
    rng, names = np.random.default_rng(3), vars(np) | {"pi": math.pi, "k": 0.7}
    x = rng.uniform(-1.2, 1.2, (2, 5))
    V = P.Potential(text + " + 0*k", dof=2, k=0.7)
    python = lambda x: eval(
        text,
        {},
        {n: names[n] for n in ("sin", "cos", "tanh", "abs", "pi", "k")} | {"x": x[0], "y": x[1]},
    )
    value = np.broadcast_to(python(x), (5,))
    scale = 1e-12 * (1 + np.abs(value).max())
    assert np.allclose(V(x), value, rtol=1e-12, atol=scale)
    parity = V.parity((0,))
    if parity is not None:
        assert np.allclose(V(x * np.array([[-1.0], [1.0]])), parity * value, rtol=1e-9, atol=scale)


@pytest.mark.parametrize(
    ("text", "right", "left"),
    [
        ("x**4 - x**2", (4, 1.0), (4, 1.0)),
        ("(x - 1)**4 - x**4", (3, -4.0), (3, 4.0)),
        ("x*(x**2 + 3)/2", (3, 0.5), (3, -0.5)),
        ("1e-30*x**4 - x**2", (4, 1e-30), (4, 1e-30)),
        ("abs(x)**3 - x**3", (0, 0.0), (3, 2.0)),
        ("cos(x) + x**2", None, None),
    ],
)
def test_leading_terms(text, right, left):
    V = P.Potential(text)
    assert (V.leading(1.0), V.leading(-1.0)) == (right, left)


@pytest.mark.float32
def test_powers_have_clean_values_and_slopes():
    x = jnp.array([[-1.5, 0.0, 2.0]])
    for n in (1, 2, 3, 4, 7, 12):
        V = P.Potential(f"x**{n}")
        assert V(x).dtype == x.dtype
        assert jnp.allclose(V(x), x[0] ** n, rtol=1e-6)
        assert jnp.allclose(V.gradient(x), n * x ** (n - 1), rtol=1e-5)
    assert jnp.allclose(P.Potential("x**-2")(x[:, 2:]), 0.25)
    assert jnp.allclose(P.Potential("r**4", dof=3).gradient(jnp.zeros((3, 2))), 0)
    assert jnp.allclose(P.Potential("sech(x)**2").gradient(jnp.array([[400.0]])), 0)


def test_other_parameters_do_not_compile_again():
    traced = []

    @eqx.filter_jit
    def value(V, x):
        traced.append(1)
        return V(x)

    x = jnp.array([[2.0]])
    found = [float(value(P.Potential("k*x**2", k=k), x)[0]) for k in (1.0, 2.5)]
    assert (found, len(traced)) == ([4.0, 10.0], 1)
    slope = jax.grad(lambda k: P.Potential("exp(k*x)", k=k)(x)[0])(0.5)
    assert jnp.allclose(slope, 2 * jnp.exp(1.0))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: P.Potential("x*y", dof=1), "`dof` must be at least 2"),
        (lambda: P.Potential("x**2", k=1.0), "`k` must stand in the formula"),
        (lambda: P.Potential("pi*x", pi=3.0), "`pi` must not be the name"),
        (lambda: P.Potential("k*x", k=math.nan), "`k` must be finite"),
        (lambda: P.Potential("r**2"), "`dof` where only the radius"),
    ],
)
def test_wrong_arguments(make, text):
    with pytest.raises(ValueError, match=text):
        make()


def test_degrees_of_freedom_are_counted():
    assert [P.Potential(t).dof for t in ("x", "x + y", "z", "x1*x7", "1 + x")] == [1, 2, 3, 7, 1]
    assert P.PathEnsemble("r**2", beta=1.0, slices=4, mass=[1.0, 1.0, 1.0]).dof == 3
