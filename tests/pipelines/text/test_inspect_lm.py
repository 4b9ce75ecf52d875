"""The inside of a language model: surprise against transformers' loss, attention against transformers' and our GPT's."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_text import WINDOW, WORDS, causal_lm, load

from aigc_core import registry
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.pipelines.text import inspect_lm
from aigc_core.pipelines.text.causal_lm import CausalLM
from aigc_core.pipelines.text.continuation import Continuation
from aigc_core.tasks.continue_text import AttentionMaps, AttentionRequest, Inspection, InspectTextRequest
from aigc_core.types import Local, Progress

ROW = registry.find("text-smollm2-135m")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("inspected")
    causal_lm("Llama")(made)
    return made


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Continuation:
    return Continuation(replace(ROW, source=Local(folder=folder)), [folder])


@pytest.fixture(scope="module")
def lm(folder: Path) -> CausalLM:
    return load(replace(ROW, source=Local(folder=folder)), [folder])


@pytest.fixture(scope="module")
def reference(folder: Path) -> Any:
    import transformers

    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def inspected(pipeline: Continuation, text: str) -> Inspection:
    made: Inspection = drain(pipeline.stream(InspectTextRequest(text=text))).output
    return made


def attended(pipeline: Continuation, **values: Any) -> AttentionMaps:
    made: AttentionMaps = drain(pipeline.stream(AttentionRequest(**values))).output
    return made


# --- surprise ------------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def test_surprises_add_up_to_transformers_loss(pipeline: Continuation, lm: CausalLM, reference: Any) -> None:
    made = inspected(pipeline, WORDS)
    start, ids = inspect_lm.opened(lm, WORDS)
    whole = torch.tensor([[start, *ids]])
    loss = float(reference(input_ids=whole, labels=whole).loss)  # mean in nats
    assert made.bits == pytest.approx(loss * len(ids) / math.log(2), rel=1e-4)
    assert made.bits == pytest.approx(sum(token.bits for token in made.tokens))
    assert made.bits_per_byte == pytest.approx(made.bits / len(WORDS.encode()))
    assert made.perplexity == pytest.approx(math.exp(loss), rel=1e-4)


def test_token_texts_make_up_the_text_and_ranks_agree_with_the_alternatives(pipeline: Continuation) -> None:
    text = "The lamp 灯塔 🗼 went\n\tout."
    made = inspected(pipeline, text)
    assert "".join(token.text for token in made.tokens) == text
    for token in made.tokens:
        likelier = [p for _, p in token.alternatives if p > token.probability + 1e-6]
        assert len(token.alternatives) == 5
        assert token.rank - 1 >= len(likelier)
        assert token.rank > 5 or len(likelier) == token.rank - 1
        assert 1 <= token.rank <= made.vocabulary


def test_a_text_beyond_the_window_is_scored_once_with_at_least_half_a_window_of_context(
    pipeline: Continuation, lm: CausalLM
) -> None:
    text = WORDS * 8
    made = inspected(pipeline, text)
    assert len(made.tokens) > 2 * WINDOW
    _, ids = inspect_lm.opened(lm, text)
    assert len(made.tokens) == len(ids)
    first = inspected(pipeline, WORDS)
    assert [t.bits for t in made.tokens[: len(first.tokens) - 1]] == pytest.approx(
        [t.bits for t in first.tokens[:-1]], abs=1e-4
    )


@pytest.mark.parametrize(("total", "window"), [(1, 8), (8, 8), (9, 8), (31, 8), (100, 10)])
def test_spans_score_every_position_once(total: int, window: int) -> None:
    scored = []
    for begin, first, stop in inspect_lm.spans(total, window):
        assert stop - begin <= window
        assert begin == 0 or first - begin >= window // 2
        scored += range(first, stop)
    assert scored == list(range(total))


def test_closing_early_stops(pipeline: Continuation) -> None:
    events = pipeline.stream(InspectTextRequest(text=WORDS * 8))
    assert isinstance(next(events), Progress)
    events.close()
    assert torch.is_grad_enabled()


# --- attention -----------------------------------------------------------------------------------------------------------


def test_rows_sum_to_one_and_nobody_looks_ahead(pipeline: Continuation) -> None:
    maps = attended(pipeline, text=WORDS[:60])
    layers, heads, T, _ = maps.weights.shape
    assert (layers, heads, T) == (2, 4, len(maps.tokens))
    assert maps.weights.sum(-1) == pytest.approx(1, abs=1e-5)
    assert torch.from_numpy(maps.weights).triu(1).abs().max() == 0


@torch.inference_mode()
def test_the_same_maps_as_transformers_and_our_gpt(pipeline: Continuation, lm: CausalLM, folder: Path, reference: Any) -> None:  # fmt: skip
    ids = torch.tensor([lm.encode(WORDS[:60])])
    maps = attended(pipeline, text=WORDS[:60]).weights
    theirs = torch.stack(reference(input_ids=ids, output_attentions=True).attentions)[:, 0]
    assert maps == pytest.approx(theirs.numpy(), abs=2e-4)
    config = GPTConfig(
        vocab_size=lm.network.config.vocab_size, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=WINDOW, rms_norm_eps=1e-6,
    )  # fmt: skip
    gpt = GPT(config)
    gpt.load_state_dict({name: w.float() for name, w in load_file(folder / "model.safetensors").items()})
    for layer in range(2):
        assert maps[layer] == pytest.approx(gpt.attention(ids, layer)[0].numpy(), abs=2e-4)


def test_one_layer_and_head_are_the_same_as_among_all(pipeline: Continuation) -> None:
    whole = attended(pipeline, text="the lamp went out").weights
    assert (attended(pipeline, text="the lamp went out", layer=2, head=3).weights[0, 0] == whole[1, 2]).all()


@pytest.mark.parametrize(("values", "message"), [
    ({"text": "a lamp", "layer": 3}, "layer must be between 1 and 2 for this model; got 3"),
    ({"text": "a lamp", "head": 5}, "head must be between 1 and 4 for this model; got 5"),
    ({"text": WORDS * 4}, r"at most 64 tokens here; this model reads it as \d+"),
])  # fmt: skip
def test_limits_are_named(pipeline: Continuation, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        attended(pipeline, **values)


def test_a_text_of_too_many_tokens_is_refused(pipeline: Continuation) -> None:
    with pytest.raises(InvalidRequestError, match="at most 2048 tokens here; this model reads it as"):
        inspected(pipeline, "灯" * 2000)
