"""Figures about what generative models are and where they come from."""
