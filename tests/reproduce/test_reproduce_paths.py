"""Every claim of the document on path integrals comes out as the library says."""

import feynax as fx


def test_every_claim_comes_out_as_expected():
    found = fx.reproduce.reproduce("paths")
    assert [(c.claim.where, c.failure or c.ruling) for c in found.surprises] == []
    assert len(found.checked) >= 45
    assert len({checked.claim.where for checked in found.checked}) == len(found.checked)
    assert found.counts["corrected"] >= 24
