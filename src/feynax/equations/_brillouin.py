"""Branch and bound for the largest norm of a trigonometric matrix polynomial."""

import itertools

import numpy as np

_GAP = 1e-12  # relative width at which the square of the answer counts as known
_BUDGET = 3_000_000  # complex entries held at once before the search gives its honest interval
_START = 16  # cells a side at first; even, so that both ends of the zone are centres
_LEVELS = 26


def maximum_norm(
    offsets: np.ndarray, weights: np.ndarray
) -> tuple[float, float, tuple[float, ...], int]:
    r"""Bounds on $\max_{b,p} \lVert \sum_j K^{(b)}_j e^{ip\cdot j} \rVert_2$.

    `offsets` has shape (taps, axes), `weights` (blocks, taps, out, in). Returns the attained
    value, the proven bound, the momentum and the block.
    """
    distances, R = _autocorrelation(offsets, weights)
    norms = np.linalg.norm(R, 2, axis=(-2, -1)) if R.size else np.zeros(R.shape[:2])
    scale = max(float(norms.sum(1).max()), 1e-300)
    live = np.abs(distances).sum(0) > 0
    half = np.where(live, np.pi / _START, 0.0)
    cells, blocks = _first_cells(live, weights.shape[0], bool(np.isrealobj(weights)))
    best, momentum, block, settled = -1.0, np.zeros(offsets.shape[1]), 0, 0.0
    for _ in range(_LEVELS):
        values, bounds = _cell_bounds(cells, blocks, half, distances, R, norms)
        top = int(values.argmax())
        if values[top] > best:
            best, momentum, block = float(values[top]), cells[top], int(blocks[top])
        gap = _GAP * max(best, 1e-6 * scale)
        open_cells = bounds > best + gap
        if not open_cells.any():
            settled = best + gap
            break
        settled = float(bounds.max())
        cells, blocks = cells[open_cells], blocks[open_cells]
        split = [(-0.5, 0.5) if axis else (0.0,) for axis in live]
        shifts = np.array(list(itertools.product(*split))) * half
        if len(cells) * len(shifts) * R.shape[-1] ** 2 * (2 ** int(live.sum()) + 1) > _BUDGET:
            break
        cells = (cells[:, None] + shifts).reshape(-1, cells.shape[1])
        blocks = np.repeat(blocks, len(shifts))
        half = half / 2
    lower = float(np.sqrt(max(best, 0.0)))
    upper = float(np.sqrt(max(settled, 0.0)))
    return lower, max(upper, lower), tuple(float(p) for p in momentum), block


def _autocorrelation(offsets: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances d and matrices R_d with g* g = sum_d R_d exp(i p d)."""
    pairs = offsets[None, :, :] - offsets[:, None, :]
    distances, place = np.unique(pairs.reshape(-1, offsets.shape[1]), axis=0, return_inverse=True)
    products = np.einsum("bjoa,bkoc->bjkac", weights.conj(), weights)
    flat = products.reshape(len(weights), -1, *products.shape[-2:])
    R = np.zeros((len(weights), len(distances), *flat.shape[-2:]), flat.dtype)
    for block in range(len(weights)):
        np.add.at(R[block], place.ravel(), flat[block])
    return distances, R


def _first_cells(live: np.ndarray, blocks: int, real: bool) -> tuple[np.ndarray, np.ndarray]:
    axes = [2 * np.pi * np.arange(_START) / _START if axis else np.zeros(1) for axis in live]
    if real and live.any():  # g(-p) is the conjugate of g(p): half of the zone says it all
        first = int(np.argmax(live))
        axes[first] = axes[first][: _START // 2 + 1]
    grid = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], -1)
    return np.tile(grid, (blocks, 1)), np.repeat(np.arange(blocks), len(grid))


def _cell_bounds(cells, blocks, half, distances, R, norms) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalue of g* g at each centre, and a bound over each cell."""
    phases = np.exp(1j * (cells @ distances.T))
    axes = np.flatnonzero(half)
    factors = [phases] + [phases * (1j * half[a] * distances[:, a]) for a in axes]
    G = np.empty((len(factors), len(cells), *R.shape[-2:]), np.complex128)
    for block in np.unique(blocks):
        mine = blocks == block
        for slot, factor in enumerate(factors):
            G[slot, mine] = np.tensordot(factor[mine], R[block], 1)
    values = _top(G[0])
    corners = values
    for signs in itertools.product((-1.0, 1.0), repeat=len(axes)):
        corners = np.maximum(corners, _top(G[0] + np.tensordot(np.array(signs), G[1:], 1)))
    curvature = 0.5 * norms @ (np.abs(distances) @ half) ** 2
    # eigenvalues are known to a few rounding errors of the largest matrix that can occur
    rounding = 8e-16 * R.shape[-1] * norms.sum(1)
    return values, corners + (curvature + rounding)[blocks]


def _top(matrices: np.ndarray) -> np.ndarray:
    if matrices.shape[-1] == 1:
        return np.real(matrices[..., 0, 0])
    return np.linalg.eigvalsh(matrices)[..., -1]
