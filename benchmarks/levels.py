"""Levels of a network of two ReLU neurons, beside QuTiP in the same run.

    python -m benchmarks.levels [repeats]

Three centres, from ordinary to nearly parabolic, and a saddle. Errors are against the levels in
whole numbers (fractions and an integer square root) of the same weights; QuTiP diagonalises the
operator in N oscillator states. Times are medians of alternated repeats: of `levels` on a
Hamiltonian, and of the whole call from the network's arrays. QuTiP's threads are those of its
BLAS: OPENBLAS_NUM_THREADS=1 is its best on a busy machine.
"""

import math
import os
import sys
from fractions import Fraction

import numpy as np
import qutip  # pyright: ignore[reportMissingImports]

import feynax as fx

from ._timing import alternate, table

FREQUENCIES = [0.66, 0.16, 0.028]
SIZES = [50, 100, 200, 400]
OFFSET = (-0.2, 0.3)


def centre(frequency):
    """Weights with about this frequency, of trace 0 exactly; near 0 their products cancel."""
    mean = round(math.sqrt(1 - frequency**2) * 2**40) / 2**40
    return np.array([[1 + mean, 1.0], [-1.0, 1 - mean]])


def exact(weights, count):
    """Levels of the network with tau = 1, from fractions."""
    (a11, a12), (a21, a22) = [[Fraction(x) for x in row] for row in weights.tolist()]
    e2, d2, c2 = ((a11 - 1) - (a22 - 1)) / 2, a12 / 2, a21 / 2
    d1, c1 = (Fraction(x) for x in OFFSET)
    delta = e2**2 + 4 * c2 * d2
    square = -delta
    rate = Fraction(math.isqrt(square.numerator * 4**200 // square.denominator), 2**200)
    low = (d2 * c1**2 + c1 * d1 * e2 - c2 * d1**2) / delta
    return [low + rate * (n + Fraction(1, 2)) for n in range(count)]


def error(found, wanted):
    return max(
        abs(float(Fraction(float(x)) - y)) / (1 + abs(float(y)))
        for x, y in zip(found, wanted, strict=True)
    )


def ours(weights, count):
    field = fx.equations.ReLUField.ctrnn(weights, current=np.array(OFFSET))
    return fx.quantize(field, regime=(1, 1)).levels(count)


def theirs(weights, size):
    lower = qutip.destroy(size)
    y1, y2 = (lower + lower.dag()) / math.sqrt(2), -1j * (lower - lower.dag()) / math.sqrt(2)
    (a11, a12), (a21, _) = (weights - np.eye(2)).tolist()
    hamiltonian = -OFFSET[1] * y1 - a21 / 2 * y1 * y1 + OFFSET[0] * y2 + a12 / 2 * y2 * y2
    hamiltonian = hamiltonian + a11 / 2 * (y1 * y2 + y2 * y1)
    return hamiltonian.eigenenergies()


def errors():
    rows = []
    for frequency in FREQUENCIES:
        weights = centre(frequency)
        wanted = exact(weights, 400)
        found = [theirs(weights, size) for size in SIZES]
        row = [frequency, error(ours(weights, 6), wanted[:6]), error(ours(weights, 400), wanted)]
        row += [error(levels[:6], wanted[:6]) for levels in found]
        rows.append([*row, error(found[-1][200:201], wanted[200:201])])
    head = ["frequency", "ours, six", "ours, 400", *(f"N={n}, six" for n in SIZES), "N=400, 200th"]
    table("Error of levels, over 1 + |level|: ours, and QuTiP's with N states", head, rows)


def times(repeats):
    rows = [timed(size, repeats) for size in SIZES]
    head = ["N", "QuTiP wall", "CPU", "network to levels CPU", "levels CPU"]
    head += ["QuTiP/network wall", "CPU", "QuTiP/levels wall", "CPU"]
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "as many as there are cores")
    table(f"Seconds for N levels (QuTiP's threads: {threads})", head, rows)


def timed(size, repeats):
    weights = centre(FREQUENCIES[0])
    ham = fx.quantize(fx.equations.ReLUField.ctrnn(weights, current=np.array(OFFSET)))
    calls = {
        "qutip": lambda: theirs(weights, size),
        "network": lambda: [ours(weights, size) for _ in range(20)],
        "levels": lambda: [ham.levels(size) for _ in range(500)],
    }
    took = alternate(calls, repeats)
    peer, whole, alone = took["qutip"], took["network"], took["levels"]
    row = [size, peer.wall, peer.cpu, whole.cpu / 20, alone.cpu / 500]
    row += [peer.wall / whole.wall * 20, peer.cpu / whole.cpu * 20]
    return [*row, peer.wall / alone.wall * 500, peer.cpu / alone.cpu * 500]


def saddle():
    weights = np.array([[1.2, 0.6], [0.6, 0.8]])
    try:
        ours(weights, 6)
    except fx.ContinuousSpectrumError as refusal:
        print(f"\nA saddle. Ours: {refusal}")
    rows = []
    for size in SIZES:
        found = theirs(weights, size)
        middle = found[np.argsort(abs(found))[:4]]
        rows.append([size, len(found), *np.sort(middle).tolist()])
    head = ["N", "false levels", *["nearest to 0"] * 4]
    table("QuTiP returns N levels without a word, which never settle", head, rows)


def main(repeats=9):
    errors()
    times(repeats)
    saddle()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
