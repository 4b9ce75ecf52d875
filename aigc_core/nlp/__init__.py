"""What is known about language without a model: sentences, numbers, scripts, phonemes, readings."""
