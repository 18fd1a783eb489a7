"""Where a piecewise linear field rests: the fixed point of every regime."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Complex, Float

from ..._checks import check, check_finite
from ..._citation import cites
from .._analysis._dynamics import stability
from .._analysis._rest_points import RestPoints, merged
from ._affine import AffineField
from ._relu_field import MOST_LISTED, ReLUField

_SINGULAR = 1e-12  # smallest over largest singular value
_APART = 1e-9  # points closer than this, relative to 1 + |y|, are one; so are faces
_CHUNK = 4096
_WIDE = 1e-6  # linear programs are solved to 1e-7


@dataclasses.dataclass(frozen=True)
class SingularRegime:
    """A regime whose matrix is singular, so that it has no resting point of its own.

    **Fields:**

    - `mask`: which units are on.
    - `solvable`: whether its affine field vanishes anywhere.
    - `continuum`: whether it vanishes on a line (or more) inside the regime: the network rests
      at each of these states.
    """

    mask: tuple[int, ...]
    solvable: bool
    continuum: bool


@dataclasses.dataclass(frozen=True, eq=False)
class RegimePoints:
    """All resting points of a piecewise linear field.

    **Fields:**

    - `rests`: the genuine ones, which lie in their own regime or on its boundary. `reached` counts
      the regimes that share one, `lost` the regimes whose point lies outside of them.
    - `masks` (k, units): the regime of each.
    - `kinds`: in two dimensions "saddle", "centre", "stable node", "unstable focus" and so on;
      else as in `rests.stability`.
    - `virtual` (m, n), `virtual_masks` (m, units): points outside of their regimes, which steer the
      flow there but are not reached.
    - `singular`: regimes with a singular matrix.
    """

    rests: RestPoints
    masks: Bool[np.ndarray, "k units"]
    kinds: tuple[str, ...]
    virtual: Float[np.ndarray, "m n"]
    virtual_masks: Bool[np.ndarray, "m units"]
    singular: tuple[SingularRegime, ...]

    def __len__(self) -> int:
        return len(self.rests)


@cites("kohli2020")
def regime_points(field: ReLUField) -> RegimePoints:
    r"""Find every resting point of a network of ReLUs: $y_s = -A_s^{-1} b_s$, genuine iff in $s$.

    All $2^m$ regimes are gone through, so nothing is missed; at most 16 units.

    **Arguments:**

    - `field`: a [`feynax.equations.ReLUField`][] of at most 16 units.

    **Returns:**

    [`feynax.equations.RegimePoints`][], in float64.

    **Raises:**

    - `ValueError` for more units, NaN and infinities.

    Source: ReLU networks as switching affine fields, P. Kohli and A. Haslam (2020), (2)-(8).

    ```python
    import feynax as fx
    switch = fx.equations.ReLUField.ctrnn([[0.0, -2.0], [-2.0, 0.0]], current=1.0)
    found = fx.equations.regime_points(switch)
    assert sorted(found.kinds) == ["saddle", "stable node", "stable node"]
    ```
    """
    few = field.units <= MOST_LISTED
    check(few, "field", f"have at most {MOST_LISTED} units to list all regimes", field.units)
    parts = ("decay", "outer", "inner", "shift", "drive")
    decay, outer, inner, shift, drive = (np.asarray(getattr(field, x), np.float64) for x in parts)
    for name, value in zip(parts, (decay, outer, inner, shift, drive), strict=True):
        check_finite(name, value)
    found, singular = [], []
    for begin in range(0, 2**field.units, _CHUNK):
        masks = _masks(begin, min(begin + _CHUNK, 2**field.units), field.units)
        acting = outer * masks[:, None, :]
        matrices, offsets = acting @ inner - np.diag(decay), acting @ shift + drive
        flat = _singular(matrices)
        singular += [_describe(field.regime(mask)) for mask in masks[flat]]
        points = -np.linalg.solve(matrices[~flat], offsets[~flat, :, None])[..., 0]
        found.append((points, masks[~flat], _inside(inner, shift, masks[~flat], points)))
    points, masks, inside = (np.concatenate(column) for column in zip(*found, strict=True))
    return _collect(field, points, masks, inside, tuple(singular))


def _masks(begin: int, end: int, units: int) -> Bool[np.ndarray, "k units"]:
    """Numbers in binary, the first unit in front, as `itertools.product` counts."""
    return (np.arange(begin, end)[:, None] >> np.arange(units)[::-1]) % 2 == 1


def _singular(matrices: Float[np.ndarray, "k n n"]) -> Bool[np.ndarray, " k"]:
    sizes = np.linalg.svd(matrices, compute_uv=False)
    return sizes[:, -1] <= _SINGULAR * sizes[:, 0]


def _inside(
    inner: np.ndarray, shift: np.ndarray, masks: np.ndarray, points: np.ndarray
) -> Bool[np.ndarray, " k"]:
    """Whether each point is in its regime, faces included."""
    above = points @ inner.T + shift
    scale = np.abs(points) @ np.abs(inner).T + np.abs(shift)
    return np.all(np.where(masks, above, -above) >= -_APART * scale, axis=1)


def _collect(
    field: ReLUField,
    points: np.ndarray,
    masks: np.ndarray,
    inside: np.ndarray,
    singular: tuple[SingularRegime, ...],
) -> RegimePoints:
    """Merge points on common faces, and say what kind each is."""
    firsts, shared = merged(points, np.flatnonzero(inside), _APART)
    pieces = [field.regime(masks[index]) for index in firsts]
    n, lost = points.shape[1], int(np.sum(~inside))
    spectra = np.array([piece.eigenvalues() for piece in pieces]).reshape(-1, n)
    residuals = [
        np.linalg.norm(piece(0.0, points[k])) for piece, k in zip(pieces, firsts, strict=True)
    ]
    names = tuple(_stability(row) for row in spectra)
    rests = RestPoints(points[firsts], np.array(residuals), spectra, names, shared, lost)
    kinds = tuple(_kind(row, name) for row, name in zip(spectra, names, strict=True))
    return RegimePoints(rests, masks[firsts], kinds, points[~inside], masks[~inside], singular)


def _slack(spectrum: Complex[np.ndarray, " n"]) -> float:
    return 1e-9 * float(np.max(np.abs(spectrum)))


def _stability(spectrum: np.ndarray) -> str:
    return stability(spectrum, "field", _slack(spectrum))


def _kind(spectrum: np.ndarray, name: str) -> str:
    """Name of a point in the plane."""
    if len(spectrum) != 2 or name == "saddle":
        return name
    turns = bool(np.max(np.abs(np.imag(spectrum))) > _slack(spectrum))
    if name == "marginal":
        return "centre" if turns else name
    return f"{name} {'focus' if turns else 'node'}"


def _describe(piece: AffineField) -> SingularRegime:
    """Say whether the field of a singular regime vanishes, and whether it does so inside."""
    assert piece.region is not None
    mask = tuple(int(on) for on in piece.region.mask)
    point, null = piece.rest_set()
    if point is None:
        return SingularRegime(mask, False, False)
    return SingularRegime(mask, True, _has_room(piece, point, null))


def _has_room(piece: AffineField, point: np.ndarray, null: np.ndarray) -> bool:
    """Whether the flat of resting states has an extent inside the regime."""
    from scipy.optimize import linprog

    region = piece.region
    assert region is not None
    sign = np.where(region.mask, 1.0, -1.0)
    rows, levels = (
        -sign[:, None] * (region.inner @ null),
        sign * (region.inner @ point + region.shift),
    )
    for axis in np.eye(null.shape[1]):
        low, high = (
            linprog(way * axis, A_ub=rows, b_ub=levels, bounds=(None, None)) for way in (1, -1)
        )
        if low.status == 2:  # no such state at all
            return False
        if low.status == 3 or high.status == 3 or -high.fun - low.fun > _WIDE:
            return True
    return False
