"""Recurrent cells: one step on one example, each with its own equation beside it."""
