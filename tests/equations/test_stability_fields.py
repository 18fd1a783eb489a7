"""Constants of fields, explicit methods on circles, norms of steps, and oscillations."""

import itertools
import math

import numpy as np
import pytest

import feynax as fx
from feynax.equations import FREQUENCY_LIMITS, FieldBound, StepNorms, tableau


def test_gradient_field_holds():
    rng = np.random.default_rng(0)
    W, spin = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    A = spin - spin.T
    bound = fx.equations.gradient_field(W, antisymmetric=A, damping=0.2, slopes=(0.1, 1.0))
    plain = fx.equations.gradient_field(W)
    for _ in range(200):
        S = np.diag(rng.uniform(0.1, 1.0, 5))
        J = A - 0.2 * np.eye(3) - W.T @ S @ W
        assert np.linalg.eigvalsh((J + J.T) / 2)[-1] <= bound.nu + 1e-12
        assert np.linalg.norm(J, 2) <= bound.lipschitz + 1e-12
        dy = rng.normal(size=3)
        df = -W.T @ S @ W @ dy
        assert df @ dy <= -df @ df / plain.cocoercivity + 1e-12


def test_cheap_bound_of_the_antisymmetric_layer():
    """All slope patterns of eight units stay below half the norm, and come near it."""
    rng = np.random.default_rng(1)
    spin = rng.normal(size=(8, 8)) / math.sqrt(8)
    A = spin - spin.T
    bound = fx.equations.layer_field(A)
    assert bound.nu == pytest.approx(np.linalg.norm(A, 2) / 2)
    tops = []
    for slopes in itertools.product((0.0, 1.0), repeat=8):
        J = np.diag(slopes) @ A
        tops.append(np.linalg.eigvalsh((J + J.T) / 2)[-1])
    assert 0.7 * bound.nu < max(tops) <= bound.nu + 1e-12


def test_hopfield_is_monotone_in_its_own_inner_product():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(4, 4))
    P, C = X @ X.T + 0.1 * np.eye(4), rng.uniform(0.5, 2, 4)
    bound = fx.equations.hopfield_field(C, P)
    assert bound.is_monotone
    assert fx.equations.layer_field(-np.diag(C) @ P).nu > 0
    root = np.linalg.cholesky(P).T
    for _ in range(200):
        J = -np.diag(rng.uniform(0, 1, 4)) @ np.diag(C) @ P
        turned = root @ J @ np.linalg.inv(root)
        assert np.linalg.eigvalsh((turned + turned.T) / 2)[-1] <= 1e-12
        assert np.linalg.norm(turned, 2) <= bound.lipschitz + 1e-12
        assert fx.equations.algebraic_certificate(tableau("gauss_2"), bound)
    with pytest.raises(ValueError, match="`coupling` must be positive definite"):
        fx.equations.hopfield_field(C, -P)
    with pytest.raises(ValueError, match="`gains` must not be negative"):
        fx.equations.hopfield_field(-C, P)


@pytest.mark.parametrize("kind", ["euler", "implicit_euler"])
def test_max_norm_rate_is_attained_at_a_vertex(kind):
    rng = np.random.default_rng(3)
    W = 0.1 * rng.normal(size=(4, 4)) - np.eye(4)
    rate = fx.equations.max_norm_rate(W, 0.7, method=kind)
    found = []
    for slopes in itertools.product((0.0, 1.0), repeat=4):
        J = 0.7 * np.diag(slopes) @ W
        step = np.eye(4) + J if kind == "euler" else np.linalg.inv(np.eye(4) - J)
        found.append(np.abs(step).sum(1).max())
    assert max(found) <= rate + 1e-12
    assert rate <= 1
    assert max(found) == pytest.approx(rate)
    assert fx.equations.max_norm_rate(np.eye(1), 2.0, method="implicit_euler") == math.inf


def test_circle_certificate():
    """Euler on -y: contractive up to h = 2, no further."""
    field = fx.equations.gradient_field(np.eye(2))
    assert fx.equations.circle_certificate(tableau("euler"), field, 1.9).margin == pytest.approx(
        0.1
    )
    beyond = fx.equations.circle_certificate(tableau("euler"), field, 2.1)
    assert beyond.verdict is fx.Verdict.UNDECIDED
    assert not fx.equations.circle_certificate(tableau("midpoint"), field, 0.1)
    assert fx.equations.circle_certificate(tableau("gauss_2"), field, 50.0)


def test_certified_explicit_steps_contract_nonlinear_fields():
    """300 pairs: RK4 at its largest certified step on -W^T tanh(Wy + b)."""
    rng = np.random.default_rng(4)
    W, b = rng.normal(size=(6, 4)), rng.normal(size=6)
    field = fx.equations.gradient_field(W)
    h = 2 / field.cocoercivity
    assert fx.equations.circle_certificate(tableau("rk4"), field, h)
    f = lambda y: -np.tanh(y @ W.T + b) @ W

    def step(y):
        k1 = f(y)
        k2 = f(y + h / 2 * k1)
        k3 = f(y + h / 2 * k2)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + f(y + h * k3))

    y, other = rng.normal(size=(2, 300, 4))
    ratio = np.linalg.norm(step(y) - step(other), axis=1) / np.linalg.norm(y - other, axis=1)
    assert ratio.max() <= 1


def test_field_bounds_are_checked():
    with pytest.raises(ValueError, match="`lipschitz` must be at least -nu"):
        FieldBound(nu=-2.0, lipschitz=1.0)
    with pytest.raises(ValueError, match="`antisymmetric` must be antisymmetric"):
        fx.equations.gradient_field(np.eye(2), antisymmetric=np.eye(2))
    with pytest.raises(ValueError, match="`slopes` must be ordered"):
        fx.equations.layer_field(np.eye(2), slopes=(1.0, 0.5))


def random_norms(rng, implicit):
    n = 3
    alpha = rng.uniform(0, 0.4, (n, n)) * (1 if implicit else np.tril(np.ones((n, n)), -1))
    draw = lambda size: rng.uniform(0, 0.5, size)
    return StepNorms(
        draw(n + 1),
        draw(n + 1),
        draw(n + 1),
        alpha,
        draw(n),
        np.ones(n + 1),
        np.array([0, 0, 1, 1]),
    )


@pytest.mark.parametrize("implicit", [False, True])
def test_recursion_is_attained_by_positive_scalars(implicit):
    """With scalar positive coefficients and identity activations the bound is an equality."""
    norms = random_norms(np.random.default_rng(6), implicit)
    h, n = 0.8, 3
    slope = fx.equations.lipschitz_recursion(norms, h)
    wanted = []
    for lag in range(2):
        reads = (norms.lags == lag) * norms.weight
        k = np.zeros(n)
        for _ in range(200):
            before = np.concatenate([[0.0], k[:-1]])
            gamma = np.concatenate([[0.0], norms.gamma[1:n]])
            k = gamma * before + norms.kappa[:n] * (reads[:n] + h * norms.alpha @ k)
        out = norms.kappa[n] * (reads[n] + h * norms.beta @ k) + norms.gamma[n] * (lag == 0)
        wanted.append(out)
    np.testing.assert_allclose(slope, wanted, rtol=1e-12)


def test_recursion_certificate():
    norms = random_norms(np.random.default_rng(6), True)
    cert = fx.equations.lipschitz_certificate(norms, 0.8, limit=1.0)
    factors = fx.equations.lipschitz_recursion(norms, 0.8)
    assert cert
    root = cert.rate
    assert root**2 == pytest.approx(factors[0] * root + factors[1])
    wild = StepNorms(*[np.ones(2)] * 3, 5 * np.ones((1, 1)), np.ones(1), np.ones(2))
    lost = fx.equations.lipschitz_certificate(wild, 1.0, limit=1.0)
    assert lost.bounds[1] == math.inf
    with pytest.raises(ValueError, match="`gamma` must have shape"):
        StepNorms(np.ones(2), np.ones(2), np.ones(3), np.ones((1, 1)), np.ones(1), np.ones(2))
    with pytest.raises(ValueError, match="`kappa` must hold norms"):
        StepNorms(np.ones(2), -np.ones(2), np.ones(2), np.ones((1, 1)), np.ones(1), np.ones(2))


@pytest.mark.parametrize("scheme", FREQUENCY_LIMITS)
def test_frequency_limits(scheme):
    """Just inside the limit the spectral radius is 1, just outside it is not."""
    limit = FREQUENCY_LIMITS[scheme]
    radius = lambda z: np.abs(np.linalg.eigvals(fx.equations.amplification(scheme, z))).max()
    if limit == math.inf:
        assert radius(1e3) == pytest.approx(1, abs=1e-9)
        return
    if limit:
        assert radius(limit - 1e-3) == pytest.approx(1, abs=1e-12)
    assert radius(limit + 1e-3) > 1 + 4e-7


def test_frequency_certificates():
    spin = np.array([[0.0, 2.0], [-2.0, 0.0]])
    assert fx.equations.frequency_certificate("verlet", spin, 0.9).margin == pytest.approx(0.2)
    over = fx.equations.frequency_certificate("two_step_leapfrog", spin, 0.5)
    assert over.verdict is fx.Verdict.REFUTED  # a double root: linear growth
    assert over.witness.stretch > 10
    never = fx.equations.frequency_certificate("euler", spin, 0.1)
    assert never.rate == pytest.approx(math.sqrt(1.04))
    with pytest.raises(ValueError, match="`generator` must be antisymmetric"):
        fx.equations.frequency_certificate("euler", np.eye(2), 0.1)


def test_symplectic_euler_just_past_its_limit():
    turn = fx.equations.amplification("symplectic_euler", 2.001)
    assert np.abs(np.linalg.eigvals(turn)).max() - 1 == pytest.approx(0.065, abs=5e-4)


def test_smallest_damping():
    """On the circle with it, outside with a little less; the published 0.01 is too small."""
    h, w = 0.1, 4.53
    damping = fx.equations.smallest_damping(h, w)
    radius = lambda gamma: abs(1 + h * (1j * w - gamma))
    assert radius(damping) == pytest.approx(1, abs=1e-12)
    assert radius(0.99 * damping) > 1
    assert damping > 0.01
    with pytest.raises(ValueError, match="beyond it no damping suffices"):
        fx.equations.smallest_damping(0.5, 2.1)


@pytest.mark.parametrize(("size", "radius"), [(0.95, 2.397385115101454), (1.9, 14.965278658223616)])
def test_resonance(size, radius):
    """Alternating signs below the limit of 2 (and of 1) still pump the oscillation."""
    pair = [np.array([[size]]), np.array([[-size]])]
    cert = fx.equations.resonance_certificate(pair, 1.0)
    assert cert.verdict is fx.Verdict.REFUTED
    assert cert.rate == pytest.approx(radius, rel=1e-10)
    assert fx.equations.resonance_certificate(pair[:1], 1.0)


def test_unclear_resonance_is_undecided():
    edge = [np.array([[2.0]])]
    assert fx.equations.resonance_certificate(edge, 1.0).verdict is fx.Verdict.UNDECIDED


def test_printed_pair_is_not_symplectic():
    """q' = s(Kp), p' = -s(K^T q) keeps volume; with the outer transpose it keeps the form."""
    rng = np.random.default_rng(7)
    K = rng.normal(size=(3, 3))
    slopes = lambda: np.diag(rng.uniform(0.2, 1, 3))
    one, none = np.eye(3), np.zeros((3, 3))
    shear = lambda kick, drift: (
        np.block([[one, drift], [none, one]]) @ np.block([[one, none], [kick, one]])
    )
    printed = shear(-slopes() @ K.T, slopes() @ K)
    right = shear(-K.T @ slopes() @ K, K.T @ slopes() @ K)
    assert np.linalg.det(printed) == pytest.approx(1)
    assert fx.equations.symplectic_defect(printed) > 0.1
    assert fx.equations.symplectic_defect(right) < 1e-13
    with pytest.raises(ValueError, match="`jacobian` must have an even size"):
        fx.equations.symplectic_defect(np.eye(3))
