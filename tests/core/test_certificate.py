"""Verdicts carry what they must, and witnesses replay."""

import numpy as np
import pytest

import feynax as fx

SAID = {"claim": "it holds", "because": "of this", "domain": "all inputs"}


def test_each_verdict_needs_its_evidence():
    with pytest.raises(ValueError, match="`margin` must be at least 0"):
        fx.Certificate(verdict=fx.Verdict.CERTIFIED, margin=-0.1, **SAID)
    with pytest.raises(ValueError, match="`witness` must be given"):
        fx.Certificate(verdict=fx.Verdict.REFUTED, **SAID)
    with pytest.raises(ValueError, match="`bounds` must be given"):
        fx.Certificate(verdict=fx.Verdict.UNDECIDED, **SAID)


def test_only_certified_is_true():
    assert fx.Certificate(verdict=fx.Verdict.CERTIFIED, margin=0.0, **SAID)
    assert not fx.Certificate(verdict=fx.Verdict.UNDECIDED, bounds=(1.0, 2.0), **SAID)


def test_witness_replays_its_stretch():
    matrix = np.array([[2.0, 0.0], [0.0, 0.5]])
    witness = fx.Witness(np.array([1.0, 1.0]), np.array([0.0, 1.0]), stretch=2.0)
    assert witness.replay(lambda y: matrix @ y) == pytest.approx(witness.stretch)
    refuted = fx.Certificate(verdict=fx.Verdict.REFUTED, witness=witness, **SAID)
    assert "refuted: it holds" in str(refuted)
    assert "2-fold" in str(refuted)


def test_printed_whole():
    undecided = fx.Certificate(verdict=fx.Verdict.UNDECIDED, bounds=(1.25, 3.0), rate=1.1, **SAID)
    for part in ("undecided", "of this", "all inputs", "1.25", "3", "rate 1.1"):
        assert part in str(undecided)
