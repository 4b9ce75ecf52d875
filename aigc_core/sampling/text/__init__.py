"""Decoding: truncation, beam and contrastive search, speculation, watermark, verse."""
