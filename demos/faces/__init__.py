"""The Faces tab."""
