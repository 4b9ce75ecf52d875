"""The pointer-generator: a distribution that sums to one, causality, the cache, coverage, and learning to copy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from aigc_core.models.pointer_generator import Cache, PointerGenerator, PointerGeneratorConfig, Source, coverage_loss
from aigc_core.pipelines.text.pointer_summary import Decoder
from aigc_core.sampling.text.beam import BeamConfig, beam_search
from aigc_core.tokenizers import vocabulary
from aigc_core.tokenizers.vocabulary import END, TITLE, UNKNOWN, Vocabulary
from aigc_core.training.summarizer import Example, batcher, collate, losses

SMALL = PointerGeneratorConfig(
    vocab_size=12, width=16, heads=2, mlp=24, encoder_layers=1, decoder_layers=2, dropout=0.0, max_target=16
)


def _model(seed: int = 0) -> PointerGenerator:
    torch.manual_seed(seed)
    network = PointerGenerator(SMALL)
    torch.nn.init.normal_(network.switch)
    return network.train(False)


def _source(lengths: tuple[int, ...] = (7, 4)) -> Source:
    """Rows of words, two of them outside the vocabulary (12 and 13)."""
    rng = np.random.default_rng(1)
    examples = []
    for length in lengths:
        extended = np.concatenate([rng.integers(4, 12, length - 2), [12, 13]])
        ids = np.where(extended < 12, extended, UNKNOWN)
        features = rng.integers(0, 5, (length, 4))
        examples.append(Example(ids, extended, features, np.array([TITLE, 5, 12, END])))
    return collate(examples).source


WORDS = torch.tensor([[TITLE, 5, 12, 7, 7], [TITLE, 13, 4, 12, 5]])


@torch.inference_mode()
def test_copy_distribution_sums_to_one_and_agrees_with_the_likelihood() -> None:
    model, source = _model(), _source()
    step = model.decode(model.encode(source), WORDS)
    p = model.distribution(step, source.extended, 2)
    assert p.shape == (2, 5, 14)
    torch.testing.assert_close(p.sum(-1), torch.ones(2, 5))
    torch.testing.assert_close(step.attention.sum(-1), torch.ones(2, 5))
    assert float(step.attention[1, :, 4:].abs().max()) == 0  # padding
    targets = torch.tensor([[5, 12, 7, 7, END], [13, 4, 12, 5, END]])
    log_p, share = model.log_likelihood(step, source.extended, targets)
    torch.testing.assert_close(log_p, p.gather(-1, targets[..., None])[..., 0].log(), rtol=1e-4, atol=1e-4)
    assert float(share[0, 1]) == pytest.approx(1.0, abs=1e-4)  # word 12 has no number: it can only be copied
    assert bool(((share >= 0) & (share <= 1 + 1e-5)).all())


@torch.inference_mode()
def test_cached_decoding_equals_the_full_pass_and_padding_changes_nothing() -> None:
    model, source = _model(), _source()
    memory = model.encode(source)
    whole = model.decode(memory, WORDS)
    cache = Cache(WORDS[:, :0])
    steps = [model.decode(memory, WORDS[:, t : t + 1], cache) for t in range(5)]
    torch.testing.assert_close(torch.cat([s.attention for s in steps], 1), whole.attention)
    torch.testing.assert_close(torch.cat([s.p_gen for s in steps], 1), whole.p_gen)
    torch.testing.assert_close(torch.cat([s.states for s in steps], 1), whole.states)
    alone = model.decode(model.encode(Source(*(t[1:, :4] for t in source))), WORDS[1:])
    torch.testing.assert_close(alone.states, whole.states[1:])


@torch.inference_mode()
def test_a_word_changes_nothing_before_it() -> None:
    model, source = _model(), _source()
    memory, other = model.encode(source), WORDS.clone()
    other[:, 3] = 9
    before, after = model.decode(memory, WORDS), model.decode(memory, other)
    torch.testing.assert_close(before.states[:, :3], after.states[:, :3])
    torch.testing.assert_close(before.attention[:, :3], after.attention[:, :3])
    assert not torch.allclose(before.states[:, 3], after.states[:, 3])


def test_coverage_counts_attention_that_returns() -> None:
    apart, again = torch.eye(3)[None], torch.tensor([[[1.0, 0, 0]] * 3])
    assert coverage_loss(apart).tolist() == [[0, 0, 0]]
    assert coverage_loss(again).tolist() == [[0, 1, 1]]
    halves = torch.tensor([[[0.5, 0.5], [0.25, 0.75]]])  # min(0.25, 0.5) + min(0.75, 0.5)
    assert coverage_loss(halves).tolist() == [[0, 0.75]]


@pytest.mark.parametrize("seed", range(3))
@torch.inference_mode()
def test_a_wide_beam_finds_the_likeliest_of_all_summaries(seed: int) -> None:
    model = _model(seed)
    source = Source(*(t[:1] for t in _source()))
    memory, length = model.encode(source), 3
    config = BeamConfig(num_beams=14**2, max_new_tokens=length, start_token=TITLE, end_tokens=(END,), last_token=END)
    search = beam_search(Decoder(model, memory, 2, config.num_beams), config)
    while True:
        try:
            next(search)
        except StopIteration as end:
            found = end.value
            break

    def score(tokens: tuple[int, ...]) -> float:
        p = model.distribution(model.decode(memory, torch.tensor([[TITLE, *tokens[:-1]]])), source.extended, 2)[0]
        forced = len(tokens) == length  # the last word is END whatever the model says
        body = tokens[:-1] if forced else tokens
        return sum(float(p[t, token].log()) for t, token in enumerate(body)) / len(tokens)

    written = list(range(4, 14))
    every = [(*body, END) for n in range(length) for body in itertools.product(written, repeat=n)]
    assert tuple(found) == max(every, key=score)


def test_every_parameter_learns_and_a_batch_can_be_learnt_by_heart() -> None:
    text = ["the red fox sleeps under zyx", "a blue qua bird sings and sings"]
    words = Vocabulary([*vocabulary.SPECIALS, "the", "red", "fox", "a", "blue", "bird", "sings", "and"])
    data = []
    for document, summary in zip(text, ("red fox zyx", "qua bird sings"), strict=True):
        reading = words.read(document)
        target = np.concatenate([[TITLE], words.write(summary, reading.unknown), [END]])
        data.append(Example(reading.ids, reading.extended, reading.features, target))
    batch = collate(data)
    torch.manual_seed(0)
    network = PointerGenerator(SMALL)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for i in range(60):
        parts = losses(network, batch)
        optimizer.zero_grad()
        sum(parts.values()).backward()  # type: ignore[union-attr]
        if i == 3:
            assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in network.parameters())
        optimizer.step()
    assert float(losses(network, batch)["nll"].detach()) < 0.3


def test_a_batch_is_a_function_of_its_step() -> None:
    row = np.arange(4, 9)
    data = [
        Example(row[: 2 + i % 3], row[: 2 + i % 3], np.zeros((2 + i % 3, 4), int), np.array([1, 4 + i % 5, 0]))
        for i in range(20)
    ]
    first, second = batcher(data, 4, 0), batcher(data, 4, 0)
    for step in (6, 0, 3):
        assert torch.equal(first(step).words, second(step).words)
        assert torch.equal(first(step).source.ids, second(step).source.ids)
