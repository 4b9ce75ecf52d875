"""GPT: a decoder-only transformer language model (Radford et al. 2019), in LLaMA's form, to train from scratch.

p(x_1 … x_T) = Π p(x_t | x_<t): one pass gives the distribution of every next token at once, because the causal mask lets
position t see positions ≤ t only. Training minimises the mean of −log p(x_t | x_<t), the cross-entropy.

Block (pre-normalised): x ← x + Attn(RMSNorm(x)); x ← x + W_down(silu(W_gate h) ∘ W_up h), h = RMSNorm(x)

- RMSNorm (arXiv 1910.07467): x / √(mean(x²) + ε) · g
- Attention (arXiv 1706.03762): softmax(q kᵀ / √d + causal mask) v; G query heads share a key head (arXiv 2305.13245)
- Rotary positions (arXiv 2104.09864): channels (i, i + d/2) of q and k turn by t·θ^(−2i/d), so q·k depends on distances
- SwiGLU (arXiv 2002.05202); the embedding is also the output layer (arXiv 1608.05859)

Parameter names and ``config.json`` are those of a transformers Llama: a checkpoint folder opens in either, and
:mod:`aigc_core.models.llama` decodes it with a KV cache.

Shapes: B batch, T tokens, D width, H query heads, K key heads, d channels a head, V vocabulary.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, kw_only=True)
class GPTConfig:
    """Also the ``config.json`` of a transformers ``LlamaForCausalLM``."""

    vocab_size: int = 8192
    hidden_size: int = 256
    intermediate_size: int = 704
    num_hidden_layers: int = 6
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    head_dim: int = 64
    max_position_embeddings: int = 512
    """Longest sequence, in tokens."""
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10_000.0
    eos_token_id: int = 0
    bos_token_id: int = 0
    hidden_act: str = "silu"
    tie_word_embeddings: bool = True
    model_type: str = "llama"
    architectures: tuple[str, ...] = ("LlamaForCausalLM",)
    dtype: str = "float16"
    """Data type of the stored weights."""

    def __post_init__(self) -> None:
        if self.num_attention_heads % self.num_key_value_heads or self.head_dim % 2:
            raise ValueError(
                f"num_key_value_heads must divide num_attention_heads, head_dim must be even; got "
                f"{self.num_key_value_heads}, {self.num_attention_heads}, {self.head_dim}"
            )


class Attention(nn.Module):
    """Causal self-attention with grouped queries and rotary positions."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        D, H, K, d = config.hidden_size, config.num_attention_heads, config.num_key_value_heads, config.head_dim
        self.heads, self.kv_heads, self.head_dim = H, K, d
        self.q_proj = nn.Linear(D, H * d, bias=False)
        self.k_proj = nn.Linear(D, K * d, bias=False)
        self.v_proj = nn.Linear(D, K * d, bias=False)
        self.o_proj = nn.Linear(H * d, D, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D); ``cos``, ``sin``: (T, d)."""
        q, k, v = self._project(x, cos, sin)
        if torch.compiler.is_compiling() and q.device.type == "cpu":  # fused, it beats the CPU's kernel by a seventh
            seen = _explicit(q, k, v)
        else:
            seen = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.heads != self.kv_heads)
        y: Tensor = self.o_proj(seen.transpose(1, 2).flatten(2))
        return y

    def weights(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """softmax(q kᵀ / √d) under the causal mask, (B, H, T, T): row t says where token t looks."""
        q, k, _ = self._project(x, cos, sin)
        k = k.repeat_interleave(self.heads // self.kv_heads, dim=1)
        scores = q @ k.transpose(2, 3) / math.sqrt(self.head_dim)
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
        return scores.masked_fill(later, -math.inf).softmax(-1)

    def _project(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """q (B, H, T, d) and k, v (B, K, T, d); q and k turned to their positions."""
        B, T, _ = x.shape
        q, k, v = (f(x).view(B, T, -1, self.head_dim).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj))
        return rotated(q, cos, sin), rotated(k, cos, sin), v


def _explicit(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(q kᵀ / √d + causal mask) v, written out; q (B, H, T, d), k and v (B, K, T, d)."""
    shared = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(shared, dim=1), v.repeat_interleave(shared, dim=1)
    scores = (q @ k.transpose(2, 3)).float() / math.sqrt(q.shape[-1])  # (B, H, T, T)
    later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
    return scores.masked_fill(later, -math.inf).softmax(-1).to(v.dtype) @ v


class SwiGLU(nn.Module):
    """W_down(silu(W_gate x) ∘ W_up x)."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) to (…, D)."""
        y: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return y


class Block(nn.Module):
    """One layer."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = nn.RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = SwiGLU(config)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        y: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return y


class Stack(nn.Module):
    """Embedding, blocks and last norm, under the names that transformers gives them."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.num_hidden_layers))
        self.norm = nn.RMSNorm(config.hidden_size, config.rms_norm_eps)


class GPT(nn.Module):
    """The language model. Weights start as N(0, 0.02²), those that write into the residual stream smaller by √(2·layers)."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.model = Stack(config)
        cos, sin = rotation(config.max_position_embeddings, config.head_dim, config.rope_theta)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                writes = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * config.num_hidden_layers) if writes else 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits of every next token.

        Args:
            ids: (B, T), T ≤ ``max_position_embeddings``.

        Returns:
            (B, T, V), before the softmax.
        """
        x = self.hidden(ids, self.config.num_hidden_layers)
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)

    def hidden(self, ids: Tensor, layers: int) -> Tensor:
        """The residual stream after the first ``layers`` blocks, (B, T, D)."""
        T = ids.shape[1]
        if self.config.max_position_embeddings < T:
            raise ValueError(f"at most {self.config.max_position_embeddings} tokens; got {T}")
        x: Tensor = self.model.embed_tokens(ids)
        for block in list(self.model.layers)[:layers]:
            x = block(x, self.cos[:T], self.sin[:T])
        return x

    def attention(self, ids: Tensor, layer: int) -> Tensor:
        """Attention weights of all heads of one layer (0 is the first), (B, H, T, T)."""
        x = self.hidden(ids, layer)
        block: Any = self.model.layers[layer]
        weights: Tensor = block.self_attn.weights(
            block.input_layernorm(x), self.cos[: x.shape[1]], self.sin[: x.shape[1]]
        )
        return weights


def rotation(length: int, head_dim: int, theta: float) -> tuple[Tensor, Tensor]:
    """cos and sin of t·θ^(−2i/d), (T, d) each, the same for channels i and i + d/2; sin negative in the first half."""
    angle = theta ** (-torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)  # (d/2,)
    turns = torch.outer(torch.arange(length, dtype=torch.float32), angle).repeat(1, 2)
    sin = turns.sin()
    sin[:, : head_dim // 2] *= -1
    return turns.cos(), sin


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions on (…, T, d)."""
    return x * cos + x.roll(x.shape[-1] // 2, dims=-1) * sin


def cross_entropy(logits: Tensor, targets: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean of −log p(target) in nats.

    Args:
        logits: (B, T, V)
        targets: (B, T)
        weight: (B, T) of 0 and 1: which targets count; all when not given.
    """
    losses = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    if weight is None:
        return losses.mean()
    counted = weight.flatten().to(losses.dtype)
    return (losses * counted).sum() / counted.sum()
