"""Continuation, dialogue and summaries."""
