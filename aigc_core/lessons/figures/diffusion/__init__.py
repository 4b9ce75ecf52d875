"""What the figures about diffusion models draw."""
