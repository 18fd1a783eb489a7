"""2-ARNN as the two-step leapfrog, which both documents call of first order."""

import numpy as np

from .._claim import Budget, Finding


def order_of_the_leapfrog(budget: Budget) -> Finding:
    """The error falls with the square of the step."""
    errors = []
    for steps in (200, 400):
        h = 5 / steps
        before, now = np.exp(-1j * h), 1.0 + 0j  # y' = i y, exact at the start
        for _ in range(steps):
            before, now = now, before + 2j * h * now
        errors.append(abs(now - np.exp(5j)))
    order = float(np.log2(errors[0] / errors[1]))
    return Finding.compare(
        f"Halving the step of the two-step leapfrog gives the order {order:.3f}, off from 1 by "
        "{printed}, from 2 by {right}.",
        printed=abs(order - 1),
        right=abs(order - 2),
        tolerance=0.02,
    )
