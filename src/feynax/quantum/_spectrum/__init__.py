"""Levels and states of quadratic Hamiltonians, and the equation that the document wrote instead."""
