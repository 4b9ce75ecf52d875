"""Figures about training, data and judging."""
