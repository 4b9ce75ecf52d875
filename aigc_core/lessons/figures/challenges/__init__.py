"""Figures about challenges."""
