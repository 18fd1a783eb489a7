"""Split-operator steps against packets that are known in closed form, and their orders."""

import jax.numpy as jnp
import numpy as np
import pytest

from feynax.quantum import (
    DiagonalOperator,
    ExactPropagator,
    GaussianState,
    GridBasis,
    IdentityOperator,
    ProductBasis,
    QuadraticHamiltonian,
    SplitOperator,
    levels,
)
from feynax.quantum._propagators._compositions import factors

SCHEMES = ("strang", "suzuki", "blanes_moan")
LINE = GridBasis(64, length=20.0)
BOWL = LINE.potential(lambda q: q**2 / 2)


def coherent(basis, q=1.0, p=0.0, hbar=1.0, width=1.0):
    """A packet of one degree of freedom, mean (q, p), of |psi|^2 with variance hbar width^2/2."""
    wave = lambda x: np.exp(-((x - q) ** 2) / (2 * hbar * width**2) + 1j * p * x / hbar)
    return basis.project(lambda x: wave(x) / (np.pi * hbar * width**2) ** 0.25)


def mean(basis, psi):
    return float(np.sum(np.abs(psi) ** 2 * basis.mesh()[0].ravel()))


def test_free_packet_spreads_as_it_should():
    """Width sqrt(1 + t^2) and mean p t, in a box wide enough; one step is exact."""
    flat = DiagonalOperator(np.zeros(256))
    basis = GridBasis(256, length=60.0)
    psi = coherent(basis, q=-3.0, p=2.0)
    for steps in (1, 7):
        evolution = SplitOperator(basis.kinetic(), flat, 3.0 / steps).run(psi, steps)
        x = basis.nodes()
        there = np.exp(-((x - 3) ** 2) / (2 * (1 + 3j)) + 2j * x - 6j) / np.sqrt(1 + 3j)
        there *= (basis.spacing / np.sqrt(np.pi)) ** 0.5
        assert np.abs(evolution.last - there).max() < 1e-12
        variance = np.sum(np.abs(evolution.last) ** 2 * (x - 3) ** 2)
        assert variance == pytest.approx((1 + 3.0**2) / 2, rel=1e-10)


def test_orders_are_2_and_4():
    psi = coherent(LINE)
    dense = LINE.kinetic() + BOWL
    target = np.asarray(ExactPropagator(dense, 2.0).step(psi))
    errors = {}
    for scheme in SCHEMES:
        runs = [SplitOperator(LINE.kinetic(), BOWL, 2.0 / n, scheme=scheme) for n in (20, 40)]
        ends = [r.run(psi, n) for r, n in zip(runs, (20, 40), strict=True)]
        errors[scheme] = [np.linalg.norm(e.last - target) for e in ends]
        assert np.log2(errors[scheme][0] / errors[scheme][1]) == pytest.approx(
            runs[0].order, abs=0.05
        )
        assert all(err <= e.error for err, e in zip(errors[scheme], ends, strict=True))
    assert errors["suzuki"][1] > 50 * errors["blanes_moan"][1]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_weights_sum_to_one_and_read_the_same_backwards(scheme):
    for merged in (False, True):
        rows = np.array(factors(scheme, merged=merged))
        np.testing.assert_allclose(rows[:, [0, 2]].sum(0), 1, atol=1e-15)
        np.testing.assert_allclose(rows[:, 0], rows[::-1, 0], atol=1e-15)
        np.testing.assert_allclose(rows[:-1, 2], rows[-2::-1, 2], atol=1e-15)
        assert rows[-1, 2] == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_driven_oscillator_follows_its_classical_path(scheme):
    r"""$q'' = -q + \sin(2t)$: the mean is classical, and errors fall with the scheme's order."""
    force = lambda t: jnp.sin(2 * t)
    x = jnp.asarray(LINE.nodes())
    errors = []
    for steps in (25, 50):
        step = SplitOperator(
            LINE.kinetic(), lambda t: x**2 / 2 - force(t) * x, 2.5 / steps, scheme=scheme
        )
        assert np.isinf(step.error_bound(steps))
        psi = step.run(coherent(LINE), steps).last
        errors.append(abs(mean(LINE, psi) - (np.cos(2.5) + (2 * np.sin(2.5) - np.sin(5.0)) / 3)))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(step.order, abs=0.25)
    assert errors[1] < (2e-3 if scheme == "strang" else 1e-5)


def test_start_time_is_that_of_the_potential():
    x = jnp.asarray(LINE.nodes())
    step = SplitOperator(LINE.kinetic(), lambda t: t * x, 0.1)
    psi = coherent(LINE)
    whole = step.run(psi, 20).last
    halves = step.run(step.run(psi, 10).last, 10, start=1.0).last
    assert np.abs(whole - halves).max() < 1e-13
    assert np.abs(step.run(psi, 20, start=1.0).last - whole).max() > 1e-2


@pytest.mark.parametrize("hbar", [0.3, 1.0])
def test_packets_are_those_of_the_closed_form(hbar):
    """A squeezed packet in a steep bowl, phase included, through a caustic."""
    ham = QuadraticHamiltonian(np.diag([4.0, 1.0]), np.zeros(2), np.array([[0, 1], [-1, 0]]), hbar)
    packet = GaussianState.from_width([1.0, 0.5], 0.8, hbar=hbar)
    basis = GridBasis(128, length=14.0, hbar=hbar)
    step = SplitOperator(
        basis.kinetic(), basis.potential(lambda q: 2 * q**2), 0.02, hbar=hbar, scheme="blanes_moan"
    )
    there = step.run(basis.project(packet), 100).last
    assert np.abs(there - basis.project(ham.evolve(packet, 2.0))).max() < 2e-6
    assert abs(np.vdot(basis.project(packet), there)) < 0.9


def test_double_well_tunnels_at_its_splitting():
    """A state of the left well is in the right one after pi hbar / (E1 - E0)."""
    basis = GridBasis(48, length=9.0)
    well = basis.potential(lambda q: (q**2 - 2.5) ** 2 / 2)
    found = levels(basis.kinetic() + well, 2)
    left = (found.vectors[:, 0] + found.vectors[:, 1]) / np.sqrt(2)
    left = left * np.sign(left[np.argmax(np.abs(left))])
    start = mean(basis, left)
    half = np.pi / (found.values[1] - found.values[0])
    steps = 400
    step = SplitOperator(basis.kinetic(), well, half / steps, scheme="blanes_moan")
    states = np.asarray(step.run(left, steps, save_every=steps // 4).states)
    means = [mean(basis, s) for s in states]
    assert abs(start) > 1.2
    np.testing.assert_allclose(means, start * np.cos(np.pi * np.arange(1, 5) / 4), atol=1e-3)


@pytest.mark.parametrize("dims", [2, 3])
def test_products_stay_products(dims):
    """Oscillators of several dimensions move one by one."""
    line = GridBasis(16, length=12.0)
    many = ProductBasis((line,) * dims)
    rates = 1.0 + 0.2 * np.arange(dims)
    bowl = many.potential(lambda *q: sum(w**2 * x**2 / 2 for w, x in zip(rates, q, strict=True)))
    psi, expected = np.ones(()), np.ones(())
    for k, w in enumerate(rates):
        one = coherent(line, q=0.5 * (-1) ** k)
        own = line.potential(lambda q, w=w: w**2 * q**2 / 2)
        psi = np.multiply.outer(psi, one)
        expected = np.multiply.outer(
            expected, np.asarray(SplitOperator(line.kinetic(), own, 0.1).run(one, 10).last)
        )
    evolution = SplitOperator(many.kinetic(), bowl, 0.1).run(psi.ravel(), 10)
    assert np.abs(np.asarray(evolution.last) - expected.ravel()).max() < 1e-13


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.float32
def test_unitary_reversible_and_true_to_energy(scheme):
    psi = coherent(LINE, p=1.0)
    there = SplitOperator(LINE.kinetic(), BOWL, 0.05, scheme=scheme).run(psi, 40)
    eps = float(jnp.finfo(there.last.dtype).eps)
    step = SplitOperator(LINE.kinetic(), BOWL, -0.05, scheme=scheme)
    back = step.run(there.last, 40).last
    assert np.abs(np.asarray(back) - psi).max() < 1e3 * eps
    assert abs(float(step.invariant(there.last)) - 1) < 1e3 * eps
    energy = LINE.kinetic() + BOWL
    drift = abs(float(energy.mean(there.last)) - float(energy.mean(jnp.asarray(psi, step.dtype))))
    assert drift < (5e-4 if scheme == "strang" else 5e-6) + 2e3 * eps


def test_steps_for_is_enough():
    step = SplitOperator(LINE.kinetic(), BOWL, 0.1)
    count = step.steps_for(0.5, 0.2)
    psi = coherent(LINE)
    dense = LINE.kinetic() + BOWL
    off = SplitOperator(LINE.kinetic(), BOWL, 0.2 / count).run(psi, count).last
    assert np.linalg.norm(off - ExactPropagator(dense, 0.2).step(psi)) < 0.5
    driven = SplitOperator(LINE.kinetic(), lambda t: t * jnp.ones(64), 0.1)
    with pytest.raises(ValueError, match="one that some number of steps reaches"):
        driven.steps_for(0.5, 0.2)


def test_wrong_arguments():
    kinetic = LINE.kinetic()
    with pytest.raises(ValueError, match="`kinetic` must be a Hermitian FourierOperator"):
        SplitOperator(IdentityOperator(64), BOWL, 0.1)
    with pytest.raises(ValueError, match="`potential` must be real"):
        SplitOperator(kinetic, DiagonalOperator(1j * np.ones(64)), 0.1)
    with pytest.raises(ValueError, match=r"`potential` must have shape \(64\)"):
        SplitOperator(kinetic, DiagonalOperator(np.ones(8)), 0.1)
    with pytest.raises(ValueError, match="`potential` must be diagonal, or a function"):
        SplitOperator(kinetic, np.ones(64), 0.1)
    with pytest.raises(ValueError, match="`scheme` must be one of blanes_moan, strang, suzuki"):
        SplitOperator(kinetic, BOWL, 0.1, scheme="ruth")
