"""Both sides of every formula of the lesson on text."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch.nn import functional as F

from aigc_core.lessons.figures.text import beam, gpt
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.models.pointer_generator import PointerGenerator, PointerGeneratorConfig, Source
from aigc_core.sampling.text.beam import BeamConfig, beam_search
from aigc_core.sampling.text.rerank import fitness
from aigc_core.sampling.text.tokens import Sampling, draw, top_p
from aigc_core.tokenizers import bpe

TEXT = "The fisherman mended his net before sunrise."


def test_temperature_is_a_power_and_the_nucleus_is_the_smallest_set() -> None:
    logits = torch.randn(40, generator=torch.Generator().manual_seed(0))
    p = logits.softmax(-1)
    for temperature in (0.5, 1.7):
        power = p ** (1 / temperature)
        assert torch.allclose((logits / temperature).softmax(-1), power / power.sum(), atol=1e-6)
    kept = torch.isfinite(top_p(logits, 0.8))
    mass = p[kept].sum()
    assert mass >= 0.8 > mass - p[kept].min()
    assert p[kept].min() > p[~kept].max()


def test_draws_come_from_the_nucleus_in_its_proportions() -> None:
    logits = torch.tensor([2.0, 1.5, 1.0, -1.0, -2.0])
    generator = torch.Generator().manual_seed(1)
    drawn = torch.tensor([draw(logits, Sampling(top_p=0.8), (), generator) for _ in range(4000)])
    expected = top_p(logits, 0.8).softmax(-1)
    assert torch.allclose(torch.bincount(drawn, minlength=5) / 4000, expected, atol=0.03)


@pytest.mark.parametrize("text", [TEXT, "don't  panic\n", "生成模型 ✓", ""])
def test_merging_by_hand_gives_the_tokenizers_tokens_and_the_text_back(text: str) -> None:
    tokenizer = gpt.english().tokenizer
    *_, last = bpe.merging(tokenizer, text)
    pieces = [piece for word in last for piece in word]
    assert pieces == tokenizer.encode(text).tokens
    assert b"".join(map(bpe.piece_bytes, pieces)).decode() == text
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_one_pass_gives_every_factor_of_the_chain_rule() -> None:
    reader = gpt.english()
    ids = reader.encode(TEXT)
    apart = [float(reader.log_probabilities(ids[:t])[-1, token]) for t, token in enumerate(ids)]
    assert sum(apart) / -math.log(2) == pytest.approx(sum(reader.bits(ids)), rel=1e-4)


def test_all_continuations_of_two_tokens_together_have_probability_one() -> None:
    torch.manual_seed(0)
    network = GPT(GPTConfig(vocab_size=7, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1, head_dim=4))  # fmt: skip
    rows = torch.tensor([(0, a, b) for a, b in itertools.product(range(7), repeat=2)])
    with torch.inference_mode():
        log_p = network(rows).log_softmax(-1)
    both = log_p[:, :2].gather(2, rows[:, 1:, None]).sum((1, 2))
    assert float(both.exp().sum()) == pytest.approx(1, abs=1e-5)


def test_attention_rows_are_causal_averages_that_give_the_layers_output() -> None:
    network = gpt.english().network
    layer = network.model.layers[0].self_attn
    x = torch.randn(1, 9, network.config.hidden_size, generator=torch.Generator().manual_seed(0))
    cos, sin = network.cos[:9], network.sin[:9]
    with torch.inference_mode():
        weights = layer.weights(x, cos, sin)
        _, _, v = layer._project(x, cos, sin)
        by_hand = weights @ v.repeat_interleave(layer.heads // layer.kv_heads, dim=1)
        assert torch.allclose(layer.o_proj(by_hand.transpose(1, 2).flatten(2)), layer(x, cos, sin), atol=1e-4)
    assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-5)
    assert not weights.triu(1).any()


def test_cross_entropy_is_entropy_plus_divergence() -> None:
    generator = torch.Generator().manual_seed(0)
    p, logits = torch.rand(6, generator=generator).softmax(-1), torch.randn(6, generator=generator)
    log_q = logits.log_softmax(-1)
    tokens = torch.multinomial(p, 60_000, replacement=True, generator=generator)
    sampled = cross_entropy(logits.expand(1, len(tokens), 6), tokens[None])
    entropy, divergence = -(p * p.log()).sum(), F.kl_div(log_q, p, reduction="sum")
    assert float(sampled) == pytest.approx(float(entropy + divergence), abs=0.01)


def test_perplexity_of_a_model_that_knows_nothing_is_its_vocabulary() -> None:
    loss = cross_entropy(torch.zeros(1, 5, 8192), torch.arange(5)[None])
    assert math.exp(float(loss)) == pytest.approx(8192, rel=1e-4)


def test_reranking_prefers_the_reply_that_needs_its_conversation() -> None:
    bland, apt = (-4.0, -4.0), (-9.0, -24.0)  # log p(r | c), log p(r)
    assert fitness(*bland, 5, 0) > fitness(*apt, 5, 0)
    assert fitness(*bland, 5, 1) < fitness(*apt, 5, 1)
    assert fitness(*apt, 5, 1) == pytest.approx((-9 + 24) / 5)


def test_a_beam_as_wide_as_the_tree_finds_the_best_of_all_texts() -> None:
    torch.manual_seed(2)
    table = torch.randn(5, 5) * 2  # logits of the next of five tokens after each

    def after(tokens: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
        return table[tokens]

    def run(beams: int) -> list[int]:
        search = beam_search(after, BeamConfig(num_beams=beams, max_new_tokens=3))
        while True:
            try:
                next(search)
            except StopIteration as done:
                return list(done.value)

    log_p = table.log_softmax(-1)

    def score(text: tuple[int, ...] | list[int]) -> float:
        return float(sum(log_p[a, b] for a, b in itertools.pairwise((0, *text))))

    best = max(itertools.product(range(5), repeat=3), key=score)
    assert tuple(run(25)) == best
    assert score(run(1)) <= score(best)


def test_the_tree_shows_true_probabilities() -> None:
    reader = gpt.english()
    ids = reader.encode("The old man")
    watched = beam.Watched(reader, ids, 2)
    for _ in beam_search(watched, BeamConfig(num_beams=2, max_new_tokens=3, start_token=gpt.START)):
        pass
    best = watched.depths[-1][0]
    bits = reader.bits([*ids, *best.tokens])[len(ids) :]
    assert best.log_p == pytest.approx(-sum(bits) * math.log(2), abs=1e-3)


def test_the_gate_mixes_two_distributions_into_one() -> None:
    torch.manual_seed(0)
    model = PointerGenerator(PointerGeneratorConfig(vocab_size=20, width=16, heads=2, mlp=16, encoder_layers=1, decoder_layers=1))  # fmt: skip
    model.train(False)
    extended = torch.tensor([[5, 6, 20, 6, 21]])  # 20 and 21 are words outside the vocabulary
    source = Source(extended.masked_fill(extended >= 20, 3), extended, torch.zeros(1, 5, 4, dtype=torch.int64))
    with torch.inference_mode():
        step = model.decode(model.encode(source), torch.tensor([[1, 6]]))
        p = model.distribution(step, extended, 2)
        vocabulary = model.log_vocab(step.states).exp()
    assert torch.allclose(p.sum(-1), torch.ones(1, 2), atol=1e-5)
    gate, attention = step.p_gen[0, 1], step.attention[0, 1]
    assert torch.allclose(p[0, 1, 20], (1 - gate) * attention[2])
    assert torch.allclose(p[0, 1, 6], gate * vocabulary[0, 1, 6] + (1 - gate) * (attention[1] + attention[3]))
