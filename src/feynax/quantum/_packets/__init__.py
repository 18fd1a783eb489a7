"""Gaussian packets and propagators of quadratic Hamiltonians."""
