"""Figures about frameworks, models and checkpoints."""
