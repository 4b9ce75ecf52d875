"""The promise of a recipe, with real models: replayed on the same machine it gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aigc_core import cli, recipe
from aigc_core.recipe.__main__ import main as recipe_main

CASES = {
    "image": ("faces-dcgan-64", ["faces", "--count", "3", "--seed", "21"], ".png"),
    "video": ("faces-dcgan-64", ["faces", "--count", "2", "--seed", "4", "--seed-to", "9", "--frames", "8"], ".mp4"),
    "audio": ("chorale-ngram", ["compose", "--bars", "4", "--seed", "5"], ".wav"),
    "midi": ("chorale-ngram", ["compose", "--bars", "4", "--seed", "5"], ".mid"),
    "speech": ("kokoro-82m", ["speak", "--text", "Good morning."], ".wav"),
    "text": (
        "text-smollm2-135m",
        ["continue_text", "--prompt", "One day", "--max-new-tokens", "12", "--seed", "3"],
        ".json",
    ),
    "summary": (
        "summarize-textrank",
        ["summarize", "--text", "Rain fell. The river rose by 3 metres. Nobody slept.", "--max-sentences", "1"],
        ".md",
    ),
}


@pytest.mark.weights
@pytest.mark.parametrize("case", CASES)
def test_a_replayed_recipe_gives_the_same_bytes(
    case: str, tmp_path: Path, real_weights: Callable[[str], list[Path]]
) -> None:
    model, arguments, suffix = CASES[case]
    real_weights(model)
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    assert cli.main([*arguments, "--model", model, "--out", str(first)]) == 0
    assert recipe.read(first)["generated"] == "AI-generated"
    assert recipe_main([str(first), "--replay", str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
