"""Resting points of all regimes, and tight adaptive solutions."""

import numpy as np
import pytest
from scipy.linalg import expm

import feynax as fx
from feynax.equations import ReLUField, regime_points


def test_every_point_and_nothing_else():
    """Against the condition itself, regime by regime, and against Newton's method."""
    rng = np.random.default_rng(2)
    genuine = 0
    for _ in range(20):
        weights, tau = 2 * rng.normal(size=(3, 3)), rng.uniform(0.5, 2, 3)
        field = ReLUField.ctrnn(weights, tau, rng.normal(size=3), rng.normal(size=3))
        found = regime_points(field)
        assert found.singular == ()
        assert len(found) + len(found.virtual) == 8
        for point, mask in zip(found.rests.points, found.masks, strict=True):
            assert np.allclose(field(0.0, point), 0, atol=1e-11 * (1 + np.abs(point).max()))
            assert np.array_equal(field.mask(point), mask)
        for point, mask in zip(found.virtual, found.virtual_masks, strict=True):
            assert np.allclose(field.regime(mask)(0.0, point), 0, atol=1e-9)
            assert not np.array_equal(field.mask(point), mask)
        genuine += len(found)
        if len(found) > 1:
            several = field, found
    assert genuine > 20
    field, found = several
    seen = fx.equations.fixed_points(
        lambda y: field(0.0, y), rng.normal(size=(32, 3)), kind="field"
    )
    gaps = np.linalg.norm(found.rests.points[:, None] - seen.points, axis=-1)
    assert len(seen) > 0
    assert np.all(gaps.min(axis=0) < 1e-9)
    order = gaps.argmin(axis=0)
    assert [found.rests.stability[k] for k in order] == list(seen.stability)


@pytest.mark.parametrize(
    ("weights", "kind"),
    [
        ([[1.0, -2.0], [2.0, 1.0]], "centre"),
        ([[0.5, -2.0], [2.0, 0.5]], "stable focus"),
        ([[1.5, -2.0], [2.0, 1.5]], "unstable focus"),
        ([[0.5, 0.25], [0.25, 0.5]], "stable node"),
        ([[2.5, 0.25], [0.25, 2.5]], "unstable node"),
        ([[0.0, -2.0], [-2.0, 0.0]], "saddle"),
    ],
)
def test_kinds_in_the_plane(weights, kind):
    drive = -(np.array(weights) - np.eye(2)) @ [1.0, 1.0]  # rests at (1, 1)
    found = regime_points(ReLUField.ctrnn(weights, current=drive))
    index = int(np.argmin(np.linalg.norm(found.rests.points - 1, axis=1)))
    assert np.allclose(found.rests.points[index], 1)
    assert found.kinds[index] == kind


def test_point_on_a_threshold_is_listed_once():
    found = regime_points(ReLUField.ctrnn([[0.5, 0.0], [0.0, 0.25]]))
    assert len(found) == 1
    assert found.rests.reached.tolist() == [4]
    assert np.array_equal(found.rests.points, [[0.0, 0.0]])


def test_singular_regimes():
    """y1' = 0 where unit 1 is on and 1 + I is 1; a drive more, and it rests nowhere there."""
    line = regime_points(ReLUField.ctrnn([[1.0, 0.0], [0.0, 0.5]], bias=[-1, 1], current=[1, 0]))
    assert [(r.mask, r.solvable, r.continuum) for r in line.singular] == [
        ((1, 0), True, False),  # its line lies where unit 2 is on
        ((1, 1), True, True),
    ]
    none = regime_points(ReLUField.ctrnn([[1.0, 0.0], [0.0, 0.5]], current=[1.0, 0.0]))
    assert [r.solvable for r in none.singular] == [False, False]
    still = ReLUField(np.zeros(2), np.zeros((2, 1)), np.ones((1, 2)), np.zeros(1), np.zeros(2))
    assert all(r.continuum for r in regime_points(still).singular)


def test_sixteen_units_at_most():
    with pytest.raises(ValueError, match="at most 16 units to list all regimes, but has 17"):
        regime_points(ReLUField.ctrnn(np.zeros((17, 17))))
    one = np.ones((1, 1))
    spoilt = ReLUField(np.ones(1), one, one, np.zeros(1), np.array([np.nan]))
    with pytest.raises(ValueError, match="Argument `drive` must be finite"):
        regime_points(spoilt)


@pytest.mark.float32
def test_solve_in_double_precision():
    turn = np.array([[0.0, 1.0], [-4.0, -0.25]], np.float32)
    ys = fx.equations.solve(lambda y: turn @ y, [1.0, 0.0], [0.0, 1.0, 3.0])
    exact = [expm(t * turn.astype(float)) @ [1.0, 0.0] for t in (0.0, 1.0, 3.0)]
    assert ys.dtype == np.float64
    assert np.allclose(ys, exact, rtol=0, atol=2e-12)
    assert fx.equations.solve(lambda y: turn @ y, [1.0, 0.0], 1.0).shape == (2,)


def test_solve_refuses():
    with pytest.raises(fx.UnfinishedFlowError, match="within 200 steps: it diverges"):
        fx.equations.solve(lambda y: y**2, [1.0], 2.0, max_steps=200)
    for arguments, name in [
        (([np.nan], 1.0), "y0"),
        (([1.0], [2.0, 1.0]), "ts"),
        ((1.0, 1.0), "y0"),
    ]:
        with pytest.raises(ValueError, match=f"Argument `{name}` must"):
            fx.equations.solve(lambda y: -y, *arguments)
    with pytest.raises(ValueError, match="Argument `solver` must be one of"):
        fx.equations.solve(lambda y: -y, [1.0], 1.0, solver="euler")
