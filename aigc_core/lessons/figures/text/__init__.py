"""Figures about language models."""
