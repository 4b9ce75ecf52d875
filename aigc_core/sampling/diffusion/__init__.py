"""Noise schedules and samplers of diffusion models, and the formulas they compute."""
