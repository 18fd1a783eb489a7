"""Exact tableaux: order conditions in exact numbers, and the printed form."""

import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest

import feynax as fx
from feynax.equations import TABLEAUX, Surd
from feynax.equations._stability._surd import parse


@functools.cache
def trees(size):
    """Rooted trees with so many nodes, as sorted tuples of subtrees."""
    if size == 1:
        return ((),)
    return tuple(sorted({t for parts in _splits(size - 1, size - 1) for t in _forests(parts)}))


def _splits(total, largest):
    if total == 0:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in _splits(total - first, first):
            yield (first, *rest)


def _forests(parts):
    for pick in itertools.product(*(trees(p) for p in parts)):
        yield tuple(sorted(pick))


def nodes(tree):
    return 1 + sum(map(nodes, tree))


def density(tree):
    value = nodes(tree)
    for branch in tree:
        value *= density(branch)
    return value


def stage_weights(tree, a):
    """Exact elementary weight of each stage."""
    out = [Surd(Fraction(1))] * len(a)
    for branch in tree:
        inner = stage_weights(branch, a)
        sums = [sum((x * y for x, y in zip(row, inner, strict=True)), parse("0")) for row in a]
        out = [x * y for x, y in zip(out, sums, strict=True)]
    return out


def misses(tableau, order):
    """Trees of one order whose condition sum b phi = 1/density fails."""
    for tree in trees(order):
        phi = stage_weights(tree, tableau.a)
        total = sum((b * w for b, w in zip(tableau.b, phi, strict=True)), parse("0"))
        if total != Fraction(1, density(tree)):
            yield tree


def test_number_of_trees():
    assert [len(trees(n)) for n in range(1, 8)] == [1, 1, 2, 4, 9, 20, 48]


@pytest.mark.parametrize("name", TABLEAUX)
def test_order_is_exact(name):
    """Every condition up to the order holds in exact numbers, and one of the next fails."""
    found = TABLEAUX[name]
    for order in range(1, found.order + 1):
        assert not list(misses(found, order))
    assert next(misses(found, found.order + 1), None) is not None


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1/4-1/6r3", "1/4 - 1/6 sqrt(3)"),
        ("-1/2", "-1/2"),
        ("2r2", "2 sqrt(2)"),
        ("0", "0"),
        ("1+1r5", "1 + sqrt(5)"),
        ("-1r5", "-sqrt(5)"),
    ],
)
def test_surds_are_read_and_written(text, printed):
    assert str(parse(text)) == printed


def test_surds_compute_exactly():
    root = parse("1r3")
    assert root * root == 3
    assert float(parse("1/4-1/6r3")) == pytest.approx(0.25 - np.sqrt(3) / 6, abs=1e-16)
    assert hash(root - root) == hash(parse("0"))
    with pytest.raises(ArithmeticError, match="share no exact sum"):
        root + parse("1r2")
    assert root != "1r3"


def test_printed_tableau():
    text = str(fx.equations.tableau("sdirk_crouzeix"))
    assert text.splitlines()[0] == "sdirk_crouzeix (order 3)"
    assert "1/2 + 1/6 sqrt(3)" in text
    assert "-1/3 sqrt(3)" in text


def test_wrong_tableaux_are_named():
    with pytest.raises(ValueError, match="`name` must be one of"):
        fx.equations.tableau("rk5")
    with pytest.raises(ValueError, match="`theta` must be a fraction"):
        fx.equations.theta_method(0.5)
    with pytest.raises(ValueError, match="`alpha` must have shape"):
        fx.equations.BlockTableau(np.eye(2)[None], np.eye(2)[None])
    half = parse("1/2")
    with pytest.raises(ValueError, match="`a` must be 2 rows"):
        fx.equations.Tableau("wrong", ((half,),), (half, half), 1)
