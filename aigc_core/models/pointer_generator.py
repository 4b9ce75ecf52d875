"""Pointer-generator: an encoder-decoder Transformer that generates words or copies the source's (See et al. 2017).

Paper: arXiv 1704.04368. With s_t the decoder's state after y_<t, m_j the encoder's state of source word x_j, V the vocabulary:

- attention      a_t = softmax_j(e_tj)                                                    (eq. 1, 2, 11)
- vocabulary     P_vocab = softmax(E W s_t / √D + b)                                      (eq. 4)
- switch         p_gen = σ(w·[s_t; Σ_j a_tj m_j] + b)                                     (eq. 8)
- output         p(w) = p_gen P_vocab(w) + (1 − p_gen) Σ_{j: x_j = w} a_tj                (eq. 9)
- coverage loss  Σ_t Σ_j min(a_tj, c_tj),  c_t = Σ_{t'<t} a_t'                            (eq. 12)

Differences from the paper: Transformer blocks (pre-normalised, rotary positions, SwiGLU) instead of LSTMs, and a score that
knows what copying means from the first step on::

    e_tj = q_t·k_j/√D + γ·z_j + β₁[x_{j−1} = y_{t−1}] + β₂[x_{j−2} x_{j−1} = y_{t−2} y_{t−1}] − ω[x_j ∈ y_<t]

z_j = w·m_j is a content selector, trained to say whether x_j occurs in the summary (bottom-up attention, Gehrmann et al.
2018, arXiv 1808.10792); β₁, β₂ go on with a phrase begun; ω takes the place of the coverage vector in eq. 11, so that
training needs no recurrence. The decoder also reads the states of the places where y_{t−1} stands in the source (CopyNet's
selective read, Gu et al. 2016, arXiv 1603.06393, eq. 9): it is how it knows a word outside the vocabulary.

Shapes: B batch, T source words, L summary words, D width, H heads, d channels a head, V vocabulary, N its extension.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aigc_core.models.gpt import rotated, rotation
from aigc_core.tokenizers.vocabulary import FEATURES, UNKNOWN


@dataclass(frozen=True, kw_only=True)
class PointerGeneratorConfig:
    vocab_size: int = 8192
    width: int = 192
    heads: int = 3
    mlp: int = 384
    """Width of the SwiGLU."""
    encoder_layers: int = 2
    decoder_layers: int = 2
    max_source: int = 512
    """Longest source, in words."""
    max_target: int = 64
    """Longest summary, in words, the start included."""
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.width % self.heads or self.width // self.heads % 2:
            raise ValueError(f"width/heads must be a whole even number; got {self.width}/{self.heads}")


class Source(NamedTuple):
    """Source texts, padded on the right."""

    ids: Tensor
    """(B, T) in the vocabulary."""
    extended: Tensor
    """(B, T), unknown words numbered from V on, −1 where padded."""
    features: Tensor
    """(B, T, 4), see :mod:`aigc_core.tokenizers.vocabulary`."""

    @property
    def mask(self) -> Tensor:
        """(B, T), true where there is a word."""
        return self.extended >= 0


class Memory(NamedTuple):
    """The encoded source."""

    extended: Tensor
    """(B, T)"""
    states: Tensor
    """(B, T, D)"""
    keys: Tensor
    """(B, T, D) of the copy attention."""
    selected: Tensor
    """(B, T) logits z: does the word occur in the summary?"""
    cross: tuple[tuple[Tensor, Tensor], ...]
    """Keys and values (B, H, T, d) of every decoder layer."""


@dataclass
class Cache:
    """Keys and values of the words written so far, and the words."""

    words: Tensor
    """(B, L) extended numbers."""
    layers: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    """(B, H, L, d) each."""

    def reorder(self, order: Tensor) -> None:
        """Let hypothesis i go on from what hypothesis ``order[i]`` was; order (B',)."""
        self.words = self.words[order]
        self.layers = [(k[order], v[order]) for k, v in self.layers]


class Step(NamedTuple):
    """The decoder's output for the next words."""

    states: Tensor
    """(B, L, D) s."""
    attention: Tensor
    """(B, L, T) a."""
    p_gen: Tensor
    """(B, L)"""


class Attention(nn.Module):
    """Multi-head attention of queries on keys and values that are given or made from the same states."""

    def __init__(self, config: PointerGeneratorConfig) -> None:
        super().__init__()
        D = config.width
        self.heads = config.heads
        self.q_proj, self.k_proj = nn.Linear(D, D, bias=False), nn.Linear(D, D, bias=False)
        self.v_proj, self.o_proj = nn.Linear(D, D, bias=False), nn.Linear(D, D, bias=False)

    def split(self, x: Tensor) -> Tensor:
        """(B, T, D) to (B, H, T, d)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def keys_values(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, H, T, d) each."""
        return self.split(self.k_proj(x)), self.split(self.v_proj(x))

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """(B, H, L, d) queries to (B, L, D)."""
        k, v = (x.expand(len(q), -1, -1, -1) for x in (k, v))
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        y: Tensor = self.o_proj(seen.transpose(1, 2).flatten(2))
        return y


class MLP(nn.Module):
    """SwiGLU (arXiv 2002.05202): W_down(silu(W_gate x) ∘ W_up x)."""

    def __init__(self, config: PointerGeneratorConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.mlp, bias=False)
        self.up_proj = nn.Linear(config.width, config.mlp, bias=False)
        self.down_proj = nn.Linear(config.mlp, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) to (…, D)."""
        y: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return y


class EncoderBlock(nn.Module):
    """An encoder layer: convolution over neighbours, self-attention, feed-forward."""

    def __init__(self, config: PointerGeneratorConfig) -> None:
        super().__init__()
        D = config.width
        self.before, self.after = (nn.Parameter(torch.full((D,), 0.3)) for _ in range(2))
        """Channel weights of the neighbours."""
        self.norm_attn, self.norm_mlp = nn.RMSNorm(D, 1e-5), nn.RMSNorm(D, 1e-5)
        self.attn, self.mlp = Attention(config), MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor | None, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D); ``mask``: (B, 1, 1, T)."""
        h = self.norm_attn(x)
        h = h if mask is None else h * mask[:, 0, 0, :, None]  # the last word has no neighbour, whatever the padding
        h = h + self.before * F.pad(h[:, :-1], (0, 0, 1, 0)) + self.after * F.pad(h[:, 1:], (0, 0, 0, 1))
        k, v = self.attn.keys_values(h)
        q = rotated(self.attn.split(self.attn.q_proj(h)), cos, sin)
        x = x + self.dropout(self.attn.attend(q, rotated(k, cos, sin), v, mask))
        y: Tensor = x + self.dropout(self.mlp(self.norm_mlp(x)))
        return y


class DecoderBlock(nn.Module):
    """A decoder layer: self-attention, cross-attention to the source, feed-forward."""

    def __init__(self, config: PointerGeneratorConfig) -> None:
        super().__init__()
        D = config.width
        self.norm_attn, self.norm_cross, self.norm_mlp = (nn.RMSNorm(D, 1e-5) for _ in range(3))
        self.attn, self.cross, self.mlp = Attention(config), Attention(config), MLP(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self,
        x: Tensor,
        past: tuple[Tensor, Tensor] | None,
        cross: tuple[Tensor, Tensor],
        mask: Tensor,
        cos: Tensor,
        sin: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """(B, L, D) to (B, L, D), with the keys and values so far; ``mask``: (B, 1, 1, T); ``past`` allows L = 1 only."""
        h = self.norm_attn(x)
        k, v = self.attn.keys_values(h)
        k = rotated(k, cos, sin)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        q = rotated(self.attn.split(self.attn.q_proj(h)), cos, sin)
        x = x + self.dropout(self.attn.attend(q, k, v, causal=past is None))
        q = self.cross.split(self.cross.q_proj(self.norm_cross(x)))
        x = x + self.dropout(self.cross.attend(q, cross[0], cross[1], mask))
        return x + self.dropout(self.mlp(self.norm_mlp(x))), (k, v)


class PointerGenerator(nn.Module):
    """The summarizer."""

    cos: Tensor
    sin: Tensor

    def __init__(self, config: PointerGeneratorConfig) -> None:
        super().__init__()
        self.config = config
        D = config.width
        self.embed_words = nn.Embedding(config.vocab_size, D)
        self.embed_features = nn.ModuleList(nn.Embedding(size, D) for size in FEATURES)
        self.encoder = nn.ModuleList(EncoderBlock(config) for _ in range(config.encoder_layers))
        self.decoder = nn.ModuleList(DecoderBlock(config) for _ in range(config.decoder_layers))
        self.norm_source, self.norm_target = nn.RMSNorm(D, 1e-5), nn.RMSNorm(D, 1e-5)
        self.read_proj = nn.Linear(D, D, bias=False)
        self.copy_q, self.copy_k = nn.Linear(D, D, bias=False), nn.Linear(D, D, bias=False)
        self.head = nn.Linear(D, D, bias=False)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.select = nn.Parameter(torch.zeros(D + 1))
        self.switch = nn.Parameter(torch.zeros(2 * D + 1))
        self.copying = nn.Parameter(torch.tensor([1.0, 2.0, 1.0, 2.0]))  # γ, β₁, β₂, ω
        self.dropout = nn.Dropout(config.dropout)
        cos, sin = rotation(max(config.max_source, config.max_target), D // config.heads, 10_000.0)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._start()

    def _start(self) -> None:
        """Matrices N(0, 1/D), those that write into the residual stream smaller; tables N(0, 0.25), facts N(0, 0.01)."""
        D, layers = self.config.width, self.config.encoder_layers + self.config.decoder_layers
        for name, weight in self.named_parameters():
            if name.startswith("embed"):
                nn.init.normal_(weight, std=0.5 if "words" in name else 0.1)
            elif weight.dim() == 2:
                writes = name.endswith(("o_proj.weight", "down_proj.weight", "read_proj.weight"))
                nn.init.normal_(weight, std=1 / math.sqrt(D * (2 * layers if writes else 1)))

    def encode(self, source: Source) -> Memory:
        """Read a source.

        Raises:
            ValueError: it is longer than ``max_source``.
        """
        T = source.ids.shape[1]
        if self.config.max_source < T:
            raise ValueError(f"at most {self.config.max_source} source words; got {T}")
        x = self.embed_words(source.ids)  # (B, T, D)
        for i, table in enumerate(self.embed_features):
            x = x + table(source.features[..., i])
        x = self.dropout(x)
        mask = None if bool(source.mask.all()) else source.mask[:, None, None]
        for block in self.encoder:
            x = block(x, mask, self.cos[:T], self.sin[:T])
        m = self.norm_source(x)
        cross = tuple(block.cross.keys_values(m) for block in self.decoder)  # type: ignore[union-attr,operator]
        return Memory(source.extended, m, self.copy_k(m), m @ self.select[:-1] + self.select[-1], cross)

    def decode(self, memory: Memory, words: Tensor, cache: Cache | None = None) -> Step:
        """The words after each of ``words``.

        Args:
            words: (B, L) extended numbers y_<t from the start token on; with a cache that holds words already, L = 1.
            cache: Is brought up to date. A memory of batch 1 serves any number of hypotheses.
        """
        offset = 0 if cache is None else cache.words.shape[1]
        L = words.shape[1]
        known = words if cache is None else torch.cat([cache.words, words], dim=1)
        if known.shape[1] > self.config.max_target:
            raise ValueError(f"at most {self.config.max_target} summary words; got {known.shape[1]}")
        mask = (memory.extended >= 0)[:, None, None]
        same = (known[:, :, None] == memory.extended[:, None]).float()  # (B, offset + L, T)
        here = same[:, offset:]
        read = (here / here.sum(-1, keepdim=True).clamp(min=1)) @ memory.states
        ids = words.masked_fill(words >= self.config.vocab_size, UNKNOWN)
        x = self.dropout(self.embed_words(ids) + self.read_proj(read))  # (B, L, D)
        layers = []
        for i, block in enumerate(self.decoder):
            past = cache.layers[i] if cache is not None and cache.layers else None
            cos, sin = self.cos[offset : offset + L], self.sin[offset : offset + L]
            x, kept = block(x, past, memory.cross[i], mask, cos, sin)
            layers.append(kept)
        if cache is not None:
            cache.words, cache.layers = known, layers
        return self._step(memory, self.norm_target(x), same, L)

    def _step(self, memory: Memory, s: Tensor, same: Tensor, L: int) -> Step:
        """Compute the three parts of eq. 9 from states (B, L, D) and the matches of earlier words with source words
        (B, ≥ L, T)."""
        gamma, one, two, said_weight = self.copying
        follows = F.pad(same, (1, 0))[..., :-1]  # x_{j−1} = y
        pair = follows * F.pad(F.pad(same, (2, 0))[..., :-2], (0, 0, 1, 0))[:, :-1]  # and x_{j−2} = the word before y
        said = same.cumsum(1).clamp(max=1)
        scores = self.copy_q(s) @ memory.keys.transpose(1, 2) / math.sqrt(self.config.width)  # (B, L, T)
        scores = scores + gamma * memory.selected[:, None]
        scores = scores + (one * follows + two * pair - said_weight * said)[:, -L:]
        a = scores.masked_fill((memory.extended < 0)[:, None], -math.inf).softmax(-1)
        switch = torch.cat([s, a @ memory.states], dim=-1) @ self.switch[:-1] + self.switch[-1]
        return Step(s, a, switch.sigmoid())

    def log_vocab(self, states: Tensor) -> Tensor:
        """log P_vocab, (…, D) to (…, V)."""
        logits = F.linear(self.head(states), self.embed_words.weight) / math.sqrt(self.config.width) + self.bias
        return logits.log_softmax(-1)

    def distribution(self, step: Step, extended: Tensor, extra: int) -> Tensor:
        """Eq. 9 over the extended vocabulary.

        Args:
            extended: (B, T) source words, or (1, T) for all.
            extra: N, source words outside the vocabulary.

        Returns:
            (B, L, V + N), sums to one.
        """
        p = F.pad(self.log_vocab(step.states).exp() * step.p_gen[..., None], (0, extra))
        copied = (1 - step.p_gen[..., None]) * step.attention  # (B, L, T)
        places = extended.clamp(min=0)[:, None].expand_as(copied)  # padding has no attention
        return p.scatter_add(-1, places, copied)

    def log_likelihood(self, step: Step, extended: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """log p of given words, the vocabulary's distribution computed only where there is one.

        Args:
            extended: (B, T) source words.
            targets: (B, L) extended numbers; UNKNOWN where none is asked for.

        Returns:
            log p(targets), (B, L), 0 where none is asked for, and the share of it that was copied, (B, L) in [0, 1].
        """
        asked = targets != UNKNOWN
        wanted, p_gen = targets[asked], step.p_gen[asked]  # (M,)
        log_p = self.log_vocab(step.states[asked]).gather(1, wanted.clamp(max=self.config.vocab_size - 1)[:, None])[
            :, 0
        ]
        written = (log_p + p_gen.log()).masked_fill(wanted >= self.config.vocab_size, -1e4)
        same = wanted[:, None] == extended[:, None].expand_as(step.attention)[asked]  # (M, T)
        pointed = (step.attention[asked] * same).sum(-1)
        total = torch.logaddexp(written, (pointed * (1 - p_gen)).clamp(min=1e-20).log())
        share = (pointed * (1 - p_gen)).detach() / total.detach().exp()
        empty = torch.zeros_like(step.p_gen)
        return empty.masked_scatter(asked, total), empty.masked_scatter(asked, share)


def coverage_loss(attention: Tensor) -> Tensor:
    """Coverage loss (eq. 12) of every step: attention to places already attended to, (B, L, T) to (B, L) in [0, 1]."""
    covered = attention.cumsum(1) - attention
    return torch.minimum(attention, covered).sum(-1)
