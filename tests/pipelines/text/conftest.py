"""Tiny language models, saved once a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_text


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``tiny("Llama")``: a folder with a random network of that architecture and a tokenizer."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            made[kind] = folder = tmp_path_factory.mktemp(kind)
            tiny_text.causal_lm(kind)(folder)
        return made[kind]

    return make
