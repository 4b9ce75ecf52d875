"""Our decoder against transformers on the same weights: LLaMA, Qwen2 and Qwen3."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.models import llama
from aigc_core.models.llama import Llama, LlamaConfig

CPU = torch.device("cpu")
KINDS = ["Llama", "Qwen2", "Qwen3"]


@cache
def reference(kind: str) -> Any:
    """A random network of transformers, its weights representable in float16."""
    runtime.torchaudio()
    import transformers

    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=200, hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=128, tie_word_embeddings=kind != "Llama",
        initializer_range=0.2,
    )  # fmt: skip
    network = getattr(transformers, f"{kind}ForCausalLM")(config)
    for parameter in network.parameters():
        if parameter.dim() == 1:  # gains and biases that do something
            parameter.data += 0.3 * torch.randn_like(parameter)
    return network.half().float().eval()


def ours(kind: str) -> Llama:
    network = reference(kind)
    tensors = {k: v for k, v in network.state_dict().items() if not (k == "lm_head.weight" and kind != "Llama")}
    return Llama(LlamaConfig.from_json(network.config.to_dict()), tensors, CPU)


def ids(count: int) -> Tensor:
    return torch.randint(0, 200, (count,), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_stretches_and_single_tokens_give_the_logits_of_one_full_pass(kind: str) -> None:
    tokens, network = ids(60), ours(kind)
    full = reference(kind)(tokens[None]).logits[0]  # (60, V)
    cache = network.cache(60)
    stretches = [network(tokens[:33], cache), network(tokens[33:40], cache)]
    assert torch.allclose(torch.stack(stretches), full[[32, 39]], atol=0.002 * float(full.abs().max())), (
        "float32 layers"
    )
    single = torch.stack([network(token[None], cache) for token in tokens[40:]])
    assert torch.allclose(single, full[40:], atol=0.01 * float(full.abs().max())), "float16 products"


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_a_cache_rolled_back_forgets_what_was_read_after(kind: str) -> None:
    """As speculative decoding does with drafts that do not stand."""
    tokens, network = ids(30), ours(kind)
    plain, rolled = network.cache(30), network.cache(30)
    network(tokens[:20], plain)
    network(tokens[:20], rolled)
    network.read((tokens[20:26] + 1) % 200, rolled)
    rolled.filled = 20
    assert torch.equal(network(tokens[20:], rolled), network(tokens[20:], plain))
    assert torch.equal(rolled.keys, plain.keys) and rolled.filled == 30
    full = network.logits(network.read(tokens, network.cache(30)))[19:]
    rolled.filled = 20
    verified = network.logits(network.read(tokens[20:], rolled))
    assert torch.allclose(verified, full[1:], atol=0.002 * float(full.abs().max())), "a row for every new token"


@torch.inference_mode()
def test_a_later_token_changes_nothing_before_it() -> None:
    network, tokens = ours("Llama"), ids(20)
    changed = tokens.clone()
    changed[12] = (changed[12] + 1) % 200
    caches = [network.cache(20), network.cache(20)]
    network(tokens, caches[0])
    network(changed, caches[1])
    assert torch.equal(caches[0].keys[:, :, :, :12], caches[1].keys[:, :, :, :12])
    assert not torch.equal(caches[0].keys[:, :, :, 12:], caches[1].keys[:, :, :, 12:])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_half_precision_product_follows_float32_without_overflow(scale: float) -> None:
    torch.manual_seed(0)
    weight, bias = torch.randn(16, 48).half(), torch.randn(16) * scale
    x = torch.randn(1, 48) * scale  # float16 ends at 65504
    exact = x @ weight.float().T + bias
    assert torch.allclose(llama._product(x, weight, bias), exact, atol=5e-3 * scale, rtol=5e-3)
    normed = torch.nn.functional.rms_norm(x, (48,), eps=0.0)
    exact = normed @ weight.float().T + bias
    assert torch.allclose(llama._product(normed, weight, bias, scaled=False), exact, atol=2e-2, rtol=5e-3)


def test_what_is_not_implemented_is_refused() -> None:
    config = reference("Llama").config.to_dict()
    with pytest.raises(ValueError, match="gpt2"):
        LlamaConfig.from_json({**config, "model_type": "gpt2"})
    with pytest.raises(ValueError, match="llama3"):
        LlamaConfig.from_json({**config, "rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}})


def test_tensors_must_fit_exactly() -> None:
    network = reference("Llama")
    config, tensors = LlamaConfig.from_json(network.config.to_dict()), dict(network.state_dict())
    with pytest.raises(ValueError, match="no place for: extra"):
        Llama(config, {**tensors, "extra": torch.zeros(1)}, CPU)
    with pytest.raises(ValueError, match="embedding"):
        Llama(replace(config, vocab_size=201), tensors, CPU)
    del tensors["model.norm.weight"]
    with pytest.raises(ValueError, match=r"model\.norm\.weight is missing"):
        Llama(config, tensors, CPU)


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_tokens_read_apart_are_read_as_if_alone(kind: str) -> None:
    tokens, network = ids(30), ours(kind)
    together = network.cache(40)
    network(tokens[:20], together)
    states = network.read(tokens[20:26], together, apart=True)
    together.keep(3, 6)
    after = network.read(tokens[26:], together)
    for row in range(6):
        alone = network.cache(40)
        read = network.read(torch.cat([tokens[:20], tokens[20 + row : 21 + row]]), alone)
        assert torch.allclose(states[row], read[-1], atol=0.002 * float(read.abs().max()))
        if row == 3:
            assert torch.allclose(after, network.read(tokens[26:], alone), atol=0.002 * float(after.abs().max()))
            assert together.filled == alone.filled == 25


def test_large_weights_are_cast_up_piece_by_piece() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(4 * llama.PIECE // 512 + 7, 512, generator=generator).half()
    x, bias = torch.randn(3, 512, generator=generator), torch.randn(len(weight), generator=generator)
    assert torch.allclose(llama._product(x, weight, bias), x @ weight.float().T + bias, atol=1e-4)
