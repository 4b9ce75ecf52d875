"""The Chinese GPT's row on a tiny network: whole characters only, styles by prefix, the loop and the figures."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aigc_core import checkpoint
from aigc_core.catalog.continue_text import TEXT_GPT_ZH
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.evaluation import bits_per_byte, text_gpt_zh
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.pipelines.text import causal_lm_loading as loading
from aigc_core.pipelines.text import whole_characters
from aigc_core.pipelines.text.continuation import Continuation
from aigc_core.tasks.continue_text import AttentionRequest, ContinueTextRequest, InspectTextRequest
from aigc_core.tasks.decoding import Surprisal
from aigc_core.tokenizers import zh_tokens
from aigc_core.training import text_gpt_zh as training
from aigc_core.types import Local, ModelSpec

TEXT = "却说那日天色已晚，众人来到庙前。那老道微微一笑：“你们来了？”众人道：“来了。”\n"


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """A random network that would like to draw bytes and special tokens: their logits are the largest."""
    folder = tmp_path_factory.mktemp("zh")
    tokenizer = zh_tokens.train([TEXT * 4], 330, least=1)
    torch.manual_seed(0)
    config = GPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=128,
    )  # fmt: skip
    network = GPT(config)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(8)
    checkpoint.save(folder, network, config)
    zh_tokens.save(tokenizer, folder, window=128)
    return replace(TEXT_GPT_ZH, source=Local(folder=folder))


@pytest.fixture(scope="module")
def pipeline(spec: ModelSpec) -> Continuation:
    return Continuation(spec, [spec.source.folder])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "fields", [{}, {"speculative": True}, {"penalty_alpha": 0.6, "top_k": 4}, {"temperature": 0.0}, {"watermark": True}]
)
def test_no_half_character_is_ever_drawn_shown_or_offered(pipeline: Continuation, fields: dict[str, Any]) -> None:
    request = ContinueTextRequest(prompt="那老道", **{"max_new_tokens": 60, "temperature": 2.0, "top_k": 0, "top_p": 1.0, "seed": 3, **fields})  # fmt: skip
    names = (*zh_tokens.BYTES, *(token for token in zh_tokens.SPECIAL if token != zh_tokens.END))
    for event in pipeline.stream(request):
        output = getattr(event, "output", None) or getattr(event, "preview", None)
        if output is None:
            continue
        assert "\ufffd" not in output.text and not any(name in output.text for name in names)
        for token in output.tokens:
            assert not any(text in names or "\ufffd" in text or "\\x" in text for text, _ in token.alternatives)


def test_views_read_in_whole_characters(pipeline: Continuation) -> None:
    text = "众人来到庙前，那老道鑫😀"
    read = drain(pipeline.stream(InspectTextRequest(text=text))).output
    assert "".join(token.text for token in read.tokens) == text and all(token.text for token in read.tokens)
    assert [token.text for token in read.tokens[-2:]] == ["鑫", "😀"]
    assert all("\ufffd" not in token.text for token in read.tokens)
    assert not any("\\x" in shown for token in read.tokens for shown, _ in token.alternatives)
    maps = drain(pipeline.stream(AttentionRequest(text="众人鑫来到庙前"))).output
    assert "".join(maps.tokens) == "众人鑫来到庙前" and all(1 <= len(t) <= zh_tokens.LONGEST for t in maps.tokens)
    assert maps.weights.shape[2:] == (len(maps.tokens), len(maps.tokens))
    assert maps.weights.sum(-1) == pytest.approx(1, abs=1e-5)


def test_the_bytes_of_a_character_are_shown_as_one() -> None:
    assert whole_characters.groups(["天", "", "", "鑫", "地"]) == [range(1), range(1, 4), range(4, 5)]
    assert whole_characters.groups(["天", ""]) == [range(1), range(1, 2)]
    parts = [
        Surprisal(text=text, bits=bits, rank=rank, alternatives=())
        for text, bits, rank in (("", 3.0, 9), ("鑫", 1.0, 2))
    ]
    assert whole_characters.surprisals(parts) == (Surprisal(text="鑫", bits=4.0, rank=9, alternatives=()),)
    weights = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]], np.float32)
    pieces, joined = whole_characters.attention(["", "鑫", "天"], weights)
    assert pieces == ("鑫", "天") and joined == pytest.approx(np.array([[1, 0], [0.5, 0.5]]))


def test_a_style_opens_the_text_and_needs_no_prompt(pipeline: Continuation, spec: ModelSpec) -> None:
    lm = drain_lm(spec)
    tale = zh_tokens.style_id("tale")
    assert pipeline._opening(lm, ContinueTextRequest(prompt="那日", form="故事")) == [0, tale, *lm.encode("那日")]
    assert pipeline._opening(lm, ContinueTextRequest(prompt="那日")) == lm.encode("那日")
    result = drain(pipeline.stream(ContinueTextRequest(form="故事", max_new_tokens=4, seed=1)))
    assert result.info["prompt_tokens"] == 2
    with pytest.raises(InvalidRequestError, match=r"小说, 散文, 故事, 菜谱.*'五绝'"):
        drain(pipeline.stream(ContinueTextRequest(prompt="那日", form="五绝")))


def test_the_styles_of_the_row_are_those_of_the_tokenizer() -> None:
    styles = TEXT_GPT_ZH.settings["styles"]
    assert tuple(styles) == TEXT_GPT_ZH.options["form"]
    assert [token.strip("<>") for token in styles.values()] == list(zh_tokens.STYLES)


def drain_lm(spec: ModelSpec) -> Any:
    return bits_per_byte.finish(loading.load(spec, [spec.source.folder]))  # type: ignore[union-attr]


# --- figures --------------------------------------------------------------------------------------------------------


def test_bits_per_character_is_bits_per_byte_by_another_count(spec: ModelSpec) -> None:
    figures = bits_per_byte.score(drain_lm(spec), "众人😀a")
    assert figures["characters"] == 4 and figures["bytes"] == 6 + 4 + 1
    assert figures["bits_per_character"] == pytest.approx(figures["bits_per_byte"] * 11 / 4, abs=1e-3)


def test_kneser_ney_over_characters_by_hand() -> None:
    model = text_gpt_zh.CharacterNGram("天地天地天人", order=2)
    # Pairs: 天地 ×2, 地天 ×2, 天人 ×1; one symbol more for the unseen, so the uniform floor is 1/4.
    # D₂ = 1/(1 + 2·2); continuations: 地 after {天}, 人 after {天}, 天 after {地}: all once, so D₁ = 0.5.
    d2, d1 = 1 / 5, 0.5
    unigram = (1 - d1) / 3 + d1 * 3 / 3 / 4
    bigram = (2 - d2) / 3 + d2 * 2 / 3 * unigram
    assert model.bits("天地") - model.bits("天") == pytest.approx(-math.log2(bigram))


def test_an_unseen_character_costs_a_choice_among_all_others() -> None:
    model = text_gpt_zh.CharacterNGram("天地天地天人", order=2)
    floor = -math.log2(0.5 * 3 / 3 / 4)  # the unseen symbol's share of the unigrams
    assert model.bits("鑫") == pytest.approx(floor + math.log2(0x110000 - 3))


def test_repetition_figures_by_hand() -> None:
    assert text_gpt_zh.distinct(["天天地"], 1) == pytest.approx(2 / 3)
    assert text_gpt_zh.distinct(["天地", "天地"], 2) == 0.5
    assert text_gpt_zh.repeated(["天地人和天地人和"], 4) == pytest.approx(1 - 4 / 5)


def test_the_openings_have_the_row_s_styles() -> None:
    assert len(text_gpt_zh.OPENINGS) == 20
    assert {style for style, _ in text_gpt_zh.OPENINGS} == set(TEXT_GPT_ZH.options["form"])


# --- training -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import lzma

    file = tmp_path_factory.mktemp("data") / "text_zh.jsonl.xz"
    kinds = ("novel", "essay", "story", "howto")
    records = [{"kind": kinds[i % 4], "text": TEXT * (2 + i), "split": "val" if i == 0 else "train"} for i in range(9)]
    with lzma.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in records)
    return file


def train(data: Path, out: Path, *more: str) -> list[dict[str, float]]:
    sizes = (
        "--width 64 --layers 1 --vocab 330 --least 1 --window 64 --length 32 --batch 2 --every 4 --threads 1".split()
    )
    training.main(["--data", str(data), "--out", str(out), *sizes, *more])
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_the_run_resumes_bit_for_bit_and_branches_off_into_a_cooldown(data: Path, tmp_path: Path) -> None:
    whole = train(data, tmp_path / "whole", "--steps", "8", "--cooldown", "0")
    train(data, tmp_path / "cut", "--steps", "4", "--cooldown", "0")
    cut = train(data, tmp_path / "cut", "--steps", "8", "--cooldown", "0")
    assert whole[-1]["bits_per_character"] == cut[-1]["bits_per_character"]
    state = (tmp_path / "cut" / "state.safetensors").read_bytes()
    cooled = train(data, tmp_path / "cooled", "--branch", str(tmp_path / "cut"), "--steps", "12", "--cooldown", "4", "--length", "48")  # fmt: skip
    assert [line["step"] for line in cooled] == [12]
    assert (tmp_path / "cut" / "state.safetensors").read_bytes() == state
    lm = drain_lm(replace(TEXT_GPT_ZH, source=Local(folder=tmp_path / "cooled" / "model")))
    assert lm.window == 64 and zh_tokens.style_id("novel") in lm.never


def test_held_out_texts_are_whole_and_by_style(data: Path) -> None:
    held = text_gpt_zh.held_out(data)
    assert held == {"novel": TEXT * 2, "all": TEXT * 2}
    assert set(text_gpt_zh.held_out(data, "train")) == {"novel", "essay", "tale", "recipe", "all"}


def test_spans_are_the_same_characters_whatever_the_tokens() -> None:
    assert training.spans(["天地人", "和天"], 3, 2) == ["天地", "人\n", "和天"]


def test_the_first_vectors_put_neighbours_of_the_same_words_together() -> None:
    rng = np.random.default_rng(0)
    row = np.concatenate([[rng.choice([1, 2]), 5, rng.choice([3, 4]), 6] for _ in range(400)])
    network = GPT(GPTConfig(vocab_size=7, hidden_size=4, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1, head_dim=4))  # fmt: skip
    training.begin(network, row)
    v = network.model.embed_tokens.weight.detach()
    v = v / v.norm(dim=1, keepdim=True)
    assert v[1] @ v[2] > 0.9 and v[3] @ v[4] > 0.9 and v[1] @ v[3] < v[1] @ v[2]


def test_the_evaluation_writes_what_it_measured(
    data: Path, spec: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(text_gpt_zh, "TOKENS", 6)
    out, val = tmp_path / "eval.json", tmp_path / "val.txt"
    folder = str(spec.source.folder)  # type: ignore[union-attr]
    arguments = ["--data", str(data), "--yardstick", "--samples", "--out", str(out), "--write-val", str(val)]
    assert text_gpt_zh.main([folder, *arguments]) == 0
    ngram, ours = json.loads(out.read_text("utf-8"))["rows"]
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert 0 < ngram["all"] < 2 < ours["all"] and ours["novel"] == ours["all"]
    assert len(ours["texts"]) == 20 and not any("\ufffd" in text for text in ours["texts"])
    assert val.read_text("utf-8") == TEXT * 2
    assert bits_per_byte.main([folder, "--file", str(val)]) == 0
    assert json.loads(capsys.readouterr().out)["bits_per_character"] == ours["all"]
