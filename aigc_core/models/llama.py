"""LLaMA (Touvron et al. 2023, arXiv 2302.13971) with grouped queries, and its close kin Qwen2 and Qwen3.

A decoder-only transformer, pre-normalised: x ← x + Attn(RMSNorm(x)); x ← x + SwiGLU(RMSNorm(x)).

- RMSNorm (arXiv 1910.07467): x / √(mean(x²) + ε) · g
- Rotary positions (arXiv 2104.09864): pairs of channels (i, i + d/2) of q and k turn by the angle t·θ^(-2i/d) at position t
- Grouped-query attention (arXiv 2305.13245): G query heads share one key and value head
- SwiGLU (arXiv 2002.05202): W_down(silu(W_gate x) ∘ W_up x)

Qwen2 (arXiv 2407.10671) adds biases to q, k, v; Qwen3 (arXiv 2505.09388) normalises every head's q and k instead.

For inference, one sequence at a time. Weights stay in 16 bits. On a CPU, activations are float32: decoding one token is
bound by reading the weights, so it goes through the half-precision matrix-vector product, which sums in float32; several
tokens are bound by arithmetic, which a CPU does best in float32, so the weight is cast up for them, a piece at a time that
stays in the processor's cache.

Shapes: T tokens, D width, H query heads, K key heads, d channels a head, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

PIECE = 2**18
"""Elements of a weight converted to float32 at once: a megabyte."""


@dataclass(frozen=True, kw_only=True)
class LlamaConfig:
    """The settings in ``config.json`` of a transformers repository."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    max_position_embeddings: int
    """Longest sequence, in tokens."""
    rms_norm_eps: float
    rope_theta: float

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> LlamaConfig:
        """Read transformers' keys.

        Raises:
            ValueError: another architecture, or a variant of this one that is not implemented.
        """
        if config.get("model_type") not in ("llama", "qwen2", "qwen3"):
            raise ValueError(f"model_type {config.get('model_type')!r} is none of llama, qwen2, qwen3")
        rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind != "default" or config.get("use_sliding_window") or config.get("hidden_act", "silu") != "silu":
            raise ValueError(f"rope {kind!r}, sliding windows or activations other than silu are not implemented")
        heads = config["num_attention_heads"]
        return cls(
            vocab_size=config["vocab_size"],
            hidden_size=config["hidden_size"],
            num_hidden_layers=config["num_hidden_layers"],
            num_attention_heads=heads,
            num_key_value_heads=config.get("num_key_value_heads") or heads,
            head_dim=config.get("head_dim") or config["hidden_size"] // heads,
            max_position_embeddings=config["max_position_embeddings"],
            rms_norm_eps=config["rms_norm_eps"],
            rope_theta=rope.get("rope_theta") or config.get("rope_theta", 10_000.0),
        )


class Cache:
    """Keys and values of all layers, in memory taken once; ``filled`` tokens of it are in use."""

    def __init__(self, config: LlamaConfig, length: int, device: torch.device, dtype: torch.dtype) -> None:
        shape = (config.num_hidden_layers, 1, config.num_key_value_heads, length, config.head_dim)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.filled = 0

    def keep(self, row: int, of: int) -> None:
        """Keep only one of the last ``of`` tokens, which were read with ``apart``, and drop the others."""
        start = self.filled - of
        for kept in (self.keys, self.values):
            kept[..., start, :] = kept[..., start + row, :]
        self.filled = start + 1


class Place(NamedTuple):
    """Positions of new tokens and their attention mask."""

    cos: Tensor
    """(T, d)"""
    sin: Tensor
    """(T, d), with the sign of its half."""
    mask: Tensor | None
    """Attention mask (T, all tokens so far), True where token t attends; None for a single token, which attends to
    all."""


class Llama:
    """The network over a transformers repository's own tensors, by their own names.

    Args:
        weights: All tensors; q, k, v and gate, up are joined here, so that each pair is one product.
        device: Where they go; float16 on a CPU, bfloat16 elsewhere.

    Raises:
        ValueError: a tensor is missing, left over, or of the wrong shape.
    """

    def __init__(self, config: LlamaConfig, weights: Mapping[str, Tensor], device: torch.device) -> None:
        self.config, self.device = config, device
        half = torch.float16 if device.type == "cpu" else torch.bfloat16
        self.dtype = torch.float32 if device.type == "cpu" else half
        left = {name: tensor for name, tensor in weights.items() if not name.endswith("rotary_emb.inv_freq")}

        def take(*names: str, dtype: torch.dtype = half) -> Tensor:
            try:
                return torch.cat([left.pop(name) for name in names]).to(device, dtype)
            except KeyError as error:
                raise ValueError(f"tensor {error.args[0]} is missing") from error

        self.embedding = take("model.embed_tokens.weight")  # (V, D)
        self.layers: list[dict[str, Tensor]] = []
        for i in range(config.num_hidden_layers):
            prefix = f"model.layers.{i}."
            attention, mlp = prefix + "self_attn.", prefix + "mlp."
            qkv = [f"{attention}{part}_proj" for part in "qkv"]
            layer = {
                "norm_1": take(prefix + "input_layernorm.weight", dtype=self.dtype),
                "qkv": take(*(f"{name}.weight" for name in qkv)),  # ((H + 2K)d, D)
                "out": take(attention + "o_proj.weight"),  # (D, Hd)
                "norm_2": take(prefix + "post_attention_layernorm.weight", dtype=self.dtype),
                "gate_up": take(mlp + "gate_proj.weight", mlp + "up_proj.weight"),  # (2F, D)
                "down": take(mlp + "down_proj.weight"),  # (D, F)
            }
            if f"{qkv[0]}.bias" in left:
                layer["qkv_bias"] = take(*(f"{name}.bias" for name in qkv), dtype=self.dtype)
            if f"{attention}q_norm.weight" in left:
                layer["q_norm"] = take(attention + "q_norm.weight", dtype=self.dtype)  # (d,)
                layer["k_norm"] = take(attention + "k_norm.weight", dtype=self.dtype)
            self.layers.append(layer)
        self.norm = take("model.norm.weight", dtype=self.dtype)
        self.head = take("lm_head.weight") if "lm_head.weight" in left else self.embedding  # (V, D), tied or not
        if left:
            raise ValueError(f"tensors that this architecture has no place for: {', '.join(sorted(left)[:3])}")
        if self.embedding.shape != (config.vocab_size, config.hidden_size):
            raise ValueError(f"embedding {tuple(self.embedding.shape)} does not fit the configuration")
        d = config.head_dim
        angle = config.rope_theta ** (-torch.arange(0, d, 2, dtype=torch.float32) / d)  # (d/2,)
        turns = torch.outer(torch.arange(config.max_position_embeddings, dtype=torch.float32), angle).repeat(1, 2)
        self.cos, self.sin = turns.cos().to(device, self.dtype), turns.sin().to(device, self.dtype)  # (T, d)
        self.sin[:, : d // 2] *= -1

    def cache(self, length: int) -> Cache:
        """An empty cache for ``length`` tokens."""
        return Cache(self.config, length, self.device, self.dtype)

    def __call__(self, ids: Tensor, cache: Cache) -> Tensor:
        """Read tokens on top of the cache.

        Args:
            ids: (T,)

        Returns:
            Logits of the token that follows, (V,) float32.
        """
        return self.logits(self.read(ids, cache)[-1:])[0]

    def read(self, ids: Tensor, cache: Cache, *, apart: bool = False) -> Tensor:
        """Read tokens and return the hidden state of each new one, (T, D), for :meth:`logits`.

        Args:
            apart: The tokens are alternatives of each other: all stand at the next place, and each sees itself alone of
                them. :meth:`Cache.keep` then makes one of them the token read.
        """
        x, place = self._embedded(ids), self._place(cache.filled, len(ids), apart)
        for i in range(len(self.layers)):
            x = self._block(x, i, place, cache)
        cache.filled += len(ids)
        return self._normed(x, self.norm)

    def logits(self, x: Tensor) -> Tensor:
        """(T, D) of :meth:`read` to (T, V) float32: row t scores the token after t."""
        return _product(x, self.head, scaled=False).float()

    def attention(self, ids: Tensor) -> Iterator[Tensor]:
        """Yield the attention weights layer by layer: softmax(q kᵀ / √d) under the causal mask.

        Args:
            ids: (T,), a whole text.

        Yields:
            (H, T, T) float32 of each layer, the one nearest to the input first; every row sums to 1.
        """
        c, T = self.config, len(ids)
        H, K = c.num_attention_heads, c.num_key_value_heads
        cache, place = self.cache(T), self._place(0, T, False)
        later = torch.ones(T, T, dtype=torch.bool, device=self.device).triu(1)
        x = self._embedded(ids)
        for i, layer in enumerate(self.layers):
            qk, _ = self._project(self._normed(x, layer["norm_1"]), layer, place)
            k = qk[H:].repeat_interleave(H // K, dim=0)  # (H, T, d)
            scores = (qk[:H] @ k.transpose(1, 2)).float() / math.sqrt(c.head_dim)
            yield scores.masked_fill(later, -math.inf).softmax(-1)
            x = self._block(x, i, place, cache)

    def _place(self, start: int, T: int, apart: bool) -> Place:
        """``T`` new tokens on top of ``start``."""
        stop, device = start + T, self.device
        if apart:
            cos, sin = (turn[start : start + 1].expand(T, -1) for turn in (self.cos, self.sin))
            seen = torch.ones(T, start, dtype=torch.bool, device=device)
            return Place(cos, sin, torch.cat([seen, torch.eye(T, dtype=torch.bool, device=device)], dim=1))
        mask = torch.ones(T, stop, dtype=torch.bool, device=device).tril(start) if T > 1 else None
        return Place(self.cos[start:stop], self.sin[start:stop], mask)

    def _embedded(self, ids: Tensor) -> Tensor:
        return F.embedding(ids.to(self.device), self.embedding).to(self.dtype)  # (T, D)

    def _block(self, x: Tensor, i: int, place: Place, cache: Cache) -> Tensor:
        """Layer i, (T, D) to (T, D)."""
        layer = self.layers[i]
        x = x + self._attend(self._normed(x, layer["norm_1"]), layer, i, place, cache)
        gate, up = _product(self._normed(x, layer["norm_2"]), layer["gate_up"], scaled=False).chunk(2, dim=-1)
        return x + _product(F.silu(gate) * up, layer["down"])

    def _normed(self, x: Tensor, gain: Tensor) -> Tensor:
        normed: Tensor = F.rms_norm(x, gain.shape, gain, self.config.rms_norm_eps)
        return normed

    def _attend(self, x: Tensor, layer: Mapping[str, Tensor], i: int, place: Place, cache: Cache) -> Tensor:
        """Attention of the new tokens; (T, D) to (T, D)."""
        c, T = self.config, len(x)
        H, d = c.num_attention_heads, c.head_dim
        qk, v = self._project(x, layer, place)
        start, stop = cache.filled, cache.filled + T
        keys, values = cache.keys[i], cache.values[i]  # (1, K, length, d)
        keys[0, :, start:stop], values[0, :, start:stop] = qk[H:], v
        keys, values = keys[:, :, :stop], values[:, :, :stop]
        if T == 1:  # the queries that share a key are as good as several that see everything: (1, K, H/K, d)
            seen = F.scaled_dot_product_attention(qk[:H].view(1, -1, H // c.num_key_value_heads, d), keys, values)
            return _product(seen.view(1, H * d), layer["out"])
        seen = F.scaled_dot_product_attention(qk[None, :H], keys, values, attn_mask=place.mask, enable_gqa=True)
        return _product(seen[0].transpose(0, 1).reshape(T, H * d), layer["out"])

    def _project(self, x: Tensor, layer: Mapping[str, Tensor], place: Place) -> tuple[Tensor, Tensor]:
        """q and k turned to their positions, (H + K, T, d), and v, (K, T, d)."""
        c, T = self.config, len(x)
        H, K, d = c.num_attention_heads, c.num_key_value_heads, c.head_dim
        heads = _product(x, layer["qkv"], layer.get("qkv_bias"), scaled=False)
        heads = heads.view(T, H + 2 * K, d).transpose(0, 1)  # (H + 2K, T, d)
        qk, v = heads[: H + K], heads[H + K :]
        if "q_norm" in layer:
            qk = torch.cat([self._normed(qk[:H], layer["q_norm"]), self._normed(qk[H:], layer["k_norm"])])
        return _rotated(qk, place.cos, place.sin), v


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions; ``sin`` carries the sign of its half. (heads, T, d)"""
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)


def _product(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, scaled: bool = True) -> Tensor:
    """x Wᵀ + b, (T, in) to (T, out), in the type of ``x``.

    A single float32 row is rounded to the weight's float16.

    Args:
        scaled: Bring that row to [-1, 1] before, so that none overflows. What comes out of a norm, at most √D times its
            gain, needs none.
    """
    if x.dtype == weight.dtype:
        return F.linear(x, weight, bias)
    if len(x) > 1:
        if weight.numel() <= 4 * PIECE:
            return F.linear(x, weight.float(), bias)
        pieces = torch.split(weight, PIECE // weight.shape[1])
        product = torch.cat([x @ piece.float().T for piece in pieces], dim=-1)  # (T, out)
        return product if bias is None else product + bias
    if scaled:
        scale = torch.linalg.vector_norm(x, torch.inf) + 1e-12
        y: Tensor = torch.mv(weight, (x[0] / scale).to(weight.dtype)).to(x.dtype)[None] * scale
    else:
        y = torch.mv(weight, x[0].to(weight.dtype)).to(x.dtype)[None]
    return y if bias is None else y + bias
