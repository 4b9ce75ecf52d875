"""Scores that compare an output with a reference; no models, no files."""
