"""Chinese conversations: cleaned, cut where a turn is not fit to learn from, and trained on through the English loop."""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path

import pytest

from aigc_core import checkpoint
from aigc_core.catalog.chat import CHAT_GPT_ZH
from aigc_core.datasets import dialogues_zh
from aigc_core.datasets.dialogues_zh import tidy
from aigc_core.engine import drain
from aigc_core.evaluation import dialogues as evaluation
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.pipelines.text.reranked_chat import persona
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tokenizers import zh_tokens
from aigc_core.training import chat_gpt
from aigc_core.types import Local

TALK = ["你好!你养宠物吗", "我有两只猫 。你呢?", "我喜欢狗.", "狗很可爱"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "dialogue_zh.jsonl.xz"
    base = {"src": "xpersona-zh", "turns": TALK, "persona1": ["我有两只猫", "我喜欢看书。"]}
    records = [
        {**base, "split": "train"}, {**base, "split": "train"}, {**base, "split": "val"},
        {"src": "talk-modern", "turns": ["谁偷了我的针？", "不是我。", "看 https://x.y", "好"], "split": "train"},
        {"src": "elsewhere", "turns": ["甲？", "乙。"], "split": "train"},
        {"src": "crosswoz", "turns": ["你好", "长" * 200], "split": "train"},
    ]  # fmt: skip
    with lzma.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record) + "\n" for record in records)
    return file


def test_turns_are_tidied() -> None:
    assert [tidy(turn) for turn in TALK] == ["你好！你养宠物吗？", "我有两只猫。你呢？", "我喜欢狗。", "狗很可爱。"]
    assert tidy("电话是010-62916666,地址 在 Main St. 3") == "电话是010-62916666，地址在Main St. 3。"
    assert tidy("评分4.5分以上, 人均100-150元?") == "评分4.5分以上，人均100-150元？"
    assert tidy("《小王子》") == "《小王子》。" and tidy("……") == "……" and tidy("") == ""


def test_conversations_are_cut_deduplicated_and_filtered(data: Path) -> None:
    talks = dialogues_zh.read(data, "train")
    assert [talk.source for talk in talks] == ["xpersona-zh", "talk-modern"]
    assert talks[0].personas == ("", "我有两只猫。我喜欢看书。")
    assert talks[1].turns == ("谁偷了我的针？", "不是我。")
    assert sum(dialogues_zh.SHARES.values()) == pytest.approx(1.0)


def test_the_system_prompt_becomes_a_chinese_persona() -> None:
    assert persona("你是一名护士，你养了两只猫。您喜欢看书。") == "我是一名护士，我养了两只猫。我喜欢看书。"


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chat model two steps old, from a GPT that was never trained."""
    base, out = tmp_path_factory.mktemp("base"), tmp_path_factory.mktemp("chat")
    tokenizer = zh_tokens.train(["".join(map(tidy, TALK)) + "我喜欢看书。谁偷了我的针？不是我。"] * 3, 320, least=1)
    model = GPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=96,
    )  # fmt: skip
    checkpoint.save(base, GPT(model), model)
    zh_tokens.save(tokenizer, base, window=96)
    steps = "--steps 4 --batch 2 --length 48 --every 2 --language zh --threads 1 --cooldown 2 --bfloat16".split()
    chat_gpt.main(["--start", str(base), "--data", str(data), "--out", str(out), *steps])
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4] and lines[-1]["val_reply_perplexity"] > 1
    return out / "model"


def test_the_trained_row_answers_in_whole_characters_and_is_evaluated(trained: Path, data: Path) -> None:
    spec = replace(CHAT_GPT_ZH, source=Local(folder=trained))
    pipeline, lm = evaluation.load(spec)
    request = ChatRequest(
        message="你养宠物吗？", system_prompt="你有两只猫。", max_new_tokens=12, candidates=3, top_k=0
    )
    reply = drain(pipeline.stream(request)).output
    assert reply.rendered_prompt == "<|system|>我有两只猫。<|endoftext|><|user|>你养宠物吗？<|endoftext|><|assistant|>"
    assert len(reply.candidates) == 3
    for candidate in reply.candidates:
        assert "\ufffd" not in candidate.text and "<" not in candidate.text
    assert lm.encode_control("<|user|>")[0] == 2
    talks = dialogues_zh.read(data, "val")
    assert [said[-1] for said, _ in evaluation.fixed_prompts(talks)[:20]] == list(evaluation.QUESTIONS_ZH)
    figures = evaluation.likelihoods(lm, evaluation.turns(talks, 1), 0)
    assert figures["reply_perplexity"] > 1
    assert evaluation.row(str(trained), "zh").name == "chat-gpt-zh"


def test_retrieval_compares_pairs_of_characters(data: Path) -> None:
    found = evaluation.Retrieval(dialogues_zh.read(data, "train"))
    assert found(("你有没有养宠物？",)) == "我有两只猫。你呢？"
    assert evaluation.diversity(["天地", "天人"])["distinct_1"] == 0.75
