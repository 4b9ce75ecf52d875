"""The GPT that trains is the Llama that decodes, here and in transformers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from aigc_core import checkpoint, runtime, weights
from aigc_core.models.gpt import GPT, GPTConfig, cross_entropy
from aigc_core.models.llama import Llama, LlamaConfig

CONFIG = GPTConfig(
    vocab_size=97, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=6,
    num_key_value_heads=2, head_dim=8, max_position_embeddings=40,
)  # fmt: skip


@pytest.fixture(scope="module")
def gpt() -> GPT:
    torch.manual_seed(0)
    network = GPT(CONFIG)
    for parameter in network.parameters():  # far from the start, where every block is nearly the identity
        torch.nn.init.normal_(parameter, std=0.3) if parameter.dim() == 2 else torch.nn.init.normal_(parameter, 1, 0.2)
    return network.train(False)


@pytest.fixture(scope="module")
def folder(gpt: GPT, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("gpt")
    checkpoint.save(into, gpt, CONFIG, half=False)
    return into


IDS = torch.arange(24).reshape(2, 12) * 31 % 97


@torch.no_grad()
def test_a_token_never_sees_what_comes_after_it(gpt: GPT) -> None:
    changed = IDS.clone()
    changed[:, 7:] = 5
    before, after = gpt(IDS), gpt(changed)
    torch.testing.assert_close(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


@torch.no_grad()
def test_transformers_opens_the_checkpoint_and_agrees(gpt: GPT, folder: Path) -> None:
    runtime.torchaudio()
    from transformers import AutoModelForCausalLM

    theirs = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    assert type(theirs).__name__ == "LlamaForCausalLM"
    torch.testing.assert_close(gpt(IDS), theirs(IDS).logits, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_scores_of_the_decoder_at_every_place_are_those_of_the_full_pass(folder: Path) -> None:
    llama, rounded = decoder(folder)
    full = rounded(IDS[:1])[0]
    torch.testing.assert_close(llama.logits(llama.read(IDS[0], llama.cache(12))), full, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_decoding_the_shipped_model_with_a_cache_equals_the_full_pass() -> None:
    llama, network = decoder(weights.CHECKPOINTS / "text-gpt-en")
    ids = torch.randint(4, 8192, (64,), generator=torch.Generator().manual_seed(0))
    full, cache = network(ids[None])[0], llama.cache(64)
    stepwise = torch.stack([llama(ids[t : t + 1], cache) for t in range(64)])
    assert float((stepwise - full).abs().max()) < 0.006 * float(full.std()), "single rows go through float16"


def decoder(folder: Path) -> tuple[Llama, GPT]:
    """A checkpoint in the decoder, and in the GPT with the same weights rounded to float16."""
    config = checkpoint.load_config(folder, GPTConfig)
    state = {k: v.half().float() for k, v in checkpoint.load_state(folder).items()}
    network = GPT(config)
    network.load_state_dict(state)
    return Llama(LlamaConfig.from_json(vars(config)), state, torch.device("cpu")), network


@torch.no_grad()
def test_attention_weights_are_causal_distributions(gpt: GPT) -> None:
    weights = gpt.attention(IDS, 1)
    assert weights.shape == (2, 6, 12, 12)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 6, 12))
    assert float(weights.triu(1).abs().max()) == 0


def test_cross_entropy_counts_the_chosen_targets_only() -> None:
    logits, targets = torch.randn(2, 3, 7), torch.randint(7, (2, 3))
    weight = torch.tensor([[1, 0, 0], [0, 0, 1]])
    log_p = logits.log_softmax(-1)
    expected = -(log_p[0, 0, targets[0, 0]] + log_p[1, 2, targets[1, 2]]) / 2
    torch.testing.assert_close(cross_entropy(logits, targets, weight), expected)
    torch.testing.assert_close(cross_entropy(logits, targets), cross_entropy(logits, targets, torch.ones(2, 3)))


def test_too_long_a_text_names_the_limit(gpt: GPT) -> None:
    with pytest.raises(ValueError, match="at most 40 tokens; got 41"):
        gpt(torch.zeros(1, 41, dtype=torch.long))


def test_heads_must_divide() -> None:
    with pytest.raises(ValueError, match="num_key_value_heads must divide"):
        GPTConfig(num_attention_heads=4, num_key_value_heads=3)
