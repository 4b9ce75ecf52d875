"""Figures that compare the families of generative models."""
