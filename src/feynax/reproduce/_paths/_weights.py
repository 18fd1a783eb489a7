"""Sections 3.1 and 3.2: paths as networks, their measure, and the free particle."""

import jax
import jax.numpy as jnp
import numpy as np

from ...maps import as_network
from ...paths import FixedEnds, PathEnsemble, ReLUWeights, StepWeights, real_time_kernel
from .._claim import Budget, Finding
from ._claims import CLAIMS

_N, _START, _STOP, _TIME = 8, 0.6, -0.3, 1.6
_DT = _TIME / _N


def _paths() -> np.ndarray:
    """Random paths between the two ends, shape (count, N + 1)."""
    x = np.random.default_rng(0).normal(size=(20, _N + 1))
    x[:, 0], x[:, -1] = _START, _STOP
    return x


def _weights(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ReLU and step weights from their definitions: changes of velocity, and velocities."""
    W = np.diff(x, axis=-1) / _DT
    return np.diff(W, axis=-1, prepend=0.0), W


def _ensemble(potential=lambda x: 0.5 * x**2, action: str = "midpoint") -> PathEnsemble:
    return PathEnsemble(
        potential, beta=_TIME, slices=_N, action=action, ends=FixedEnds(_START, _STOP)
    )


def _actions(potential) -> np.ndarray:
    """The library's midpoint action of the random paths."""
    with jax.enable_x64(True):
        return np.asarray(jax.vmap(_ensemble(potential).action)(jnp.asarray(_paths()[:, None])))


@CLAIMS.add(
    "eqs. (3.4)-(3.6)",
    printed="A zigzag path is a network of N ReLUs, x(t) = sum_n w_n ReLU(t - t_(n-1)) + b.",
    expects="holds",
)
def path_as_network(budget: Budget) -> Finding:
    ensemble, errors = _ensemble(), []
    times = np.linspace(0, _TIME, 41)
    with jax.enable_x64(True):
        for x in _paths()[:5]:
            net = as_network(ensemble, jnp.asarray(x[None]))
            drawn = np.asarray(jax.vmap(net)(jnp.asarray(times)))[:, 0]
            wanted = np.interp(times, _DT * np.arange(_N + 1), x)
            errors.append(np.max(np.abs(drawn - wanted)))
    says = "At 41 times of 5 random paths network and zigzag differ by {printed}."
    return Finding.compare(says, printed=float(max(errors)), tolerance=1e-13)


@CLAIMS.add(
    "eqs. (3.7), (3.24), (5.5)",
    printed="x_n = x_ini + dt sum of k w_(n-k+1) from k = 0.",
    right="The sum starts at k = 1; the term k = 0 is zero but names w_(N+1), which there is not.",
    expects="corrected",
)
def sum_from_one(budget: Budget) -> Finding:
    x = _paths()
    w, _ = _weights(x)
    right = 0.0
    for n in range(1, _N + 1):
        k = np.arange(1, n + 1)
        right = max(right, np.max(np.abs(_START + _DT * w[:, n - k] @ k - x[:, n])))
    missing = sum(n - 0 + 1 > _N for n in range(1, _N + 1))
    return Finding.compare(
        "With k from 1 the sum gives all sites to {right}; from 0 it asks for {printed} weight "
        "that does not exist.",
        printed=float(missing),
        right=float(right),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eqs. (3.8), (4.3)",
    printed="The last weight follows from the others and the end: w_N = (x_fin - x_ini)/dt - "
    "sum_(k>1) "
    "k w_(N-k+1), W_N = (x_fin - x_ini)/dt - sum W_k.",
    expects="holds",
)
def last_weight(budget: Budget) -> Finding:
    w, W = _weights(_paths())
    rise = (_STOP - _START) / _DT
    k = np.arange(2, _N + 1)
    one = rise - w[:, _N - k] @ k - w[:, -1]
    two = rise - W[:, :-1].sum(-1) - W[:, -1]
    says = "On 20 random paths both hold to {printed}."
    return Finding.compare(says, printed=float(np.max(np.abs([one, two]))), tolerance=1e-11)


@CLAIMS.add(
    "eq. (3.9)",
    printed="The product of dx_n is dt^(N-1) times the product of dw_n, and dw = dW.",
    expects="holds",
)
def measure(budget: Budget) -> Finding:
    ensemble, errors = _ensemble(), []
    with jax.enable_x64(True):
        for basis in (ReLUWeights(ensemble), StepWeights(ensemble)):
            flat = lambda w, basis=basis: basis.to_path(w[None])[0, 1:-1]
            jacobian = jax.jacfwd(flat)(jnp.ones(_N - 1))
            size = np.linalg.slogdet(np.asarray(jacobian))[1]
            errors += [size - (_N - 1) * np.log(_DT), size - basis.log_jacobian]
    says = "The logarithm of the Jacobian's determinant differs from (N - 1) ln dt by {printed}."
    return Finding.compare(says, printed=float(np.max(np.abs(errors))), tolerance=1e-12)


@CLAIMS.add(
    "eq. (3.10)",
    printed="With w_N in the measure, a delta function of its constraint stands beside it with "
    "the same "
    "factor dt^(N-1).",
    expects="holds",
)
def delta_of_the_constraint(budget: Budget) -> Finding:
    k = np.arange(1, _N + 1)
    argument = lambda w: w[_N - k] @ k - (_STOP - _START) / _DT
    w = _weights(_paths())[0][0]
    pushed = w.copy()
    pushed[-1] += 1.0
    # Integrating a delta function over w_N divides by how fast its argument changes with w_N.
    rate = argument(pushed) - argument(w)
    return Finding.compare(
        "The argument vanishes on a path and changes by 1 with w_N, both to {printed}: integrating "
        "w_N leaves (3.9).",
        printed=max(abs(rate - 1), abs(argument(w))),
        tolerance=1e-11,
    )


@CLAIMS.add(
    "eqs. (3.1), (3.11), (3.16)",
    printed="The amplitude is the integral of exp(iS/hbar) over the weights, with dt^(N-1) as "
    "the only "
    "factor.",
    right="Times (m/(2 pi i hbar dt))^(N/2); with it the free amplitude is exact at every N.",
    expects="corrected",
)
def normalisation(budget: Budget) -> Finding:
    from ...paths import gaussian_amplitude

    m, hbar = 1.3, 0.7
    ones = np.ones((_N - 1, _N - 1))
    rise = (_STOP - _START) / _DT
    # (3.17) as a quadratic form in the first N - 1 step weights, per unit i/hbar.
    form, slope = m * _DT * (np.eye(_N - 1) + ones), -m * _DT * rise * np.ones(_N - 1)
    integral = gaussian_amplitude(form, slope, m * _DT * rise**2 / 2, hbar=hbar)
    printed = _DT ** (_N - 1) * integral
    whole = printed * (m / (2j * np.pi * hbar * _DT)) ** (_N / 2)
    exact = real_time_kernel(_STOP, _START, _TIME, mass=m, hbar=hbar)
    return Finding.compare(
        "The printed amplitude of 8 slices is off by {printed} of the exact one, with the "
        "factor by "
        "{right}.",
        printed=float(abs(printed / exact - 1)),
        right=float(abs(whole / exact - 1)),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eqs. (3.3) and (3.12)",
    printed="The action in weights: V at x_ini + dt sum_k (k - 1/2) w_(n-k+1), velocities "
    "sum_k w_k.",
    expects="holds",
)
def action_in_weights(budget: Budget) -> Finding:
    V = lambda x: 0.5 * x**2 + 0.3 * x**4
    w, W = _weights(_paths())
    total = _DT * np.sum(W**2, -1) / 2
    for n in range(1, _N + 1):
        k = np.arange(1, n + 1)
        total += _DT * V(_START + _DT * w[:, n - k] @ (k - 0.5))
    says = "On 20 random paths it equals the midpoint action to {printed}, relative."
    error = np.max(np.abs(total / _actions(V) - 1))
    return Finding.compare(says, printed=float(error), tolerance=1e-12)


@CLAIMS.add(
    "eqs. (3.14)-(3.15)",
    printed="The free action is m dt/2 times the sum of squared partial sums of w, that is of W.",
    expects="holds",
)
def free_action(budget: Budget) -> Finding:
    x = _paths()
    sums = np.cumsum(_weights(x)[0], -1)
    printed = _DT / 2 * np.sum(sums**2, -1)
    says = "On 20 random paths it is the library's free action up to {printed}, relative."
    error = np.max(np.abs(printed / _actions(lambda x: 0 * x) - 1))
    return Finding.compare(says, printed=float(error), tolerance=1e-12)


@CLAIMS.add(
    "eq. (3.17)",
    printed="With step weights W the free action is a Gaussian with one extra term: "
    "(m dt/2)[sum W_n^2 + (c - sum W_n)^2], c = (x_fin - x_ini)/dt.",
    expects="holds",
)
def free_action_in_step_weights(budget: Budget) -> Finding:
    W = _weights(_paths())[1][:, :-1]
    c = (_STOP - _START) / _DT
    printed = _DT / 2 * (np.sum(W**2, -1) + (c - W.sum(-1)) ** 2)
    ours = _actions(lambda x: 0 * x)
    says = "On 20 random paths of 8 slices it is the library's action up to {printed}, relative."
    return Finding.compare(says, printed=float(np.max(np.abs(printed / ours - 1))), tolerance=1e-12)


@CLAIMS.add(
    "after eq. (3.17)",
    kind="statement",
    printed="The extra term makes the mean of the W_n the average velocity, as a loss term would.",
    expects="holds",
)
def mean_velocity(budget: Budget) -> Finding:
    n = _N - 1
    rise = (_STOP - _START) / _DT
    form = np.eye(n) + np.ones((n, n))
    mean = np.linalg.solve(form, rise * np.ones(n))
    spread = np.linalg.inv(form) - (np.eye(n) - np.ones((n, n)) / _N)
    return Finding.compare(
        "The Euclidean mean of each weight is (x_fin - x_ini)/T and their covariance hbar/(m dt) "
        "(1 - 11^T/N), to {printed}.",
        printed=float(max(np.max(np.abs(mean - (_STOP - _START) / _TIME)), np.max(np.abs(spread)))),
        tolerance=1e-13,
    )
