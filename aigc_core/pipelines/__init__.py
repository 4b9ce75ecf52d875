"""Pipelines turn a request into events, one folder per kind of output. They load weights, run models and samplers,
and keep no state."""
