"""Training the music transformer on four scales."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import tunes

from aigc_core import checkpoint
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.sampling.music.rows import Rows
from aigc_core.tokenizers import music_tokens
from aigc_core.training import music_gpt

SMALL = [
    "--width",
    "64",
    "--layers",
    "2",
    "--window",
    "256",
    "--batch",
    "4",
    "--length",
    "128",
    "--lr",
    "1e-2",
    "--ema",
    "0.9",
]


def trained(tmp_path: Path, out: str, steps: int, *more: str) -> Path:
    tunes.save(tmp_path / "notes.npz")
    folder = tmp_path / out
    music_gpt.main(["--data", str(tmp_path / "notes.npz"), "--out", str(folder), "--steps", str(steps), *SMALL, *more])
    return folder


def test_bits_a_note_fall_far_below_chance(tmp_path: Path) -> None:
    folder = trained(tmp_path, "run", 60, "--every", "20")
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["bits_a_note_chorale"] < 0.6 * lines[0]["bits_a_note_chorale"]
    assert lines[-1]["bits_a_note_pop"] < 0.6 * lines[0]["bits_a_note_pop"]
    network = checkpoint.load(folder / "model", GPT(checkpoint.load_config(folder / "model", GPTConfig)))
    assert network.config.vocab_size % 64 == 0 and network.config.vocab_size >= music_tokens.VOCABULARY


def test_a_run_goes_on_bit_by_bit(tmp_path: Path) -> None:
    whole = trained(tmp_path, "whole", 6, "--every", "3", "--cooldown", "0")
    cut = trained(tmp_path, "cut", 3, "--every", "3", "--cooldown", "0")
    trained(tmp_path, "cut", 6, "--every", "3", "--cooldown", "0")
    states = [(folder / "model" / "model.safetensors").read_bytes() for folder in (whole, cut)]
    assert states[0] == states[1]


def test_batches_count_what_is_there_and_keep_the_share_of_chorales() -> None:
    pieces = [Rows.of(tunes.chorale()), Rows.of(tunes.song())]
    take = music_gpt.batcher(pieces, batch=200, length=96, chorales=0.25, seed=1)
    batch = take(4)
    assert torch.equal(batch.ids, take(4).ids) and not torch.equal(batch.ids, take(5).ids)
    assert batch.weight is not None
    assert int((batch.ids[:, 1:][batch.weight == 0] != music_tokens.END).sum()) == 0
    chorales = float((batch.ids[:, 1] == music_tokens.STYLE).float().mean())
    assert chorales == pytest.approx(0.25, abs=0.1)
