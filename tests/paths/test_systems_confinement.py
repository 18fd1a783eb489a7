"""Which potentials hold a path, and the reasons that the others are given."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax._errors import NotNormalisableError

P = fx.paths
HELD = [
    "x**2/2",
    "x**4 - x**2",
    "(x - 1e6)**2",
    "1e-30*x**4 - x**2",
    "abs(x)",
    "sqrt(abs(x))",
    "cosh(x)",
    "2**x + exp(-3*x)",
    "x**2*(1 + 0.5*cos(x))",
    "2*log(1 + x**2)",
    "x**2 + y**2 + 0.3*x*y",
    "r**2 - 1/sqrt(r**2 + 0.01) + 0*z",
]
NOT_HELD = {
    "0*x": "does not grow enough",
    "cos(x)": "does not grow enough",
    "sech(x)": "does not grow enough",
    "exp(x)": "does not grow enough as x goes to -infinity",
    "0.2*log(1 + x**2)": "does not grow enough",
    "(x - y)**2": r"does not grow enough in the direction \(0.71, 0.71\)",
    "x": "no bound as x goes to -infinity",
    "x**3": "no bound as x goes to -infinity",
    "-x**4": "no bound",
    "-x**2": "no bound",
    "x**2 - exp(x)": r"no bound as x goes to \+infinity",
    "cosh(x) - exp(x)": r"no bound as x goes to \+infinity",
    "x**2*cos(x)": "no bound",
    "x*sin(x)": "no bound",
    "-log(1 + x**2)": "no bound",
    "x**2 + y**2 - 3*x*y": "no bound",
    "x**2 - 1/abs(x)": "near the origin",
    "r**2 - 1/r + 0*z": "near the origin",
}


def paths(V, **other):
    return P.PathEnsemble(V, **({"beta": 2.0, "slices": 8} | other))


def of(text):
    return P.Potential(text)


@pytest.mark.parametrize("text", HELD)
def test_wells_hold_closed_paths_and_free_ends(text):
    assert paths(of(text)).closed
    assert not paths(of(text), ends=P.FreeEnds()).closed


@pytest.mark.parametrize("text", NOT_HELD)
def test_what_does_not_hold_a_path_is_refused_within_a_second(text):
    start = time.process_time()
    for ends in (P.Periodic(), P.FreeEnds()):
        with pytest.raises(NotNormalisableError, match=NOT_HELD[text]):
            paths(of(text), ends=ends)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("V", [P.morse(4.0), P.poschl_teller(4.0), P.coulomb()])
def test_wells_with_a_continuum_hold_a_path_by_its_end_only(V):
    with pytest.raises(NotNormalisableError, match="Fix an end, or add a confining term"):
        paths(V)
    at = np.ones(V.dof)
    assert paths(V, ends=P.HalfLine(at)).dof == V.dof
    assert paths(V, ends=P.FixedEnds(at, at)).dof == V.dof


def test_a_trap_holds_the_coulomb_well():
    assert paths(P.coulomb(trap=0.1)).dof == 3


def test_functions_are_probed_as_formulas_are():
    assert paths(lambda x: jnp.where(jnp.abs(x) < 1, 0.0, jnp.inf)).dof == 1
    assert paths(P.CentralPotential(lambda r: r**4 - r)).dof == 3
    bad = (lambda x: (1 - jnp.exp(-x)) ** 2, lambda x: -(x**4), lambda x: x * 0)
    for V in bad:
        with pytest.raises(NotNormalisableError):
            paths(V)
    ring = lambda x: jnp.sum((x - jnp.roll(x, 1, 0)) ** 4, 0)
    with pytest.raises(NotNormalisableError, match="does not grow enough in the direction"):
        paths(ring, mass=np.ones(6))


def test_a_logarithm_holds_the_cold_only():
    """Z of 2 c log(x) is finite where 2 c beta > 1."""
    V = of("0.25*log(1 + x**2)")
    assert paths(V, beta=4.0).dof == 1
    with pytest.raises(NotNormalisableError):
        paths(V, beta=1.0)


@pytest.mark.parametrize("text", ["-x**2/2", "-sqrt(1 + x**4)/2"])
@pytest.mark.parametrize(
    ("ends", "longest"), [(P.FixedEnds(0.0, 1.0), np.pi), (P.HalfLine(1.0), np.pi / 2)]
)
def test_an_inverted_parabola_holds_for_a_short_while(text, ends, longest):
    """Fixed ends until omega T = pi, one fixed end until pi / 2: the lattice's own stability."""
    assert paths(of(text), ends=ends, beta=longest * 0.98, slices=200).dof == 1
    with pytest.raises(NotNormalisableError, match="no bound"):
        paths(of(text), ends=ends, beta=longest * 1.02, slices=200)
    slowest = np.linalg.eigvalsh(jax.hessian(paths_action(ends, longest * 0.98))(jnp.zeros(200)))
    assert slowest[0 if isinstance(ends, P.HalfLine) else 1] > 0


def paths_action(ends, T):
    """The action of -x^2/2 as a function of the sites that are free (fixed end: one is idle)."""
    fixed, dt = isinstance(ends, P.FixedEnds), T / 200
    weight = jnp.ones(200).at[-1].set(0.0 if fixed else 0.5)

    def action(x):
        x = jnp.where(weight > 0, x, 0.0)
        steps = jnp.diff(x, prepend=0.0)
        return jnp.sum(steps**2) / (2 * dt) - dt * jnp.sum(weight * x**2) / 2

    return action


@pytest.mark.parametrize("text", ["log(x)", "x**2 + sqrt(x)", "x**2/sqrt(x - x)"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="be a number everywhere"):
        paths(of(text))


def test_springs_without_a_trap_are_refused():
    assert P.confinement(P.coupled_oscillators(4, 3)).kind == "confining"
    assert P.confinement(P.coupled_oscillators(4, 3, trap=0.0)).kind == "flat"
    assert P.confinement(P.QuadraticPotential([[1.0, 2.0], [2.0, 1.0]])).fall == pytest.approx(0.5)


def test_under_a_trace_nothing_is_said():
    @jax.jit
    def action(a):
        own, closed = paths(P.Potential("k*x**3", k=a)), paths(lambda x: a * x**3)
        return own.action(jnp.ones((1, 8))) + closed.action(jnp.ones((1, 8)))

    assert jnp.allclose(action(3.0), 12.0)


@pytest.mark.parametrize(
    ("V", "component", "even"),
    [
        (P.double_well(), None, True),
        (P.tilted_double_well(), None, False),
        (of("(x - 1)**2 + (x + 1)**2"), None, True),
        (of("x**2 + y*cos(x)"), 0, True),
        (of("x**2 + y*cos(x)"), 1, False),
        (of("x*y + y**2"), None, True),
        (of("x*y + y**2"), 0, False),
        (P.coupled_oscillators(2), None, True),
        (P.coupled_oscillators(2), 0, False),
        (P.harmonic(centre=1e-6), None, False),
        (P.FunctionPotential(lambda x: x**4 - x**2), 0, True),
        (P.FunctionPotential(lambda x: x**4 - 1e-6 * x**3), 0, False),
    ],
)
def test_parity(V, component, even):
    assert P.is_even(V, component) == even


def test_coarseness_is_the_turn_of_a_slice():
    assert P.coarseness(paths("x**2/2", beta=8.0)) == pytest.approx(1.0, rel=1e-3)
    stiff = paths(P.harmonic([1.0, 3.0], mass=[0.5, 2.0]), mass=[0.5, 2.0], slices=32)
    assert P.coarseness(stiff) == pytest.approx(3 * 2 / 32, rel=1e-3)
