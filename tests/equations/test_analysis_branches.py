"""Continuation and phase portraits against normal forms and Beer's closed boundaries."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from feynax.equations import (
    bifurcation_curve,
    bifurcation_diagram,
    continuation,
    fixed_points,
    phase_portrait,
)

sigmoid = jax.nn.sigmoid


def beer_fold(w, sign):
    """Current of the fold of one unit with bias 0: Beer (1995), section 3."""
    root = np.sqrt(np.maximum(w * (w - 4), 0))
    inner = (np.sqrt(w) + np.sqrt(np.maximum(w - 4, 0))) / 2
    return sign * 2 * np.log(inner) - (w + sign * root) / 2


def one_unit(y, p, q):
    return -y + q * sigmoid(y) + p


def oscillator(y, p, q):
    """Beer's two units, kept centre-crossing: Hopf at p = 4 for every q, frequency q / 4."""
    W = jnp.stack([jnp.stack([p, q]), jnp.stack([-q, p])])
    return -y + W @ sigmoid(y - jnp.stack([p + q, p - q]) / 2)


def test_folds_of_one_unit_are_beers():
    branch = continuation(lambda y, p: one_unit(y, p, 8.0), [-7.0], (-8.0, 0.0), kind="field")
    found = sorted((b.name, b.parameter) for b in branch.bifurcations)
    assert [name for name, _ in found] == ["fold", "fold"]
    expected = sorted(beer_fold(8.0, s) for s in (1, -1))
    assert [p for _, p in found] == pytest.approx(expected, abs=1e-10)
    assert branch.parameters[-1] == 0.0
    # bistable exactly between the folds
    inside = (branch.parameters > expected[0]) & (branch.parameters < expected[1])
    assert branch.stable[~inside].all()
    assert (~branch.stable).any()


def test_every_point_of_a_branch_rests():
    branch = continuation(lambda y, p: one_unit(y, p, 6.0), [-5.0], (-6.0, 0.0), kind="field")
    moved = jax.vmap(lambda y, p: one_unit(y, p, 6.0))(branch.states, branch.parameters)
    assert jnp.abs(moved).max() < 1e-9


def test_curve_of_folds_has_beers_cusp():
    fold = continuation(lambda y, p: one_unit(y, p, 8.0), [-7.0], (-8.0, 0.0), kind="field")
    curve = bifurcation_curve(
        one_unit, fold.bifurcations[0], 8.0, ((-20.0, 0.0), (1.0, 12.0)), kind="field", step=0.2
    )
    current, w = curve.parameters.T
    nearest = np.minimum(*(np.abs(current - beer_fold(w, s)) for s in (1, -1)))
    assert nearest.max() < 1e-9
    assert curve.cusps == pytest.approx(np.array([[-2.0, 4.0]]), abs=1e-6)
    assert curve.ended == ("left", "left")
    assert (np.abs(current - beer_fold(w, 1)) < 1e-6).any()
    assert (np.abs(current - beer_fold(w, -1)) < 1e-6).any()


def test_hopf_point_of_beers_oscillator_and_its_curve():
    branch = continuation(lambda y, p: oscillator(y, p, 1.0), [1.5, 0.5], (2.0, 5.0), kind="field")
    (hopf,) = branch.bifurcations
    assert (hopf.name, hopf.parameter) == ("hopf", pytest.approx(4.0, abs=1e-10))
    assert hopf.frequency == pytest.approx(0.25, abs=1e-10)
    box = ((2.0, 6.0), (0.05, 3.0))
    curve = bifurcation_curve(oscillator, hopf, 1.0, box, kind="field", step=0.2)
    assert np.abs(curve.parameters[:, 0] - 4).max() < 1e-10
    assert np.abs(curve.frequencies - curve.parameters[:, 1] / 4).max() < 1e-10


def test_logistic_map_crosses_and_doubles():
    found = bifurcation_diagram(lambda y, p: p * y * (1 - y), [[0.0]], (0.5, 3.5))
    events = {b.name: b for branch in found for b in branch.bifurcations}
    assert events["branch"].parameter == pytest.approx(1.0, abs=1e-9)
    assert events["period doubling"].parameter == pytest.approx(3.0, abs=1e-9)
    end = [b.states[-1, 0] for b in found if b.parameters[-1] == 3.5]
    assert sorted(end) == pytest.approx([0.0, 1 - 1 / 3.5], abs=1e-9)


def test_delayed_logistic_map_has_its_torus_point():
    """Neimark-Sacker at p = 2 with the angle pi / 3."""
    branch = continuation(
        lambda y, p: jnp.stack([p * y[0] * (1 - y[1]), y[0]]), [0.4, 0.4], (1.7, 2.2)
    )
    (torus,) = branch.bifurcations
    assert torus.name == "torus"
    assert torus.parameter == pytest.approx(2.0, abs=1e-9)
    assert torus.frequency == pytest.approx(np.pi / 3, abs=1e-9)


def test_period_doubling_curve_in_two_parameters():
    """y -> p y (1 - y) + q doubles where (p - 1)^2 + 4 p q ... = 4 in closed form."""

    def shifted(y, p, q):
        return p * y * (1 - y) + q

    doubling = continuation(lambda y, p: shifted(y, p, 0.0), [0.5], (2.0, 3.5)).bifurcations[0]
    curve = bifurcation_curve(shifted, doubling, 0.0, ((2.0, 4.0), (-0.2, 0.2)))
    p, q = curve.parameters.T
    y = (p + 1) / (2 * p)  # slope p (1 - 2 y) = -1
    assert np.abs(shifted(y, p, q) - y).max() < 1e-9
    assert curve.ended == ("left", "left")


def test_pitchfork_is_left_both_ways():
    found = bifurcation_diagram(lambda y, p: p * y - y**3, [[0.0]], (-1.0, 1.0), kind="field")
    ends = sorted(b.states[-1, 0] for b in found)
    assert ends == pytest.approx([-1, 0, 1], abs=1e-9)
    assert [b.stable[-1] for b in found] == [False, True, True]


def test_two_real_eigenvalues_that_cancel_are_no_hopf_point():
    branch = continuation(
        lambda y, p: jnp.stack([(p + 0.5) * y[0], -0.5 * y[1]]),
        [0.0, 0.0],
        (-0.2, 0.4),
        kind="field",
    )
    assert branch.bifurcations == ()


def test_no_solution_near_the_start_is_an_error():
    with pytest.raises(ValueError, match="`start` must lie near a solution"):
        continuation(lambda y, p: y**2 + 1 + 0 * p, [0.5], (0.0, 1.0), kind="field")
    with pytest.raises(ValueError, match="`span` must hold two finite numbers"):
        continuation(lambda y, p: y + p, [0.5], (0.0, 0.0))


def test_portrait_of_beers_oscillator():
    def field(y):
        return oscillator(y, 4.5, 1.0)

    portrait = phase_portrait(field, (-1.0, 7.0), (-2.0, 5.0), starts=[[3.0, 1.0]], steps=2000)
    assert portrait.rest.stability == ("unstable",)
    assert portrait.rest.points[0] == pytest.approx([2.75, 1.75], abs=1e-10)
    for part, lines in enumerate(portrait.nullclines):
        for line in lines:
            assert jnp.abs(jax.vmap(field)(jnp.asarray(line))[:, part]).max() < 1e-10
    # the orbit has settled on a cycle: it comes back to where it was
    orbit = portrait.orbits[0]
    late, swing = orbit[-800:], np.ptp(orbit[-800:, 0])
    back = np.linalg.norm(late[:-600, None] - late[None, 300:], axis=-1).min(1)
    assert swing > 2.0
    assert back.max() < 0.05 * swing


def test_portrait_of_a_map_without_resting_points_inside():
    portrait = phase_portrait(lambda y: y + 1.0, (-1.0, 1.0), (-1.0, 1.0), kind="map", resolution=5)
    assert len(portrait.rest) == 0
    assert portrait.nullclines == ((), ())
    assert np.allclose(portrait.motion, 1.0)


def test_continuation_agrees_with_newton_from_scratch():
    W = jnp.asarray(np.random.default_rng(7).normal(size=(4, 4)))

    def field(y, p):
        return -y + jnp.tanh(p * (W @ y) + 0.3)

    branch = continuation(field, np.zeros(4), (0.1, 0.8), kind="field")
    found = fixed_points(lambda y: field(y, 0.8), branch.states[-1:], kind="field")
    assert np.allclose(found.points[0], branch.states[-1], atol=1e-10)
    assert found.stability[0] == ("stable" if branch.stable[-1] else "saddle")
