"""Bits per byte, the n-gram yardstick and the repetition figures, against values worked out by hand."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_core import checkpoint
from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.evaluation import bits_per_byte, text_gpt
from aigc_core.evaluation.ngram_text import TextNGram
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.tokenizers import bpe

TEXT = "the cat sat on the mat and the dog sat on the cat " * 12 + "猫"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPT that was never trained, window 32."""
    into = tmp_path_factory.mktemp("gpt")
    tokenizer = bpe.train([TEXT], 300)
    config = GPTConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=32,
    )  # fmt: skip
    torch.manual_seed(0)
    network = GPT(config)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    checkpoint.save(into, network, config)
    bpe.save(tokenizer, into, window=32)
    return into


def test_bits_per_byte_is_the_loss_over_the_bytes(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    file.write_text(text := "the cat sat <|endoftext|> 猫", "utf-8")
    assert bits_per_byte.main([str(folder), "--file", str(file)]) == 0
    line = json.loads(capsys.readouterr().out)
    network = checkpoint.load(folder, GPT(checkpoint.load_config(folder, GPTConfig)))
    tokenizer = bpe.load(folder)
    tokenizer.encode_special_tokens = True  # their names in a text are text
    ids = torch.tensor([[0, *tokenizer.encode(text).ids]])
    with torch.no_grad():
        nats = float(cross_entropy(network(ids[:, :-1]), ids[:, 1:])) * (ids.shape[1] - 1)
    assert line["bits_per_byte"] == pytest.approx(nats / math.log(2) / len(text.encode()), abs=2e-3)
    assert line["bytes"] == len(text.encode()) and line["tokens"] == ids.shape[1] - 1


def test_a_long_text_is_scored_once_with_half_a_window_before_each_token(folder: Path) -> None:
    lm = bits_per_byte.load(bits_per_byte.find(str(folder)))
    figures = bits_per_byte.score(lm, TEXT)
    network = checkpoint.load(folder, GPT(checkpoint.load_config(folder, GPTConfig)))
    ids = [0, *bpe.load(folder).encode(TEXT).ids]
    nats, scored, begin = 0.0, 0, 0
    while scored < len(ids) - 1:
        stop = min(begin + 32, len(ids) - 1)
        log_p = network(torch.tensor([ids[begin:stop]]))[0].log_softmax(-1)
        nats -= sum(float(log_p[t - begin, ids[t + 1]]) for t in range(scored, stop))
        scored, begin = stop, stop - 16
    assert figures["tokens"] == len(ids) - 1 > 64
    assert figures["bits_per_byte"] == pytest.approx(nats / math.log(2) / len(TEXT.encode()), abs=2e-3)


def test_bad_files_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="does not exist"):
        bits_per_byte.read(tmp_path / "no.txt")
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(InvalidRequestError, match="is empty"):
        bits_per_byte.read(tmp_path / "empty.txt")
    (tmp_path / "binary").write_bytes(b"ab\xff")
    with pytest.raises(InvalidRequestError, match="byte 2 is 0xff"):
        bits_per_byte.read(tmp_path / "binary")
    (tmp_path / "zeros").write_bytes(b"a\0b")
    with pytest.raises(InvalidRequestError, match="NUL"):
        bits_per_byte.read(tmp_path / "zeros")
    with pytest.raises(AigcError, match="no model 'gpt-9'"):
        bits_per_byte.find("gpt-9")


def test_kneser_ney_by_hand() -> None:
    model = TextNGram(np.array([0, 1, 0, 1, 0, 2]), 3, order=2)
    # Pairs: 01 ×2, 10 ×2, 02 ×1. D₂ = 1/(1 + 2·2). Continuations: 0 after {1}, 1 after {0}, 2 after {0}: all once, so D₁ = 0.5.
    d2, d1 = 1 / 5, 0.5
    unigram = (1 - d1) / 3 + d1 * 3 / 3 / 3
    bigram = (2 - d2) / 3 + d2 * 2 / 3 * unigram
    np.testing.assert_allclose(model.probabilities(np.array([0, 1]))[1], bigram)


@pytest.mark.parametrize("order", [1, 3, 5])
def test_the_ngram_probabilities_sum_to_one_and_beat_chance(order: int) -> None:
    row = np.frombuffer(TEXT.encode(), np.uint8)
    model = TextNGram(row, 256, order)
    for context in (b"the ", b"xyz!", b"at s"):
        total = sum(model.probabilities(np.array([*context, symbol]))[-1] for symbol in range(256))
        assert total == pytest.approx(1.0)
    assert model.bits(row) / len(row) < 4.0


def test_repetition_figures() -> None:
    assert text_gpt.distinct(["a b a b"], 1) == 0.5
    assert text_gpt.distinct(["a b a b"], 2) == pytest.approx(2 / 3)
    assert text_gpt.repeated(["a b c d a b c d"]) == pytest.approx(1 - 4 / 5)


def test_a_held_out_text_that_was_trained_on_is_noticed() -> None:
    rng = random.Random(0)
    story = "".join(rng.choice("abcdefgh ") for _ in range(4000))
    assert text_gpt._known(story, "preface " + story)
    assert not text_gpt._known(story, story[:300] + "z" * 4000)
