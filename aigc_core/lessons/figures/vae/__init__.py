"""Figures about variational autoencoders."""
