"""Potentials by formula and by name, and what is known of them."""
