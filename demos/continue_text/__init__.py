"""The Text continuation tab."""
