"""Wrappers over large pretrained pipelines (diffusers, transformers, ONNX): request in, events out."""
