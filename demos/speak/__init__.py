"""The Speech tab."""
