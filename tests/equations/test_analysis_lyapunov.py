"""Lyapunov spectra against closed forms and published values."""

import jax.numpy as jnp
import numpy as np
import pytest

from feynax.equations import kaplan_yorke, lyapunov_spectrum
from feynax.equations._analysis._lyapunov import orthonormalise


def starts(centre, spread, chains=32):
    rng = np.random.default_rng(0)
    return np.array(centre) + spread * rng.uniform(-1, 1, (chains, len(centre)))


def test_cat_map_closed_form():
    cat = jnp.array([[2.0, 1.0], [1.0, 1.0]])
    found = lyapunov_spectrum(lambda y: cat @ y % 1.0, [0.1, 0.2], steps=2000)
    assert found.values == pytest.approx([0.9624236501192069, -0.9624236501192069], abs=1e-12)


def test_logistic_map_closed_form():
    found = lyapunov_spectrum(lambda y: 4 * y * (1 - y), starts([0.4], 0.3), steps=20_000)
    error = found.exponents[0].error
    assert error < 2e-4
    assert abs(found.values[0] - np.log(2)) < 4 * error  # four sigma, fixed starts
    assert found.dimension.value == 1.0


def test_henon_published():
    def henon(s):
        return jnp.stack([1 + s[1] - 1.4 * s[0] ** 2, 0.3 * s[0]])

    found = lyapunov_spectrum(henon, starts([0.0, 0.0], 0.1), steps=40_000)
    away = np.abs(found.values - [0.41922, -1.62319])
    assert np.all(away < 4 * found.errors + 1e-5)  # four sigma and the published digit
    assert found.errors.max() < 1e-3
    assert found.values.sum() == pytest.approx(np.log(0.3), abs=1e-12)  # constant determinant
    assert abs(found.dimension.value - 1.25827) < 4 * found.dimension.error + 1e-5


def test_lorenz_published_with_the_sum_of_its_divergence():
    def lorenz(s):
        x, y, z = s
        return jnp.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])

    found = lyapunov_spectrum(
        lorenz, starts([1.0, 1.0, 20.0], 5.0), kind="field", steps=10_000, step=0.01
    )
    away = np.abs(found.values - [0.9056, 0, -14.5723])
    assert np.all(away < 4 * found.errors + 1e-4)
    assert found.errors.max() < 0.02
    assert found.values.sum() == pytest.approx(-41 / 3, abs=2e-4)  # step error of order h^4
    assert abs(found.dimension.value - 2.06215) < 4 * found.dimension.error + 1e-4


def test_leading_exponents_alone_agree_with_all():
    def ring(y):
        g = 1 - 1.7 * y**2
        return 0.9 * g + 0.1 * jnp.roll(g, 1)

    y = starts([0.1] * 10, 0.05, 2)
    some = lyapunov_spectrum(ring, y, steps=1000, count=3)
    every = lyapunov_spectrum(ring, y, steps=1000)
    assert some.values == pytest.approx(every.values[:3], rel=0.05)
    assert np.isnan(some.dimension.value) or some.values.sum() < 0
    assert len(every.exponents) == 10  # LAPACK's way of orthonormalising


def test_linear_field_has_the_real_parts_of_its_eigenvalues():
    A = jnp.array([[-0.1, 2.0, 0.0], [-2.0, -0.1, 0.0], [0.3, 0.0, -1.0]])
    found = lyapunov_spectrum(
        lambda y: A @ y, [1.0, 0.0, 0.0], kind="field", steps=20_000, transient=20_000, step=0.01
    )
    assert found.values == pytest.approx([-0.1, -0.1, -1.0], abs=2e-3)


def test_orthonormal_rows_and_their_sizes():
    rows = jnp.asarray(np.random.default_rng(2).normal(size=(3, 5)))
    Q, logs = orthonormalise(rows)
    R = np.linalg.qr(rows.T)[1]
    assert np.allclose(Q @ Q.T, np.eye(3), atol=1e-14)
    assert np.allclose(logs, np.log(np.abs(np.diag(R))))


@pytest.mark.float32
@pytest.mark.parametrize(
    ("exponents", "dimension"),
    [([1.0, -2.0], 1.5), ([-1.0, -2.0], 0.0), ([1.0, 0.5], 2.0), ([0.0, -1.0], 1.0)],
)
def test_kaplan_yorke(exponents, dimension):
    assert kaplan_yorke(exponents) == pytest.approx(dimension)


def test_a_trajectory_that_diverges_is_an_error():
    with pytest.raises(ArithmeticError, match="1 of 1 left it"):
        lyapunov_spectrum(lambda y: y**2, [2.0], steps=640)
