"""Formulas of Gaussian packets on plain arrays, in canonical coordinates."""

import math

import numpy as np
from jaxtyping import Complex, Float

from ..._checks import check
from .._canonical import standard_poisson
from ._branch import right_angle

Square = Complex[np.ndarray, "modes modes"]
Vector = Float[np.ndarray, " modes"]


def turn_of(matrix: Square, near: float) -> float:
    """Argument of a determinant on the sheet of an estimate of it."""
    principal = float(np.angle(np.linalg.det(matrix)))
    return principal + 2 * math.pi * round((near - principal) / (2 * math.pi))


def wave(
    points: Float[np.ndarray, "*batch modes"],
    centre: Vector,
    momentum: Vector,
    q: Square,
    p: Square,
    phase: float,
    hbar: float,
) -> Complex[np.ndarray, "*batch"]:
    """Value of a packet whose phase at its centre is given, without loss where it is chirped."""
    inverse = np.linalg.inv(q)
    chirp = np.real(p @ inverse)
    away = points - centre
    falls = np.sum(np.abs(away @ inverse.T) ** 2, axis=-1) / (2 * hbar)
    turns = (np.sum(away @ chirp * away, axis=-1) / 2 + away @ momentum) / hbar + phase
    modes = len(q)
    height = (math.pi * hbar) ** (-modes / 4) * np.abs(np.linalg.det(q)) ** -0.5
    return height * np.exp(1j * turns - falls)


def fourier_angle(q: Square, p: Square, angle: float) -> float:
    r"""Return the argument of $\det(-iP)$ that continues that of $\det Q$."""
    near = angle + float(right_angle((-1j * p @ np.linalg.inv(q))[None])[0])
    return turn_of(-1j * p, near)


def normal_defect(q: Square, p: Square) -> float:
    """How far two matrices are from those of a packet, as a share of their size."""
    size = np.linalg.norm(q) * np.linalg.norm(p)
    asymmetric = np.linalg.norm(q.T @ p - p.T @ q)
    unnormalised = np.linalg.norm(q.conj().T @ p - p.conj().T @ q - 2j * np.eye(len(q)))
    return float(max(asymmetric, unnormalised) / size) if size else math.inf


def pure_matrices(reduced: Float[np.ndarray, "n n"]) -> tuple[Square, Square]:
    r"""Return $Q$, $P$ of the pure state with the covariance $\hbar\sigma/2$, $Q$ real."""
    m = len(reduced) // 2
    symplectic = standard_poisson(m)
    scale = np.sqrt(np.abs(np.diag(reduced)))
    largest = np.outer(scale, scale) * float(scale[:m] @ scale[m:])
    away = np.abs(reduced @ symplectic @ reduced - symplectic)
    pure = bool(np.all(away <= 1e-8 * largest) and np.all(np.abs(reduced - reduced.T) <= largest))
    definite = pure and bool(np.all(np.linalg.eigvalsh(reduced[:m, :m]) > 0))
    check(definite, "covariance", "be that of a pure state", f"2/hbar times it {reduced.tolist()}")
    q = np.linalg.cholesky(reduced[:m, :m])
    return q + 0j, (reduced[m:, :m] + 1j * np.eye(m)) @ np.linalg.inv(q).T


def overlap(
    first: tuple[Vector, Vector, Square, Square, float, float],
    second: tuple[Vector, Vector, Square, Square, float, float],
    hbar: float,
) -> complex:
    r"""Return $\langle\psi_1|\psi_2\rangle$ of packets (centre, momentum, Q, P, angle, action).

    $\det(-iD/2)^{-1/2} \exp\{\frac{i}{\hbar}[S_2 - S_1 - \frac12 w_1^TD^{-1}w_2
    - \frac12 \delta q^T(p_1 + p_2)]\}$ with $D = P_2^T\bar Q_1 - Q_2^T\bar P_1$ and
    $w_k = Q_k^T\delta p - P_k^T\delta q$ ($Q_1$, $P_1$ conjugated): symplectic products only, so
    that packets stretched alike lose nothing.
    """
    (x1, k1, q1, p1, angle1, action1), (x2, k2, q2, p2, angle2, action2) = first, second
    q1, p1 = q1.conj(), p1.conj()
    product = p2.T @ q1 - q2.T @ p1
    away, push = x2 - x1, k2 - k1
    w1, w2 = q1.T @ push - p1.T @ away, q2.T @ push - p2.T @ away
    width = -1j * (p2 @ np.linalg.inv(q2) - p1 @ np.linalg.inv(q1))
    near = angle2 - angle1 + float(right_angle(width[None])[0])
    angle = turn_of(-1j * product / 2, near)
    exponent = action2 - action1 - (w1 @ np.linalg.solve(product, w2) + away @ (k1 + k2)) / 2
    size = np.abs(np.linalg.det(product / 2)) ** -0.5
    return complex(size * np.exp(1j * (exponent / hbar - angle / 2)))
