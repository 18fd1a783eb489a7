"""Which of its two square roots a determinant has after a while: the Maslov phase, counted."""

import math

import numpy as np
from jaxtyping import Complex, Float

from ._flow import Mechanics

Matrices = Complex[np.ndarray, "times modes modes"]
Angles = Float[np.ndarray, " times"]

_SMALL = 0.25  # so short a step moves nothing past a right angle


def right_angle(matrices: Matrices) -> Angles:
    """Argument of a determinant that is continuous while the matrix has a positive real part.

    There it is the sum of the arguments of the eigenvalues, each within a right angle of zero.
    """
    return np.sum(np.angle(np.linalg.eigvals(matrices)), axis=-1)


def holomorphic(flow: Float[np.ndarray, "times n n"]) -> tuple[Matrices, Matrices]:
    r"""Return $\alpha, \beta$ with $W \mapsto \alpha W + \beta V$ for $W, V = Q \mp iP$.

    A symplectic matrix has an invertible $\alpha$ and a contraction $\alpha^{-1}\beta$.
    """
    m = flow.shape[-1] // 2
    qq, qp, pq, pp = flow[:, :m, :m], flow[:, :m, m:], flow[:, m:, :m], flow[:, m:, m:]
    return (qq + pp + 1j * (qp - pq)) / 2, (qq - pp - 1j * (qp + pq)) / 2


def turning(mechanics: Mechanics, times: Angles) -> Angles:
    r"""Return the argument of $\det\alpha(t)$, continuous from zero at $t = 0$.

    Doubling a time doubles it and adds the argument of $\det(1 + KL)$ for two contractions,
    which never leaves the right half plane: no path has to be followed, whatever the class.
    """
    rate = float(np.linalg.norm(mechanics.matrix, 2) * np.max(np.abs(times), initial=0.0))
    doublings = max(0, math.ceil(math.log2(rate / _SMALL))) if rate > 0 else 0
    flow = mechanics.flow(times / 2**doublings).matrix
    angle = right_angle(holomorphic(flow)[0])
    for _ in range(doublings):
        alpha, beta = holomorphic(flow)
        inverse = np.linalg.inv(alpha)
        product = (inverse @ beta) @ (beta.conj() @ inverse)
        angle = 2 * angle + right_angle(np.eye(mechanics.modes) + product)
        flow = flow @ flow
    return angle


def spread_angle(
    mechanics: Mechanics,
    times: Angles,
    flow: Float[np.ndarray, "times n n"],
    q: Complex[np.ndarray, "modes modes"],
    p: Complex[np.ndarray, "modes modes"],
) -> Angles:
    r"""Return by how much the argument of $\det Q(t)$ has grown since $t = 0$.

    $Q = (1 - iPQ^{-1})^{-1}W$, and both factors have determinants that can be counted.
    """
    alpha, beta = holomorphic(flow)
    one = np.eye(mechanics.modes)
    first, second = q - 1j * p, q + 1j * p
    contraction = np.linalg.solve(alpha, beta) @ second @ np.linalg.inv(first)
    later = flow @ np.concatenate([q, p])
    q_later, p_later = later[:, : mechanics.modes], later[:, mechanics.modes :]
    tilt, tilt_later = p @ np.linalg.inv(q), p_later @ np.linalg.inv(q_later)
    return (
        turning(mechanics, times)
        + right_angle(one + contraction)
        - right_angle(one - 1j * tilt_later)
        + right_angle((one - 1j * tilt)[None])
    )
