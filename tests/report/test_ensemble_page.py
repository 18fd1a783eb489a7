"""The page of an ensemble of paths: complete, right, and honest where something is refused."""

import dataclasses
import re

import jax
import numpy as np
import pytest

import feynax as fx


@pytest.fixture(scope="module")
def reading():
    well = fx.paths.PathEnsemble("0.25*(x**2 - 4)**2", beta=4.0, slices=32)
    return fx.report.read_ensemble(well, key=jax.random.key(1), chains=32, draws=300)


def test_estimates_agree_with_the_exact_lattice(reading):
    assert set(reading.z_scores) == {"energy", "energy_thermo", "x", "x2", "x4"}
    assert max(abs(z) for z in reading.z_scores.values()) < 4.5  # of five, correlated
    density = reading.density
    seen = density.exact > 0.01
    away = (density.value[seen] - density.exact[seen]) / density.error[seen]
    assert np.abs(away).max() < 5  # of some forty bins
    assert np.isclose(reading.levels[1] - reading.levels[0], 0.00971634990825887, atol=1e-8)


def test_the_picture_is_the_network_of_the_path(reading):
    seen = reading.picture
    ramps = np.maximum(seen.times[:, None] - seen.kinks, 0)
    assert np.allclose(seen.paths[0, 0] + ramps @ seen.weights, seen.paths[0], atol=1e-9)


def test_the_page_is_whole(reading):
    text = fx.report.page(reading)
    assert "<script" not in text
    assert "http" not in re.sub(r'xmlns[:a-z]*="[^"]*"', "", text)
    assert "0.25\u2009(x² − 4)²" in text
    for section in ("paths", "evidence", "network", "memory", "levels", "chains"):
        assert f'id="{section}"' in text
    assert "The two lowest levels are" in fx.report.summary(reading)


def test_what_is_refused_is_said(reading):
    bad = dataclasses.replace(reading, estimates={}, refused={"energy": "Chains contradict."})
    text = fx.report.page(bad)
    assert "no energy is reported" in text
    assert "Refused: Chains contradict." in text


def test_open_paths_are_refused():
    half = fx.paths.PathEnsemble("x**2", beta=1.0, slices=8, ends=fx.paths.HalfLine(0.0))
    with pytest.raises(ValueError, match="`ensemble` must be of closed paths"):
        fx.report.read_ensemble(half, key=jax.random.key(0))
