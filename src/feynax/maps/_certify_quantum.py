"""How far a Hamiltonian is from losing its levels."""

import numpy as np

from .._certificate import Certificate, Verdict
from .._citation import cites
from ..quantum import QuadraticHamiltonian

_ROUNDING = 2.0**-44  # relative error allowed to frequencies, forms and their norms


@cites("yakubovich1975")
def certify_hamiltonian(ham: QuadraticHamiltonian) -> Certificate:
    r"""Certify that a Hamiltonian keeps its levels, and how far the form $Q$ may move.

    Levels are lost only where frequencies of opposite Krein sign meet (Krein, Gelfand and
    Lidskii). In the normal form's basis $T$ the flow's matrix is normal, so a change $\delta Q$
    moves its eigenvalues $\pm i\omega_k$ by at most $|T|^2 |\delta Q|$ (Bauer and Fike): below
    half of the smallest distance of opposite signs none can meet. A definite form keeps its levels
    besides as long as it stays definite. The margin is the larger of the two; both are the whole
    truth for one degree of freedom.
    """
    normal = ham.normal_form
    places = np.concatenate([normal.frequencies, -normal.frequencies])
    signs = np.concatenate([normal.signs, -normal.signs])
    apart = np.abs(places[:, None] - places[None, :])[signs[:, None] != signs[None, :]]
    spread = float(np.linalg.norm(normal.basis, 2)) ** 2
    margin = float(apart.min()) / 2 / spread
    why = "frequencies of opposite Krein sign cannot meet before"
    sizes = np.linalg.eigvalsh(ham.form)
    smallest = float(np.min(np.abs(sizes)))
    if np.all(sizes > 0) or np.all(sizes < 0):
        margin, why = max(margin, smallest), "the form stays definite until then"
    lost = _ROUNDING * (float(np.max(np.abs(sizes))) + float(normal.frequencies.max()) / spread)
    return Certificate(
        claim="the Hamiltonian has discrete levels, and keeps them under every change of its "
        "form below the margin",
        verdict=Verdict.CERTIFIED,
        because=f"all frequencies are real, and {why}",
        domain="quadratic Hamiltonians of these brackets; the margin is a 2-norm of the change, "
        "in units of the form",
        margin=max(margin - lost, 0.0),
    )
