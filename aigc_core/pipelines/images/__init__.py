"""Style transfer and inpainting."""
