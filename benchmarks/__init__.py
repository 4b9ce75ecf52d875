"""Measurements: each file says on top what it measures and how it is run."""
