"""The Style transfer tab."""
