"""Normal forms of indefinite forms: stable or not, and the sign of each mode."""

import warnings
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from ..._errors import ConditionWarning
from .._canonical import canonical_basis, standard_poisson
from ._normal_form import NormalForm, tell

_REAL = 1e-7  # real parts below this share of the matrix are looked at more closely
_NEAR = 1e-6  # frequencies this near one another are separated together
_EDGE = 1e-12  # changes of the form of this size must not decide anything
_WIDEST = 1e6  # squared length that a mode may have in balanced coordinates
_KEPT = 1e-6  # how far the result may be from a normal form
_EPS = 2.0**-52


def krein_normal_form(
    form: Float[np.ndarray, "n n"], poisson: Float[np.ndarray, "n n"]
) -> NormalForm | None:
    r"""Return the normal form of any $Q$ all of whose modes oscillate, else `None`.

    The modes are eigenvectors $w$ of $JQ$ for $i\nu$ with $w^\dagger (iJ^{-1}) w > 0$, and
    $\sigma = \mathrm{sign}\,\nu$. In an eigenspace of several, $iJ^{-1}$ decides.
    """
    basis = _balanced(form, canonical_basis(poisson))
    inside = basis.T @ form @ basis
    largest = np.max(np.abs(inside))
    if not largest:
        return None
    inside = inside / largest
    modes = _modes(inside)
    if modes is None:
        return None
    rates, vectors = modes
    order = np.argsort(np.abs(rates), kind="stable")
    rates, vectors = rates[order], vectors[:, order]
    normal = np.hstack([np.real(vectors), np.imag(vectors)])
    if not _holds(inside, normal, rates):
        return None
    lengths = np.sum(np.abs(vectors) ** 2, axis=0)
    errors = _EPS * np.linalg.norm(inside, 2) * lengths / np.abs(rates)
    tell(np.abs(rates) * largest, float(np.max(errors)))
    signs = np.where(rates > 0, 1, -1)
    return NormalForm(np.abs(rates) * largest, signs, basis @ normal)


def _balanced(
    form: Float[np.ndarray, "n n"], basis: Float[np.ndarray, "n n"]
) -> Float[np.ndarray, "n n"]:
    """Stretch coordinates and shrink momenta by powers of two until both weigh the same."""
    diagonal = np.abs(np.einsum("ij,ik,kj->j", basis, form, basis))
    q, p = np.split(diagonal, 2)
    both = (q > 0) & (p > 0)
    power = np.round(np.log2(np.where(both, p, 1) / np.where(both, q, 1)) / 4)
    stretch = 2.0**power
    return basis * np.concatenate([stretch, 1 / stretch])


def _modes(
    form: Float[np.ndarray, "n n"],
) -> tuple[Float[np.ndarray, " m"], Complex[np.ndarray, "n m"]] | None:
    r"""Find $\nu$ and $w$ with $w^\dagger (iJ_0^{-1}) w = 2$ in canonical coordinates."""
    half = len(form) // 2
    metric = -1j * standard_poisson(half)  # i / J0
    matrix = standard_poisson(half) @ form
    values, vectors = np.linalg.eig(matrix)
    size = float(np.linalg.norm(matrix, 2))
    turns, grows = np.imag(values), np.real(values)
    up = np.flatnonzero(turns > 0)
    if len(up) != half or np.max(np.abs(grows)) > _REAL * size:
        return None
    up = up[np.argsort(turns[up])]
    gaps = np.diff(turns[up]) > _NEAR * size
    found = []
    for group in np.split(up, np.flatnonzero(gaps) + 1):
        alone = len(group) == 1
        space = vectors[:, group] if alone else _space(matrix, turns[group], size)
        part = None if space is None else _separate(form, metric, space, size)
        if part is None:
            return None
        found.append(part)
    return np.concatenate([r for r, _ in found]), np.hstack([w for _, w in found])


def _space(
    matrix: Float[np.ndarray, "n n"], turns: Float[np.ndarray, " k"], size: float
) -> Complex[np.ndarray, "n k"] | None:
    """Return an orthonormal basis of what belongs to frequencies that are near one another."""
    from scipy.linalg import schur

    low, high = np.min(turns), np.max(turns)
    middle, radius = 0.5j * (low + high), (high - low + _NEAR * size) / 2
    near: Any = lambda value: abs(value - middle) < radius
    found: Any = schur(matrix.astype(complex), output="complex", sort=near)
    _, unitary, count = found
    return unitary[:, :count] if count == len(turns) else None


def _separate(
    form: Float[np.ndarray, "n n"],
    metric: Complex[np.ndarray, "n n"],
    space: Complex[np.ndarray, "n k"],
    size: float,
) -> tuple[Float[np.ndarray, " k"], Complex[np.ndarray, "n k"]] | None:
    """Diagonalise form and metric together inside a space that belongs to positive imaginary parts.

    Vectors on which the metric is negative are conjugated; their rates are negative.
    """
    from scipy.linalg import eigh

    energy, charge = space.conj().T @ form @ space, space.conj().T @ metric @ space
    signs, turned = np.linalg.eigh(charge)
    if np.min(np.abs(signs)) * _WIDEST < 1:
        return None
    if signs[0] * signs[-1] > 0:
        _, inner = eigh(energy * np.sign(signs[0]), charge * np.sign(signs[0]))
    else:
        rate = np.trace(np.linalg.solve(charge, energy)).real / len(charge)
        inner = turned
        if np.max(np.abs(energy - rate * charge)) > 1e-9 * size:
            inner = np.linalg.eig(np.linalg.solve(charge, energy))[1]
        else:
            warnings.warn(
                "Modes of opposite signs have one frequency: levels exist, but changes of the "
                "weights of the size of rounding can end them.",
                ConditionWarning,
                stacklevel=6,
            )
    vectors = space @ inner
    charges = np.einsum("ik,ij,jk->k", vectors.conj(), metric, vectors).real
    energies = np.einsum("ik,ij,jk->k", vectors.conj(), form, vectors).real
    if np.min(np.abs(charges)) * _WIDEST < np.max(np.linalg.norm(vectors, axis=0)) ** 2:
        return None
    vectors = vectors * np.sqrt(2 / np.abs(charges))
    vectors = np.where(charges > 0, vectors, vectors.conj())
    return np.sign(charges) * energies / charges, vectors


def _holds(
    form: Float[np.ndarray, "n n"],
    normal: Float[np.ndarray, "n n"],
    rates: Float[np.ndarray, " m"],
) -> bool:
    """Whether the basis is what it should be, and would be for a form changed a little."""
    half = len(rates)
    lengths = np.sum(normal**2, axis=0)
    twice = np.concatenate([rates, rates])
    standard = standard_poisson(half)
    root = np.sqrt(np.abs(twice))
    off = (normal.T @ form @ normal - np.diag(twice)) / root / root[:, None]
    kept = np.max(np.abs(normal @ standard @ normal.T - standard)) <= _KEPT * np.max(lengths)
    wide = np.max(lengths) > _WIDEST or np.any(np.abs(twice) <= _EDGE * lengths)
    return bool(kept and not wide and np.max(np.abs(off)) <= _KEPT)
