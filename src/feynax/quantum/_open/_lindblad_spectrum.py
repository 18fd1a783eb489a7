"""What a linear field says of the long run: its noise, its stationary state, its decay rates."""

import heapq

import numpy as np
from jaxtyping import Complex, Float

from ..._errors import NoSteadyStateError

_MARGIN = 1e-12  # |Re| of an eigenvalue below this share of the norm counts as zero


def gathered_noise(
    matrix: Float[np.ndarray, "n n"],
    diffusion: Float[np.ndarray, "n n"],
    times: Float[np.ndarray, "*times"],
) -> Float[np.ndarray, "*times n n"]:
    r"""Return $\int_0^t e^{As} D e^{A^T s} ds$: a block exponential (Van Loan), then doublings.

    One exponential of the whole time would hold $e^{-At}$ beside $e^{At}$ and lose the digits of
    whatever decays; doubling a short time only adds positive parts.
    """
    from scipy.linalg import expm

    n, size = len(matrix), np.linalg.norm(matrix, 1)
    doublings = max(0, int(np.frexp(np.max(times, initial=0.0) * size)[1]))
    scale = np.linalg.norm(diffusion, 1) or 1.0
    whole = np.zeros((2 * n, 2 * n))
    whole[:n, :n], whole[n:, n:] = -matrix, matrix.T
    whole[:n, n:] = diffusion * ((size or 1.0) / scale)
    grown = expm((times * 2.0**-doublings)[..., None, None] * whole)
    flow = np.swapaxes(grown[..., n:, n:], -1, -2)
    noise = flow @ grown[..., :n, n:]
    for _ in range(doublings):
        noise = noise + flow @ noise @ np.swapaxes(flow, -1, -2)
        flow = flow @ flow
    return noise * (scale / (size or 1.0))


def need_decay(matrix: Float[np.ndarray, "n n"]) -> Complex[np.ndarray, " n"]:
    """Return the eigenvalues if all of them decay, else raise the error that says which do not."""
    values = np.linalg.eigvals(matrix).astype(np.complex128)
    slack = _MARGIN * np.linalg.norm(matrix, 2)
    if np.all(values.real < -slack):
        return values
    worst = values[values.real >= -slack]
    growing = bool(np.any(worst.real > slack))
    why = (
        "what grows has no stationary state"
        if growing
        else "stationary states, where the noise leaves any, are not unique"
    )
    listed = ", ".join(f"{complex(value):.6g}" for value in worst)
    raise NoSteadyStateError(
        f"The matrix of the field has eigenvalues {listed} that do not decay, or too slowly for "
        f"float64 to tell beside the others: {why}.",
        kind="growing" if growing else "marginal",
        eigenvalues=values,
    )


def slowest_sums(values: Complex[np.ndarray, " n"], count: int) -> Complex[np.ndarray, " count"]:
    r"""Return the `count` slowest of $\sum_k m_k \lambda_k$, $m_k \ge 0$, each as often as it is.

    A heap of occupations: what follows one adds quanta only to its last mode or later ones, so
    every occupation comes once, and never before a slower one.
    """
    order = values[np.argsort(-np.real(values), kind="stable")]
    heap: list[tuple[float, int, int, complex]] = [(0.0, 0, 0, 0j)]
    found, pushed = [], 0
    while len(found) < count:
        _, _, last, total = heapq.heappop(heap)
        found.append(total)
        for k in range(last, len(order)):
            pushed += 1
            more = total + complex(order[k])
            heapq.heappush(heap, (-more.real, pushed, k, more))
    sums = np.array(found, np.complex128)
    size = np.max(np.abs(sums), initial=0.0) or 1.0
    return sums[np.lexsort((sums.imag, -np.round(sums.real / size, 12)))]
