"""The Dialogue tab."""
