"""The Inpainting tab."""
