"""Measurements with the peer in the same run; ratios, not timed tests."""
