"""Figures about sound and video."""
