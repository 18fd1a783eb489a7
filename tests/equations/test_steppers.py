"""One cross product: every stepper against the exponential of the dense generator."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg as sl

from feynax.equations import (
    ADI,
    AdvectionDiffusion,
    Cosine,
    Euler,
    Exact,
    Fourier,
    Implicit,
    Strang,
    gain,
    kernel_from_pde,
    operator_matrix,
    stepper,
)
from feynax.equations._expm import expm

NAMES = ("a2", "beta", "sigma2", "rho", "gamma", "mixed")
SHAPE = (2, 5, 6)


def coefficients(present, seed=0):
    rng = np.random.default_rng(seed)
    values = {name: rng.uniform(0.2, 0.9, SHAPE[0]) for name in NAMES}
    values["rho"], values["gamma"] = -values["rho"], -0.3 * values["gamma"]
    return AdvectionDiffusion(**{name: values[name] for name in present})


def shifts(n, boundary):
    """Matrices reading the right and left neighbour, written out site by site."""
    forth, back = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        for matrix, j in ((forth, i + 1), (back, i - 1)):
            if boundary == "periodic":
                matrix[i, j % n] += 1
            elif 0 <= j < n:
                matrix[i, j] += 1
            elif boundary == "neumann":
                matrix[i, i] += 1
    return forth, back


def generator(pde, channel, boundary, shape=SHAPE):
    """Dense generator on the flattened lattice (rows first)."""
    t = {name: np.broadcast_to(v, shape[0])[channel] for name, v in pde.arrays().items()}
    (fy, by), (fx, bx) = shifts(shape[1], boundary), shifts(shape[2], boundary)
    one_y, one_x = np.eye(shape[1]), np.eye(shape[2])
    A = t["a2"] / 2 * np.kron(one_y, fx + bx - 2 * one_x) + t["beta"] / 2 * np.kron(one_y, fx - bx)
    A += t["sigma2"] / 2 * np.kron(fy + by - 2 * one_y, one_x)
    A += t["rho"] / 2 * np.kron(fy - by, one_x) + t["gamma"] * np.kron(one_y, one_x)
    return A + t["mixed"] / 4 * np.kron(fy - by, fx - bx)


CASES = [
    (Euler(), "zero", NAMES),
    (Euler("periodic"), "periodic", NAMES),
    (Euler("neumann"), "neumann", NAMES),
    (Implicit(), "zero", NAMES[:5]),
    (Implicit("periodic"), "periodic", NAMES[:5]),
    (ADI(), "zero", NAMES[:5]),
    (ADI("neumann"), "neumann", NAMES[:5]),
    (Exact(), "zero", NAMES[:5]),
    (Exact("periodic"), "periodic", NAMES[:5]),
    (Exact("neumann"), "neumann", NAMES[:5]),
    (Fourier(), "periodic", NAMES),
    (Cosine(), "neumann", ("a2", "sigma2", "gamma")),
    (Strang(), "zero", NAMES),
]
IDS = [f"{type(case[0]).__name__}-{case[1]}" for case in CASES]


@eqx.filter_jit
def _run(method, pde, psi, steps, h):
    operators = method.prepare(pde, psi.shape[:3], h)
    return jax.lax.fori_loop(0, steps, lambda _, p: method.apply(operators, p), psi)


def run(method, pde, psi, steps, time=1.0):
    """Compiled once a method and shape: the number of steps is traced."""
    return _run(method, pde, psi, jnp.asarray(steps), jnp.asarray(time / steps, psi.dtype))


@pytest.mark.parametrize(("method", "boundary", "present"), CASES, ids=IDS)
def test_order_and_bound_against_the_dense_exponential(method, boundary, present):
    pde = coefficients(present)
    sites = SHAPE[1] * SHAPE[2]
    basis = jnp.broadcast_to(jnp.eye(sites).reshape(1, *SHAPE[1:], sites), (*SHAPE, sites))

    def matrix(steps, time=1.0):
        found = run(method, pde, basis, steps, time)  # the batch comes last
        return np.asarray(found).reshape(SHAPE[0], sites, sites)

    wanted = [sl.expm(generator(pde, c, boundary)) for c in range(SHAPE[0])]
    few, many = (np.abs(matrix(steps) - wanted).max() for steps in (16, 32))
    if method.order is None:
        assert max(few, many) < 1e-12
    else:
        assert np.log2(few / many) == pytest.approx(method.order, abs=0.12)
        assert many < 0.1
    norm = np.linalg.norm(matrix(1, 0.7), 2, axis=(1, 2)).max()
    assert norm <= method.bound(pde, 0.7) * (1 + 1e-12)


def test_bounds_are_not_idle():
    """Growing equations have bounds above one, and no bound where a pole is crossed."""
    growing = AdvectionDiffusion(a2=0.5, sigma2=-0.1, gamma=0.3)
    for method in (Euler(), Implicit(), ADI(), Exact(), Fourier(), Cosine(), Strang()):
        assert 1 < method.bound(growing, 0.5) < 2
        assert method.bound(AdvectionDiffusion(a2=0.5, sigma2=0.4), 0.5) <= 1 + 1e-11
    assert Implicit().bound(AdvectionDiffusion(gamma=3.0), 1.0) == np.inf
    assert ADI().bound(AdvectionDiffusion(gamma=5.0), 1.0) == np.inf


def test_reference_propagator(reference):
    case = reference["exact_propagator_2d"]
    pde = AdvectionDiffusion(case["a2"], case["beta"], case["s2"], case["rho"], case["gamma"])
    psi = jnp.asarray(case["psi"])[None]
    found = Exact().apply(Exact().prepare(pde, psi.shape, case["t"]), psi)
    np.testing.assert_allclose(found[0], case["out"], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("euler", {4: 82.3, 16: 0.0632, 64: 0.0149}),
        ("implicit", {4: 0.175, 16: 0.0449, 64: 0.0112}),
        ("adi", {4: 0.0198, 16: 0.00125, 64: 7.8e-5}),
    ],
)
def test_figures_of_the_specification(name, figures):
    """Section 3: 28x28, zero padding, white noise; one seed, so to a factor of 2."""
    pde = AdvectionDiffusion(a2=4.0, sigma2=3.0, beta=1.5, rho=-1.0)
    psi = jnp.asarray(np.random.default_rng(3).normal(size=(1, 28, 28)))
    wanted = run(Exact(), pde, psi, 1)
    for steps, figure in figures.items():
        error = np.abs(run(stepper(name), pde, psi, steps) - wanted).max()
        assert 0.5 < error / np.abs(wanted).max() / figure < 2


def test_exact_does_not_depend_on_the_number_of_steps():
    pde = AdvectionDiffusion(a2=4.0, sigma2=3.0, beta=1.5, rho=-1.0)
    psi = jnp.asarray(np.random.default_rng(4).normal(size=(1, 28, 28)))
    whole = run(Exact(), pde, psi, 1)
    np.testing.assert_allclose(run(Exact(), pde, psi, 64), whole, atol=1e-13)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 0.3, 40.0, 3e3])
@pytest.mark.float32
def test_matrix_exponential(scale):
    """Against SciPy, over nine decades of the norm; diffusion keeps large norms harmless."""
    rng = np.random.default_rng(5)
    n = 12
    forth, back = shifts(n, "zero")
    drift = rng.uniform(-0.5, 0.5, (3, 1, 1))
    A = jnp.asarray(scale * ((forth + back) / 2 - np.eye(n) + drift * (forth - back)))
    wanted = np.stack([sl.expm(a) for a in np.asarray(A, np.float64)])
    tight = 1e-12 if A.dtype == jnp.float64 else 2e-4
    np.testing.assert_allclose(expm(A), wanted, atol=tight)


def test_matrix_exponential_of_mixed_norms():
    rng = np.random.default_rng(6)
    A = jnp.asarray(rng.normal(size=(3, 4, 4)) * np.array([1e-3, 1.0, 20.0])[:, None, None])
    for found, a in zip(expm(A), np.asarray(A), strict=True):
        wanted = sl.expm(a)
        np.testing.assert_allclose(found, wanted, atol=1e-10 * np.abs(wanted).max())
    assert np.isnan(expm(jnp.full((1, 2, 2), 1e9))).all()


@pytest.mark.parametrize(
    "name",
    [
        *("euler", "implicit", "adi", "exact", "fourier"),
        pytest.param("strang", marks=pytest.mark.float32),
    ],
)
def test_gradients_in_the_coefficients(name):
    present = NAMES if name in ("euler", "fourier", "strang") else NAMES[:5]
    pde = jax.tree.map(jnp.asarray, coefficients(present))
    method = stepper(name)
    psi = jnp.asarray(np.random.default_rng(7).normal(size=SHAPE))

    @jax.jit
    def loss(pde):
        operators = method.prepare(pde, psi.shape, 0.3)
        return jnp.sum(method.apply(operators, method.apply(operators, psi)) ** 2)

    slope = jax.jit(jax.grad(loss))(pde)
    along = coefficients(present, seed=8)
    double = psi.dtype == jnp.float64
    small = 1e-6 if double else 1e-2

    def moved(s):
        return loss(jax.tree.map(lambda p, d: p + jnp.asarray(s * d, p.dtype), pde, along))

    difference = float(moved(small) - moved(-small)) / (2 * small)
    direct = sum(
        float(np.sum(np.asarray(s) * d))
        for s, d in zip(jax.tree.leaves(slope), jax.tree.leaves(along), strict=True)
    )
    assert direct == pytest.approx(difference, rel=1e-7 if double else 1e-2)


def test_a_wave_on_the_torus_is_an_eigenfunction():
    pde = AdvectionDiffusion(a2=0.8, beta=0.5, sigma2=0.4, rho=-0.2, gamma=-0.1, mixed=0.3)
    y, x = np.mgrid[:6, :8]
    py, px = 2 * np.pi * 1 / 6, 2 * np.pi * 3 / 8
    rate = -0.1 + 0.8 * (np.cos(px) - 1) + 0.4 * (np.cos(py) - 1) - 0.3 * np.sin(px) * np.sin(py)
    turn = 0.5 * np.sin(px) - 0.2 * np.sin(py)
    wave = np.exp(1j * (px * x + py * y))
    operators = Fourier().prepare(pde, (1, 6, 8), 2.0)
    found = Fourier().apply(operators, jnp.asarray(wave.real)[None])[0]
    np.testing.assert_allclose(found, (np.exp(2 * (rate + 1j * turn)) * wave).real, atol=1e-13)


@pytest.mark.parametrize(("method", "boundary", "present"), CASES, ids=IDS)
def test_lattices_smaller_than_the_stencil(method, boundary, present):
    shape = (2, 1, 2)
    pde = AdvectionDiffusion(
        **{n: float(v[0]) for n, v in coefficients(present).arrays().items() if n in present}
    )
    psi = np.random.default_rng(9).normal(size=shape)
    found = run(method, pde, jnp.asarray(psi), 1, 0.01)
    A = generator(pde, 0, boundary, (1, *shape[1:]))
    wanted = psi.reshape(shape[0], -1) @ sl.expm(0.01 * A).T
    np.testing.assert_allclose(found, wanted.reshape(shape), atol=1e-3)


@pytest.mark.parametrize("method", [Euler(), Euler("periodic"), Fourier()])
def test_terms_of_every_order(method):
    """A 5x5 stencil with derivatives up to the eighth order, against its dense matrix."""
    C = np.random.default_rng(10).normal(size=(2, 5, 5)) * 0.1
    psi = np.random.default_rng(11).normal(size=SHAPE)
    found = method.apply(method.prepare(jnp.asarray(C), SHAPE, 0.3), jnp.asarray(psi))
    boundary = getattr(method, "boundary", "periodic")
    for c in range(2):
        A = operator_matrix(kernel_from_pde(C[c]), SHAPE[1:], boundary=boundary)
        step = sl.expm(0.3 * A) if method.order is None else np.eye(len(A)) + 0.3 * A
        np.testing.assert_allclose(found[c].ravel(), step @ psi[c].ravel(), atol=1e-12)
        assert np.linalg.norm(step, 2) <= method.bound(C, 0.3)


def test_even_terms_between_mirrors():
    C = np.zeros((1, 5, 3))
    C[0, 2, 0], C[0, 4, 2], C[0, 0, 2] = 0.4, -0.1, 0.3
    psi = np.random.default_rng(12).normal(size=(1, 4, 5))
    fine = Cosine().apply(Cosine().prepare(jnp.asarray(C), psi.shape, 1e-3), jnp.asarray(psi))
    euler = Euler("neumann")
    coarse = euler.apply(euler.prepare(jnp.asarray(C), psi.shape, 1e-3), jnp.asarray(psi))
    np.testing.assert_allclose(fine, coarse, atol=1e-4)  # h^2/2 of the squared generator
    assert np.abs(fine - psi).max() > 1e-3
    assert euler.bound(C, 0.3) >= gain(kernel_from_pde(C), h=0.3).upper - 1e-12
    C[0, 1, 0] = 0.1
    with pytest.raises(ValueError, match="even orders only"):
        Cosine().prepare(jnp.asarray(C), psi.shape, 1e-3)
    with pytest.raises(ValueError, match=r"have shape \(3, m, n\)"):
        Euler().prepare(jnp.asarray(C), (3, 4, 4), 1e-3)


def test_bad_steppers():
    with pytest.raises(ValueError, match="`stepper` must be one of adi, cosine, euler"):
        stepper("leapfrog")
    with pytest.raises(ValueError, match="`boundary` must be one of"):
        stepper("exact", boundary="open")
    with pytest.raises(ValueError, match="fit 3 channels"):
        Exact().prepare(AdvectionDiffusion(a2=np.ones(2)), (3, 4, 4), 0.1)
    with pytest.raises(ValueError, match="`mixed`"):
        Exact().prepare(AdvectionDiffusion(a2=0.1, mixed=0.1), (3, 4, 4), 0.1)
    with pytest.raises(ValueError, match="mirror symmetry"):
        Cosine().prepare(AdvectionDiffusion(a2=0.1, beta=0.1), (3, 4, 4), 0.1)
    with pytest.raises(ValueError, match="channels, height, width"):
        Euler().prepare(AdvectionDiffusion(a2=0.1), (4, 4), 0.1)  # pyright: ignore
