"""Potentials by formula and by name, and what is known of them."""

from ._text import Potential as Potential
