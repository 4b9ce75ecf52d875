"""Figures about trends."""
