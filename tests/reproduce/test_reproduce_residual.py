"""Every claim of the thesis that needs no training comes out as the library says."""

import feynax as fx

# These compile many programs; `feynax reproduce residual` checks them.
SLOW = {
    *("section 4.2.1, five layers", "Table 4.1", "Table 4.2", "Figs. 4.3 and 4.4"),
    *("after eq. (44), memory", "Fig. 1.4", "Fig. 1.2", "eqs. (41)-(42)"),
    "end of chapter 5, solvers",
}


def test_every_claim_comes_out_as_expected():
    every = [claim.where for claim in fx.reproduce.claims("residual")]
    assert len(set(every)) == len(every) >= 75
    assert set(every) > SLOW
    found = fx.reproduce.reproduce("residual", only=[where for where in every if where not in SLOW])
    assert [(c.claim.where, c.failure or c.ruling) for c in found.surprises] == []
    assert found.counts["corrected"] >= 35
    assert found.counts["unchecked"] <= 2
