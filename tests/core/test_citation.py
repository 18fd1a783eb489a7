"""Citations are collected from objects and from what they hold."""

import jax
import pytest

import feynax as fx
from feynax._citation import REFERENCES, cites


def test_network_cites_what_its_blocks_stand_on():
    net = fx.networks.PDENet((1, 8, 8), 2, channels=(2,), key=jax.random.key(0))
    assert "imchitr2020" in fx.citation(net)
    assert "strang1968" in fx.citation(net)


def test_each_reference_once_and_nothing_for_strangers():
    net = fx.networks.PDENet((1, 8, 8), 2, channels=(2, 2), key=jax.random.key(0))
    assert fx.citation(net).count("@thesis{imchitr2020") == 1
    assert fx.citation([1, "two"]) == ""


def test_unknown_keys_are_refused():
    with pytest.raises(KeyError, match="no reference named"):
        cites("nobody1900")


@pytest.mark.parametrize("key", REFERENCES)
def test_references_are_bibtex(key):
    text = REFERENCES[key]
    assert text.startswith("@")
    assert text.split("{", 1)[1].startswith(key + ",")
    assert text.count("{") == text.count("}")
