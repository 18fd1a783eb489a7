import numpy as np
import pytest

from feynax._errors import NoGaussianError
from feynax.equations import gaussian_action, line_propagator, printed_action


def test_reference_action(reference):
    for case in reference["gaussian_action_1d"]:
        act = gaussian_action(case["a2"], case["beta"], case["gamma"])
        found = [act.drift, act.variance, act.log_mass]
        np.testing.assert_allclose(
            found, [case["drift"], case["variance"], case["log_mass"]], rtol=1e-12
        )


def errors(action, a2, beta, gamma, layers):
    dx, exact = line_propagator(a2, beta, gamma, layers)
    return np.abs(np.exp(action.log_propagator(dx, layers)) - exact).max() / np.abs(exact).max()


@pytest.mark.parametrize(
    ("pde", "layers", "printed", "normalised", "corrected"),
    [
        ((0.5, 0.2, 0.0), 1, 1.72, 0.105, 0.126364),
        ((0.5, 0.2, 0.0), 16, 2.35e6, 0.0394, 0.017),
        ((0.5, 0.2, 0.0), 256, 1.41e102, 0.0407, 0.003911),
        ((0.8, 0.4, -0.02), 16, 2.21e6, 0.117, 0.053607),
        ((0.8, 0.4, -0.02), 256, 1.39e102, 0.138, 0.012693),
        ((0.3, 0.29, 0.01), 16, 2.10e6, 0.161, 0.052703),
        ((0.3, 0.29, 0.01), 256, 1.26e102, 0.155, 0.011541),
    ],
)
def test_action_against_exact_propagator(pde, layers, printed, normalised, corrected):
    """The table of section 2.3: the printed width never converges, the corrected one does."""
    assert errors(printed_action(*pde), *pde, layers) == pytest.approx(printed, rel=5e-3)
    whole = printed_action(*pde, normalised=True)
    assert errors(whole, *pde, layers) == pytest.approx(normalised, rel=5e-3)
    assert errors(gaussian_action(*pde), *pde, layers) == pytest.approx(corrected, rel=1e-4)


def test_error_falls_with_the_central_limit():
    drifting = [errors(gaussian_action(0.5, 0.2), 0.5, 0.2, 0.0, n) for n in (64, 256)]
    assert drifting[0] / drifting[1] == pytest.approx(2, rel=0.05)
    still = [errors(gaussian_action(0.5), 0.5, 0.0, 0.0, n) for n in (64, 256)]
    assert still[0] / still[1] == pytest.approx(4, rel=0.05)


def test_propagator_is_the_power_of_the_layer():
    a2, beta, gamma, layers, M = 0.7, 0.3, -0.1, 5, 15
    K = [(a2 - beta) / 2, 1 + gamma - a2, (a2 + beta) / 2]
    T = sum(K[j] * np.eye(M, k=j - 1) for j in range(3))
    dx, amplitude = line_propagator(a2, beta, gamma, layers)
    start = M // 2
    column = np.linalg.matrix_power(T, layers)[:, start]
    np.testing.assert_allclose(column[start + dx.astype(int)], amplitude, atol=1e-14)


def test_path_weights_compose():
    """Summing the weights of paths over a fine grid of middle positions gives the propagator."""
    act = gaussian_action(0.8, 0.4, -0.02)
    middle = np.linspace(-12, 12, 4801)
    ends = np.broadcast_to([[0.0], [0.5]], (2, len(middle)))
    paths = np.stack([ends[0], middle, ends[1]], -1)
    total = np.exp(act.log_weight(paths)).sum() * (middle[1] - middle[0])
    np.testing.assert_allclose(total, np.exp(act.log_propagator(0.5, 2)), rtol=1e-12)


def test_action_is_kinetic_plus_potential():
    act = gaussian_action(0.8, 0.4, -0.02)
    path = np.array([0.0, -0.4, -1.0])
    dx = np.diff(path)
    wanted = ((dx + act.drift) ** 2 / (2 * act.variance)).sum() - 2 * np.log(0.98)
    np.testing.assert_allclose(act.action(path), wanted, rtol=1e-14)
    assert act.potential == -act.log_mass
    classical = -act.drift  # the step of least action: features move against the drift
    assert act.lagrangian(classical) < min(act.lagrangian(classical + d) for d in (-0.1, 0.1))


@pytest.mark.parametrize(
    ("pde", "message"), [((0.5, 0.2, -1.0), "above -1"), ((0.04, 0.2, 0.0), "positive variance")]
)
def test_no_gaussian(pde, message):
    with pytest.raises(NoGaussianError, match=message):
        gaussian_action(*pde)
    with pytest.raises(ValueError, match=r"gamma|a2"):
        gaussian_action(*pde)


def test_bad_actions():
    with pytest.raises(NoGaussianError, match="be positive"):
        printed_action(0.0)
    with pytest.raises(ValueError, match="finite"):
        gaussian_action(np.nan)
    with pytest.raises(ValueError, match="two positions"):
        gaussian_action(0.5).action(np.zeros(1))
    with pytest.raises(ValueError, match="whole number"):
        line_propagator(0.5, 0.0, 0.0, 0)
