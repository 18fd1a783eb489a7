"""Coherent states of a spin: exact sums over slices, the wrong limit, and refusals."""

import jax.numpy as jnp
import numpy as np
import pytest

import feynax as fx
from feynax._errors import AmbiguousActionError, SignProblemError

P = fx.paths
matrices = P.SpinCoherent.matrices


def exact(H, beta):
    return np.log(np.exp(-beta * np.linalg.eigvalsh(H)).sum())


@pytest.mark.parametrize("symbol", ["upper", "mixed"])
@pytest.mark.parametrize("spin", [0.5, 1.0, 2.5])
def test_many_slices_are_the_trace_and_the_error_is_of_first_order(spin, symbol):
    Sx, Sy, Sz = matrices(spin)
    assert np.allclose(Sx @ Sy - Sy @ Sx, 1j * Sz)
    H = Sz @ Sz - 0.7 * Sx + 0.4 * Sy
    errors = [
        P.SpinCoherent(H, beta=0.9, slices=N, symbol=symbol).log_partition() - exact(H, 0.9)
        for N in (200, 400)
    ]
    assert abs(errors[1]) < 2e-2
    assert np.isclose(errors[0] / errors[1], 2, atol=0.05)


def test_two_slices_are_the_double_integral_of_overlaps():
    """By definition, with other points on the sphere: states as rotated highest weights."""
    spin, beta = 1.0, 0.8
    _, Sy, Sz = matrices(spin)
    cosines, rule = np.polynomial.legendre.leggauss(20)
    turns = 2 * np.pi * np.arange(24) / 24 + 0.1
    values, axes = np.linalg.eigh(Sy)
    tilt = lambda a: axes @ np.diag(np.exp(-1j * a * values)) @ axes.conj().T
    states, heights = [], np.repeat(cosines, 24)
    for c in cosines:
        states += [np.exp(-1j * f * np.diag(Sz)) * tilt(np.arccos(c))[:, 0] for f in turns]
    n = np.array(states)
    overlaps = np.abs(n.conj() @ n.T) ** 2
    measure = 3 / (4 * np.pi) * np.repeat(rule, 24) * 2 * np.pi / 24
    boltzmann = measure * np.exp(-beta / 2 * (spin + 1) * heights)  # upper symbol of S_z
    found = P.SpinCoherent(Sz, beta=beta, slices=2).log_partition()
    assert np.isclose(found, np.log(boltzmann @ overlaps @ boltzmann), rtol=1e-11)


@pytest.mark.parametrize("spin", [0.5, 1.0, 3.0])
def test_the_classical_energy_leads_to_another_hamiltonian(spin):
    """With <n|S_z|n> = j cos for h the limit is j/(j+1) S_z: a third of it for one half."""
    Sz = matrices(spin)[2]
    lower = P.SpinCoherent(Sz, beta=1.3, slices=4000, symbol="lower")
    assert np.allclose(lower.limit(), spin / (spin + 1) * Sz, atol=1e-12)
    assert np.isclose(lower.log_partition(), exact(lower.limit(), 1.3), atol=1e-3)
    assert abs(lower.log_partition() - exact(Sz, 1.3)) > 0.05


def test_the_average_phase_is_known_without_a_field():
    """|<n|n'>| = (1 + cos)/2 of spin 1 has the levels 3/2 and, three times, 1/2."""
    for N in (3, 12):
        free = P.SpinCoherent(np.zeros((3, 3), complex), beta=1.0, slices=N)
        assert np.isclose(free.average_phase(), 3 / (1.5**N + 3 * 0.5**N), rtol=1e-10)


def test_sampling_and_the_continuum_are_refused_by_name():
    Sz = matrices(1.0)[2]
    spin = P.SpinCoherent(Sz @ Sz, beta=1.0, slices=12)
    refusals = [
        lambda: spin.reference(),
        lambda: spin.action(jnp.zeros(3)),
        lambda: spin.matched(jnp.zeros((2, 3))),
        lambda: spin.residual(None, jnp.zeros(3)),
    ]
    for refused in refusals:
        with pytest.raises(SignProblemError, match="complex weights") as info:
            refused()
        assert 0 < info.value.average_phase < 0.05
    with pytest.raises(AmbiguousActionError, match="a level of this Hamiltonian would move by"):
        spin.continuum()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: P.SpinCoherent(1j * np.ones((2, 2)), beta=1.0, slices=2), "be Hermitian"),
        (lambda: P.SpinCoherent(np.eye(22) + 0j, beta=1.0, slices=2), "have 2 to 21 rows"),
        (lambda: matrices(0.7), "`spin` must be a multiple"),
        (
            lambda: P.SpinCoherent(matrices(1)[2], beta=4.0, slices=4, symbol="mixed"),
            "take more than 4 slices",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()
