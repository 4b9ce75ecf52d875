"""Figures about speed, memory and serving."""
