"""The transfer matrix against reference numbers, closed forms, and sums over whole paths."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx

P = fx.paths
ACTIONS = ["midpoint", "trapezoid", "takahashi_imada", "chin"]
FORMULAS = {
    "harmonic": "x**2/2",
    "x4": "x**4",
    "anh_g1": "x**2/2 + x**4",
    "dw_1_1": "(x**2 - 1)**2",
    "dw_0.25_2": "0.25*(x**2 - 4)**2",
    "tilted": "(x**2 - 1)**2 + 0.3*x",
    "units_check m=1.9 hbar=0.8": "0.85*x**2 + 0.3*x**4",
}


def lattice(V, **other):
    return P.transfer_matrix(P.PathEnsemble(V, **({"beta": 4.0, "slices": 16} | other)))


def everything(T):
    """What the reference lists, by its names."""
    V = lambda x: T.ensemble.potential(x[None]) if x.ndim == 1 else jax.vmap(V)(x)
    return {
        "lnZ": T.log_partition,
        "E_levels": T.levels(5),
        "x": T.moment(1),
        "x2": T.moment(2),
        "x4": T.moment(4),
        "V_site": T.mean(V),
        "xbar2": T.moment(2, "middles"),
        "xbar4": T.moment(4, "middles"),
        "kin_bond": T.bond_energy,
        "E_thermo": T.energy,
        "E_virial": T.energy,
        "E_virial_mid": T.energy,
    }


def test_every_lattice_case_of_the_reference(paths_reference):
    compared = 0
    for name, wanted in paths_reference["lattice"].items():
        kind, beta, slices, action = name.split("|")
        units = {"mass": 1.9, "hbar": 0.8} if "units" in kind else {}
        N, beta = int(slices[2:]), float(beta[5:])
        T = lattice(FORMULAS[kind], beta=beta, slices=N, action=action, **units)
        found = everything(T)
        for key in set(found) & set(wanted):
            np.testing.assert_allclose(found[key], wanted[key], rtol=1e-9, atol=1e-9, err_msg=name)
            compared += 1
        lags = [int(k) for k in wanted["corr"]]
        np.testing.assert_allclose(T.correlator(lags), list(wanted["corr"].values()), atol=1e-9)
        assert T.error < 1e-10
    assert len(paths_reference["lattice"]) == 32
    assert compared > 300


def test_corrected_takahashi_imada_values():
    """Of the specification: x^4 at beta = 4, N = 16, 32, 64."""
    energies = [0.6675375302760, 0.6695526039316, 0.6697083991563]
    squares = [0.2876945664726, 0.2877634607918, 0.2877674186979]
    for N, energy, square in zip([16, 32, 64], energies, squares, strict=True):
        T = lattice("x**4", slices=N, action="takahashi_imada")
        assert abs(T.energy - energy) < 1e-12
        assert abs(T.corrected_mean(lambda x: x**2) - square) < 1e-12


def test_midpoint_oscillator_in_closed_form(paths_reference):
    for name, wanted in paths_reference["midpoint_oscillator_closed_form"].items():
        om, m, hbar, beta, N = (float(part.split("=")[1]) for part in name.split(","))
        V = P.harmonic(om, mass=m)
        T = lattice(V, beta=beta, slices=int(N), action="midpoint", mass=m, hbar=hbar)
        assert abs(T.log_partition - wanted["lnZ"]) < 1e-11
        turn, k = wanted["Omega"] * T.ensemble.dt, np.arange(int(N))
        corr = hbar / (2 * m * om) * np.cosh(turn * (N / 2 - k)) / np.sinh(turn * N / 2)
        assert np.allclose(T.correlator(k), corr, atol=1e-12)
        # E0 has an error of first order, the wave functions at the end and inside have none.
        assert abs(T.levels(1)[0] - hbar * (wanted["Omega"] / 2)) > 1e-3
    cold = lattice(V, beta=30.0, slices=60, action="midpoint", mass=m, hbar=hbar)
    for density, variance in ((cold.density, 0.5), (cold.endpoint_density, 1.0)):
        y = np.linspace(-2.0, 2.0, 41)
        gauss = np.exp(-(y**2) * m * om / (2 * variance * hbar))
        norm = np.sqrt(2 * np.pi * variance * hbar / (m * om))
        assert np.allclose(density(y), gauss / norm, atol=1e-10)


@pytest.mark.parametrize("action", ACTIONS)
def test_four_slices_against_the_sum_over_paths(action):
    """The ensemble's own action, summed over a grid of all four sites."""
    own = dict(beta=2.0, slices=4, action=action, mass=1.9, hbar=0.8)
    ens = P.PathEnsemble("(x**2 - 1)**2 + 0.3*x", **own)
    T, grid = P.transfer_matrix(ens), np.linspace(-2.6, 2.5, 28)
    x = np.stack(np.meshgrid(*[grid] * 4, indexing="ij"), -1).reshape(-1, 1, 4)
    weight = np.exp(-np.asarray(jax.jit(jax.vmap(ens.action))(jnp.asarray(x))))
    cell = (grid[1] - grid[0]) * np.sqrt(1.9 / (2 * np.pi * 0.8 * ens.dt))
    mean = lambda f: np.sum(weight * f) / weight.sum()
    assert abs(np.log(weight.sum() * cell**4) - T.log_partition) < 2e-6
    assert abs(mean((x**2).mean((1, 2))) - T.moment(2)) < 2e-6
    assert abs(mean(x[:, 0, 0] ** 2) - T.moment(2, "even")) < 2e-6
    assert abs(mean(x[:, 0, 0] * x[:, 0, 2]) - T.correlator(2)[0]) < 2e-6
    assert abs(mean((x[:, 0, 0] + x[:, 0, 1]) ** 2 / 4) - T.moment(2, "middles")) < 2e-6


@pytest.mark.parametrize("action", ACTIONS)
def test_energy_and_corrected_means_are_derivatives_of_the_partition_function(action):
    V = lambda k: P.Potential("k*x**2 + x**4", k=k)
    at = lambda beta, k: lattice(V(k), beta=beta, action=action, mass=1.3, hbar=0.9)
    d = 1e-4
    energy = (at(4 - d, 0.5).log_partition - at(4 + d, 0.5).log_partition) / (2 * d)
    square = (at(4.0, 0.5 - d).log_partition - at(4.0, 0.5 + d).log_partition) / (2 * d * 4)
    T = at(4.0, 0.5)
    assert abs(T.energy - energy) < 1e-6
    assert abs(T.corrected_mean(lambda x: x**2) - square) < 1e-6
    assert T.free_energy == -T.log_partition / 4


@pytest.mark.parametrize(
    ("action", "quantity", "order"),
    [
        ("midpoint", "energy", 0.85),
        ("trapezoid", "energy", 1.9),
        ("takahashi_imada", "energy", 3.8),
        ("chin", "energy", 3.8),
        ("takahashi_imada", "correlator", 3.7),
        ("chin", "corrected", 3.8),
        ("chin", "even", 3.7),
    ],
)
def test_orders_of_the_actions(action, quantity, order):
    """V = x^4, beta = 4, towards 0.66971944409842 and 0.28776767235464 (continuum)."""
    get = {
        "energy": lambda T: T.energy - 0.6697194440984,
        "corrected": lambda T: T.corrected_mean(lambda x: x**2) - 0.28776767235464,
        "even": lambda T: T.moment(2, "even") - 0.28776767235464,
        "correlator": lambda T: (
            T.correlator(T.ensemble.slices // 2, corrected=True)[0] - fine.correlator(256)[0]
        ),
    }[quantity]
    fine = lattice("x**4", slices=512, action="chin")
    errors = [abs(get(lattice("x**4", slices=N, action=action))) for N in (32, 64)]
    assert np.log2(errors[0] / errors[1]) > order


def test_spectral_energy_is_the_mean_of_the_levels():
    T = lattice("x**2/2", beta=10.0, slices=256)
    weights = np.exp(-10 * T.levels(20))
    assert abs(T.spectral_energy - weights @ T.levels(20) / weights.sum()) < 1e-9
    assert abs(T.gap - np.diff(T.levels(2))[0]) < 1e-15


def test_wherever_the_well_is_and_whatever_its_depth():
    here, there = lattice("x**2/2"), lattice("(x - 1e6)**2/2 - 1e3")
    assert abs(there.energy + 1e3 - here.energy) < 1e-7
    assert abs(there.log_partition - 4e3 - here.log_partition) < 1e-7
    assert abs(there.moment(1) - 1e6) < 1e-6


def test_many_slices():
    """N = 4096 trapezoid slices of an oscillator: sinh(turn / 2) = dt / 2."""
    T = lattice("x**2/2", beta=8.0, slices=4096)
    turn = 2 * np.arcsinh(T.ensemble.dt / 2)
    assert abs(T.log_partition + np.log(2 * np.sinh(4096 * turn / 2))) < 1e-9


def test_a_grid_that_would_be_too_large_is_refused_at_once():
    with pytest.raises(fx.NotConvergedError, match=r"needs a grid of .* points"):
        lattice("x**2/2", beta=0.01, slices=4)


def test_at_a_kink_the_error_falls_as_a_square_and_is_known():
    """V = |x|, whose levels are zeros of Ai' and Ai over the cubic root of 2.

    On a grid with the kink in a node the error is +2 of what it is between two nodes, -1: the
    right mean of both has none of second order.
    """
    levels = []
    for N in (32, 64):
        ens = P.PathEnsemble("abs(x)", beta=4.0, slices=N)
        found = P.transfer_matrix(ens, tolerance=1e-3)
        on, off = (P.transfer_matrix(ens, points) for points in (401, 400))
        a, b = on.kernel.spacing**2, off.kernel.spacing**2
        values = lambda T: np.array([T.log_partition, T.energy, T.moment(2), *T.levels(2)])
        best = (values(on) * b + 2 * values(off) * a) / (b + 2 * a)
        away = np.abs(values(found) / best - 1)[:3].max()
        assert away < found.error < min(30 * away, 1e-3)
        levels.append(best[3:])
    zeros = np.array([1.0187929716474710, 2.3381074104597670])
    assert np.allclose((4 * levels[1] - levels[0]) / 3, zeros / 2 ** (1 / 3), atol=5e-6)


def test_a_kink_is_refused_within_a_second_with_the_tolerance_that_would_do():
    start = time.process_time()
    with pytest.raises(
        fx.NotConvergedError, match=r"be without kinks.* by `tolerance=1\.2e-04`"
    ) as why:
        lattice("abs(x)")
    assert time.process_time() - start < 1
    found = why.value.found
    assert isinstance(found, P.TransferMatrix)
    assert 1e-4 < found.error < 1e-1
    for V in ("abs(x)*x**4", "x**2/2"):
        assert lattice(V).error < 1e-6


@pytest.mark.parametrize(
    ("V", "other", "text"),
    [
        ("x**2 + y**2", {}, "one degree of freedom"),
        ("x**2", {"ends": P.FreeEnds()}, "be of closed paths"),
    ],
)
def test_what_has_no_transfer_matrix_is_refused(V, other, text):
    with pytest.raises(ValueError, match=text):
        lattice(V, **other)
    with pytest.raises(ValueError, match="be even for this action"):
        lattice("x**2", action="chin").correlator([1])
