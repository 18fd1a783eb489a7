"""Abstract, section 1 and Table 1: orders, stages, and which network has which of them."""

import numpy as np

from ...equations import AffineField, tableau
from ...networks import LSTM, lstm_odernn
from .._cells import cell, double, embedded, take_step
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS


@CLAIMS.add(
    "abstract, degree of nonlinearity",
    kind="statement",
    printed="A network's nonlinearity has a degree n, which is the number of stages of its step.",
    right="n belongs to the way the step is written, not to the map: one LSTM is a step of 1, 2 or "
    "4 stages, as gates are coefficients or stages.",
    expects="corrected",
)
@double
def stages_of_one_map(budget: Budget) -> Finding:
    own = cell("LSTM")
    assert isinstance(own, LSTM)
    counts = [len(lstm_odernn(own, form).stages) for form in ("minimal", "stages", "constant")]
    listed = np.array(counts)
    return Finding.compare(
        "The ODERNNs of one LSTM have numbers of stages that differ by {printed}; they differ from "
        "1, 2 and 4 by {right}. That they compute the same is in Claim 1.",
        printed=float(np.ptp(listed)),
        right=float(np.abs(listed - [1, 2, 4]).max()),
        tolerance=0,
    )


@CLAIMS.add(
    "section 1, higher derivatives",
    kind="statement",
    printed="An equation of order t in time is a system of t coupled equations of first order.",
    expects="holds",
)
def coupled_equations(budget: Budget) -> Finding:
    roots = np.array([-0.5, -0.2 + 1.1j, -0.2 - 1.1j])
    companion = np.eye(3, k=1)
    companion[-1] = -np.poly(roots).real[:0:-1]
    shares, times = np.array([0.4, 0.3 - 0.7j, 0.3 + 0.7j]), np.linspace(0, 6, 13)
    derivatives = lambda t: np.real(
        [np.sum(shares * roots**k * np.exp(roots * t)) for k in (0, 1, 2)]
    )
    grown, _ = AffineField(companion, np.zeros(3)).flow(times)
    apart = grown @ derivatives(0.0) - np.stack([derivatives(t) for t in times])
    says = (
        "The flow of the three equations of y''' + c2 y'' + c1 y' + c0 y = 0 is off from the sum "
        "of its exponentials by {printed}."
    )
    return Finding.compare(says, printed=float(np.abs(apart).max()), tolerance=1e-12)


def _order(name: str) -> float:
    """Order at which one step's error per unit of time falls, on a pendulum."""
    from scipy.integrate import solve_ivp

    field = lambda y: np.array([y[1], -np.sin(y[0])])
    start, errors = np.array([1.0, 0.3]), []
    for h in (0.1, 0.05):
        found = solve_ivp(lambda t, y: field(y), (0, h), start, "DOP853", rtol=1e-13, atol=1e-15)
        errors.append(np.abs(take_step(tableau(name), field, start, h) - found.y[:, -1]).max())
    return float(np.log2(errors[0] / errors[1])) - 1


@CLAIMS.add(
    "section 1, orders of convergence",
    kind="statement",
    printed="Runge-Kutta methods of more stages converge at higher orders.",
    expects="holds",
)
def orders_of_convergence(budget: Budget) -> Finding:
    names = ("euler", "heun", "ssprk3", "rk4", "gauss_2")
    rows = tuple((n, tableau(n).stages, tableau(n).order, _order(n)) for n in names)
    off = max(abs(row[3] - row[2]) for row in rows)
    caption = "Orders measured by halving one step of a pendulum's equation."
    return Finding.compare(
        "The orders measured for 1 to 4 stages differ from the methods' own by {printed}.",
        printed=off,
        tolerance=0.25,
        comparison=Comparison(caption, ("method", "stages", "order", "measured"), rows),
    )


@CLAIMS.add(
    "Table 1",
    kind="table",
    printed="With L layers (or clocks), LSTM, GRU and URNN are steps of 2 stages and L lags, the "
    "clockwork RNN one of L stages and L lags; the proofs below say L and 2, and Table 3 n and 2.",
    right="LSTM with its memory 2 L stages, GRU and URNN L, the clockwork RNN 1; all with one lag, "
    "that is none of them reads an older state than the last.",
    expects="corrected",
)
def categories(budget: Budget) -> Finding:
    found = {kind: embedded(kind) for kind in ("LSTM", "GRU", "URNN")}
    found["ClockworkRNN"] = embedded("ClockworkRNN", 1, groups=4)
    size = {"ClockworkRNN": (4, 4)}
    rows = tuple(
        (name, *size.get(name, (2, 3)), own.n, own.t, f"{own.error:.1g}")
        for name, own in found.items()
    )
    wrong = sum(row[1:3] != row[3:5] for row in rows)
    caption = (
        "Stages n and lags t of three layers, or of four clocks, beside the error of the ODERNN "
        "against the layers. QUNN is below, at Fig. 3."
    )
    columns = ("network", "n printed", "t printed", "n", "t", "error")
    return Finding.compare(
        "For {printed} of 4 networks the pair is another one; with the pairs found, each is its "
        "ODERNN to {right}.",
        printed=float(wrong),
        right=max(own.error for own in found.values()),
        tolerance=1e-12,
        comparison=Comparison(caption, columns, rows),
    )
