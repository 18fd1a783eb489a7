"""Claims of the later document on recurrent networks come out as the library says."""

import feynax as fx

# Each of these compiles cells of several layers or walks thousands of steps; `feynax reproduce
# odernn` has them.
SLOW = {
    "abstract, degree of nonlinearity",
    "Table 1",
    "eq. (2)",
    "Theorem 1, for Runge-Kutta methods",
    "eqs. (19)-(21)",
    "eq. (27)",
    "Claim 3",
    "Claim 4",
    "Theorem 3, inverse",
    "Theorem 3, stable regime",
    "section 3.1, clock Hamiltonian",
    "Fig. 3",
    "Table 3",
    "Table 3, depth",
    "section 4, parameters",
    "section 4, AntisymmetricRNN",
    "after eq. (40), gap",
}


def test_every_quick_claim_comes_out_as_expected():
    places = [claim.where for claim in fx.reproduce.claims("odernn")]
    assert len(set(places)) == len(places) >= 80
    assert set(places) > SLOW
    asked = [where for where in places if where not in SLOW]
    found = fx.reproduce.reproduce("odernn", only=asked)
    assert [(c.claim.where, c.failure or c.ruling) for c in found.surprises] == []
    assert found.counts["corrected"] >= 35
    assert found.counts["false"] == 4
