"""The Music tab."""
