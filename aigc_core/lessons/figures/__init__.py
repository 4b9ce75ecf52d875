"""Figures of the lessons, a folder a topic."""
