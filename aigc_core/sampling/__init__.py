"""Pure functions that draw from models: denoisers, logits, transition tables in, samples out."""
