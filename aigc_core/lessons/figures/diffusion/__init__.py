"""Figures about diffusion models."""
