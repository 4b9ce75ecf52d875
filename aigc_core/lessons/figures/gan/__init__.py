"""Figures about adversarial training."""
