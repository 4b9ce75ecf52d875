"""The evaluation of the music transformer: the yardstick learns, pieces are measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tunes

from aigc_core import checkpoint
from aigc_core.datasets import music_notes
from aigc_core.evaluation import music_gpt
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.sampling.music import rows

CONFIG = GPTConfig(
    vocab_size=768, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=1,
    num_key_value_heads=1, head_dim=32, max_position_embeddings=1024,
)  # fmt: skip


def test_counts_foretell_scales_in_other_keys_far_better_than_chance(tmp_path: Path) -> None:
    tunes.save(tmp_path / "notes.npz")
    train, val = (music_notes.read(tmp_path / "notes.npz", split) for split in ("train", "val"))
    held = rows.held_out(val, 400)
    counted, chance = music_gpt.yardstick(train, held), music_gpt.surprise(GPT(CONFIG), held)
    assert set(counted) == {"chorale", "pop"}
    assert counted["chorale"] < 2 < 15 < chance["chorale"]  # an untrained network: some 2 log2(729) bits a note


def test_all_lines_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tunes.save(tmp_path / "notes.npz")
    checkpoint.save(tmp_path / "model", GPT(CONFIG), CONFIG)
    out = tmp_path / "eval.json"
    arguments = [str(tmp_path / "model"), "--data", str(tmp_path / "notes.npz"), "--samples", "1", "--length", "200"]
    assert music_gpt.main([*arguments, "--yardstick", "--out", str(out)]) == 0
    lines = json.loads(out.read_text())["rows"]
    assert [line.get("pieces", "bits") for line in lines] == [
        "bits", "bits", "held-out chorale", "composed chorale", "held-out pop", "composed pop", "harmonised chorale",
    ]  # fmt: skip
    by_name = {line["pieces"]: line for line in lines[2:]}
    assert by_name["held-out chorale"]["time in key"] == 1.0 and by_name["held-out pop"]["distance of lengths"] == 0
    assert by_name["held-out chorale"]["parallels a bar"] > 2  # triads in parallel motion


def test_the_grid_holds_what_sounds() -> None:
    pitches = music_gpt.grid(tunes.chorale(bars=1).notes)
    assert pitches.shape == (16, 4) and (np.diff(pitches.astype(int), axis=1) < 0).all()
    assert pitches[0].tolist() == [72, 67, 64, 48]
