"""Piecewise linear fields: where they are affine, where they rest, and their exact flow."""
