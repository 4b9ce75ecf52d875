"""Face generation, and the views inside the face models."""
