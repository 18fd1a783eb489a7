"""Section IV: what the document leaves open, and what can be said of it."""

import numpy as np

from ...equations import AffineField
from ...quantum import Lindblad, find_poisson
from .._claim import Budget, Finding
from ._claims import CLAIMS
from ._draws import networks


@CLAIMS.add(
    "section IV, odd networks",
    kind="statement",
    printed="The Hamiltonian procedure does not work for an odd number of neurons.",
    expects="holds",
)
def odd_networks(budget: Budget) -> Finding:
    draw, found = np.random.default_rng(0), 0
    for n in (3, 5):
        for _ in range(10):
            try:
                find_poisson(draw.normal(size=(n, n)))
                found += 1
            except ValueError:
                continue
    says = "For {printed} of 20 random matrices of 3 and 5 neurons an invertible bracket was found."
    return Finding.compare(says, printed=float(found), tolerance=0)


@CLAIMS.add(
    "section IV, condition (13)",
    kind="statement",
    printed="It is open why a quantum structure should need (13), and how it could be without it.",
    right="The trace is the rate at which volumes change. Without (13) the network is an open "
    "system: "
    "one jump operator carries the loss, and the means still follow the network exactly.",
    expects="holds",
)
def without_the_condition(budget: Budget) -> Finding:
    times, errors = np.linspace(0, 3, 7), []
    for net in networks(10, closed=False, seed=11):
        piece: AffineField = net.regime
        system = Lindblad.from_field(piece)
        start = np.array([0.3, -0.2])
        grown, shift = piece.flow(times)
        moments = system.moments(start, np.eye(2), times)
        scale = 1 + np.abs(grown).max()
        errors.append(np.max(np.abs(np.asarray(moments.mean) - grown @ start - shift)) / scale)
    says = (
        "The means of 10 networks without (13), as open systems, follow the network to {printed}."
    )
    return Finding.compare(says, printed=float(max(errors)), tolerance=1e-11)


CLAIMS.unchecked(
    "section I and IV, mechanism",
    printed="The wave function is the mechanism behind the dynamics of the network.",
    because="an interpretation: the packet's mean follows the network and the network follows from "
    "no packet; no number decides it.",
)
CLAIMS.unchecked(
    "section III, training",
    printed="Conditions on the wave function could say which weights training finds.",
    because="no experiment is reported. What a network trained under the corrected condition "
    "reaches is in the library's measurements.",
)
