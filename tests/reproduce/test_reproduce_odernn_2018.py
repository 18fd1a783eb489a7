"""Claims of the document of 2018 on recurrent networks come out as the library says."""

import feynax as fx

_SLOW = (  # each compiles embeddings of several cells; `feynax reproduce` checks them, too
    "introduction, unitary networks",
    "Table 1",
    "Claim 1, LSTM of L layers",
    "Claim 1, GRU of L layers",
    "Claim 2",
    "Claim 3",
    "Table 4",
    "Theorem 2",
    "Theorem 4, network",
    "eqs. (16)-(17), (21)-(22)",
)


def test_claims_come_out_as_expected():
    known = fx.reproduce.claims("odernn-2018")
    places = [claim.where for claim in known]
    assert len(set(places)) == len(places) >= 60
    assert set(_SLOW) < set(places)
    found = fx.reproduce.reproduce("odernn-2018", only=[p for p in places if p not in _SLOW])
    assert [(c.claim.where, c.failure or c.ruling) for c in found.surprises] == []
    assert found.counts["corrected"] >= 30
