"""Training the summarizer: interrupted and resumed it ends at the very same weights; word vectors know company."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_core.engine import drain
from aigc_core.models.pointer_generator import PointerGenerator, PointerGeneratorConfig
from aigc_core.tokenizers.vocabulary import END, TITLE
from aigc_core.training import language_model
from aigc_core.training.summarizer import Config, Example, train, word_vectors

MODEL = PointerGeneratorConfig(
    vocab_size=40, width=16, heads=2, mlp=24, encoder_layers=1, decoder_layers=1, dropout=0.2, max_target=8
)


def _data() -> list[Example]:
    rng = np.random.default_rng(0)
    rows = [rng.integers(4, 40, 6) for _ in range(12)]
    return [Example(r, r, np.zeros((6, 4), np.int64), np.array([TITLE, *r[:2], END])) for r in rows]


def _train(out: Path, stops: Sequence[int]) -> dict[str, torch.Tensor]:
    """Run to each number of steps in turn, of a schedule of 6; the last weights."""
    loop = language_model.Config(out=out, steps=6, lr=1e-2, warmup=2, ema=0.9, every=3)
    network: PointerGenerator | None = None
    for stop in stops:
        events = train(Config(loop=loop, batch=4, model=MODEL), _data(), lambda network: {}, lambda folder: None)
        if stop < loop.steps:
            for _ in range(stop):
                next(events)
            events.close()
        else:
            network = drain(events).output
    assert network is not None
    return network.state_dict()


def test_resumed_training_is_bit_exact(tmp_path: Path) -> None:
    whole, resumed = _train(tmp_path / "a", [6]), _train(tmp_path / "b", [4, 6])
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert (tmp_path / "b" / "model" / "model.safetensors").exists()


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    loop = language_model.Config(out=tmp_path, steps=3, lr=float("inf"), warmup=0)
    events = train(Config(loop=loop, batch=4, model=MODEL), _data(), lambda network: {}, lambda folder: None)
    with pytest.raises(FloatingPointError, match="at step"):
        drain(events)


def test_words_in_the_same_company_have_similar_vectors() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(200):  # 4 and 5 stand among 10 … 19, 6 and 7 among 20 … 29
        kind = rng.integers(2)
        row = rng.integers(10, 20, 6) + 10 * kind
        row[3] = 4 + 2 * kind + rng.integers(2)
        rows.append(Example(row, row, np.zeros((6, 4), np.int64), row))
    vectors = word_vectors(rows, 40, 8)
    cosine = torch.nn.functional.cosine_similarity
    assert float(cosine(vectors[4], vectors[5], dim=0)) > 0.8 > float(cosine(vectors[4], vectors[6], dim=0)) + 0.5
