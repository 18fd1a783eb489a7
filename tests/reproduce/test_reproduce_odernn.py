"""Claims of the later document on recurrent networks come out as the library says."""

import feynax as fx

# Each of these compiles cells of several layers or walks thousands of steps; `feynax reproduce
# odernn` has them.
SLOW = {
    "Table 1",
    "eqs. (19)-(21)",
    "eq. (27)",
    "Claim 3",
    "Claim 4",
    "Theorem 1, for Runge-Kutta methods",
    "Theorem 3, stable regime",
    "Fig. 3",
    "Table 3",
    "section 4, AntisymmetricRNN",
}


def test_every_quick_claim_comes_out_as_expected():
    places = [claim.where for claim in fx.reproduce.claims("odernn")]
    assert len(set(places)) == len(places) >= 80
    assert set(places) > SLOW
    asked = [where for where in places if where not in SLOW]
    found = fx.reproduce.reproduce("odernn", only=asked)
    assert [(c.claim.where, c.failure or c.ruling) for c in found.surprises] == []
    assert found.counts["corrected"] >= 38
    assert found.counts["false"] == 5
