"""The loop of the language models: it learns, and it goes on where it was cut off."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_core.models import gpt
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.training import language_model, text_gpt
from aigc_core.training.language_model import Batch, Config
from aigc_core.training.muon import Muon, orthogonalised
from aigc_core.types import Progress, Result

MODEL = GPTConfig(
    vocab_size=16, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, head_dim=16, max_position_embeddings=16,
)  # fmt: skip


def counting(step: int) -> Batch:
    """Rows that count upwards from a random number, modulo 16."""
    start = torch.randint(16, (8, 1), generator=torch.Generator().manual_seed(step))
    return Batch((start + torch.arange(13)) % 16)


def run(out: Path, steps: int, stop: int | None = None, **settings: object) -> GPT | None:
    config = Config(out=out, steps=steps, every=5, warmup=5, model=MODEL, **settings)  # type: ignore[arg-type]
    for event in language_model.train(config, counting, lambda model: {}):
        if isinstance(event, Result):
            trained: GPT = event.output
            return trained
        assert isinstance(event, Progress)
        if event.step == stop:
            return None
    raise AssertionError("no result")


def test_the_loss_falls_and_is_logged(tmp_path: Path) -> None:
    run(tmp_path, 150)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert losses[0] > 2.4 and losses[-1] < 0.3


def test_an_interrupted_run_ends_bit_for_bit_like_one_that_was_not(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", 15, ema=0.9)
    assert run(tmp_path / "cut", 15, stop=12, ema=0.9) is None  # saved at 10
    resumed = run(tmp_path / "cut", 15, ema=0.9)
    assert whole is not None and resumed is not None
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_fine_tuning_begins_at_the_checkpoint(tmp_path: Path) -> None:
    run(tmp_path / "base", 120)
    run(tmp_path / "tuned", 5, start=tmp_path / "base" / "model", lr=1e-5)
    first = json.loads((tmp_path / "tuned" / "log.jsonl").read_text().splitlines()[0])
    assert first["loss"] < 1.0


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError, match=r"at step [2-5]"):
        run(tmp_path, 10, lr=1e30)


def test_the_rate_warms_up_and_ends_at_its_fraction(tmp_path: Path) -> None:
    config = Config(out=tmp_path, steps=100, warmup=10, final_lr=0.1)
    rates = [language_model.learning_rate(step, config) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(1.0) and rates[100] == pytest.approx(0.1)
    assert rates[10:] == sorted(rates[10:], reverse=True)


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (9, 9)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(3, *shape)))
    assert float(values.max()) < 1.35 and float(values.median()) > 0.6


def test_muon_finds_the_minimum_of_a_quadratic() -> None:
    torch.manual_seed(0)
    target, weight = torch.randn(8, 5), torch.nn.Parameter(torch.zeros(8, 5))
    optimizer = Muon([weight], lr=0.15, weight_decay=0.0)
    for i in range(200):
        optimizer.param_groups[0]["lr"] = 0.15 * (1 - i / 200)
        optimizer.zero_grad()
        torch.autograd.backward((weight - target).square().sum())
        optimizer.step()
    assert float((weight - target).detach().abs().max()) < 0.05


def test_muon_says_which_kind_of_mistake_a_missing_gradient_is() -> None:
    with pytest.raises(ValueError, match="no gradient"):
        Muon([torch.nn.Parameter(torch.zeros(2, 2))]).step()


def test_batches_are_a_function_of_the_step_and_hold_their_share_of_simple_text() -> None:
    data = text_gpt.Rows(np.zeros(100, np.uint16), np.ones(100, np.uint16))
    take = text_gpt.batcher(data, batch=8, length=10, simple=0.25, seed=3)
    ids = take(7).ids
    assert ids.shape == (8, 11) and torch.equal(ids, take(7).ids)
    assert (ids == 0).all(1).sum() == 2 and (ids == 1).all(1).sum() == 6


def test_a_constant_rate_falls_in_a_line_at_the_end_or_never(tmp_path: Path) -> None:
    config = Config(out=tmp_path, steps=100, warmup=10, final_lr=0.0, cooldown=20)
    rates = [language_model.learning_rate(step, config) for step in (9, 10, 80, 90, 100)]
    assert rates == pytest.approx([1.0, 1.0, 1.0, 0.5, 0.0])
    endless = Config(out=tmp_path, steps=100, warmup=10, cooldown=0)
    assert {language_model.learning_rate(step, endless) for step in range(10, 101)} == {1.0}


def test_a_branch_begins_with_the_other_run_s_state_and_leaves_it(tmp_path: Path) -> None:
    run(tmp_path / "long", 60, cooldown=0)
    before = (tmp_path / "long" / "state.safetensors").read_bytes()
    run(tmp_path / "cooled", 70, branch=tmp_path / "long", cooldown=10)
    lines = [json.loads(line) for line in (tmp_path / "cooled" / "log.jsonl").read_text().splitlines()]
    whole = run(tmp_path / "whole", 70, cooldown=10)
    cooled = language_model.checkpoint.load(tmp_path / "cooled" / "model", GPT(MODEL))
    assert [line["step"] for line in lines] == [65, 70] and lines[0]["loss"] < 1.5
    assert (tmp_path / "long" / "state.safetensors").read_bytes() == before and whole is not None
    for a, b in zip(whole.parameters(), cooled.parameters(), strict=True):
        assert torch.allclose(a, b, atol=2e-3)  # what is stored is float16


def test_bfloat16_learns_as_well_and_keeps_its_weights_in_float32(tmp_path: Path) -> None:
    trained = run(tmp_path, 150, bfloat16=True)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert losses[-1] < 0.35 and trained is not None
    assert {parameter.dtype for parameter in trained.parameters()} == {torch.float32}


def test_attention_written_out_is_attention() -> None:
    q, k, v = torch.randn(2, 4, 9, 8), torch.randn(2, 2, 9, 8), torch.randn(2, 2, 9, 8)
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
    assert torch.allclose(gpt._explicit(q, k, v), expected, atol=1e-5)
