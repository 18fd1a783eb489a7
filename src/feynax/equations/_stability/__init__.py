"""Tableaux of Runge-Kutta methods, and what can be proven from their coefficients."""
