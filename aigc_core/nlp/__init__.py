"""Text processing without models: sentences, numbers, scripts, phonemes, readings."""
