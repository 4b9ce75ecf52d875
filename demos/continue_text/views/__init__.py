"""Views inside a language model: attention, surprisal, watermark, two models side by side."""
