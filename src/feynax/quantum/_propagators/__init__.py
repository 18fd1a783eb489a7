"""Schrödinger's equation, stepped."""
