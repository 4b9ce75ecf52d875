"""Ways to go from one token to the next: drawn one by one, drawn with drafts, or found by contrastive search.

A decoder holds the network's side of one text: what was read (keys and values) and the logits of what follows. All have
the same three calls, so that :meth:`aigc_core.pipelines.text.causal_lm.CausalLM.generate` does not know which it has.

Shapes: T tokens, V vocabulary, D width, k candidates or drafts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from aigc_core.models.llama import Cache, Llama
from aigc_core.sampling.text import contrastive
from aigc_core.sampling.text.speculative import SHORTEST, Lookup
from aigc_core.sampling.text.tokens import Sampling, draw, processed
from aigc_core.tasks.continue_text import ContinueTextRequest

PREFILL = 64
"""Prompt tokens read between two events: about a quarter of a second for 135 M parameters on two cores."""

CAUTIOUS = 4
"""Tokens of an ending that must be found again once fewer than half of the drafts stood."""


class Plain:
    """Decode token by token, one forward pass each."""

    logits: Tensor
    """Logits of the next token, (V,) float32 on the CPU."""

    def __init__(self, network: Llama) -> None:
        self._network = network
        self._cache: Cache

    def open(self, ids: Sequence[int], length: int) -> Iterator[int]:
        """Read the prompt; yields how many of its tokens are read.

        Args:
            length: Most tokens, prompt and new ones together.
        """
        self._cache = self._network.cache(length)
        for start in range(0, len(ids), PREFILL):
            stop = min(start + PREFILL, len(ids))
            hidden = self._read(ids[start:stop])
            if stop == len(ids):
                self.logits = self._network.logits(hidden[-1:])[0].cpu()
            yield stop

    def choose(
        self, sampling: Sampling, seen: Collection[int], generator: torch.Generator, previous: int | None
    ) -> int:
        """The next token; arguments as in :func:`aigc_core.sampling.text.tokens.draw`."""
        return draw(self.logits, sampling, seen, generator, previous)

    def follow(self, token: int, room: int) -> None:
        """Advance to the logits that follow the chosen token.

        Args:
            room: Tokens that may still come, at least 1.
        """
        self.logits = self._network.logits(self._read([token])[-1:])[0].cpu()

    def facts(self) -> dict[str, Any]:
        """Facts about the run for the recipe."""
        return {}

    def _read(self, ids: Sequence[int]) -> Tensor:
        """Hidden states (T, D) of tokens read on top of the cache."""
        return self._network.read(torch.tensor(ids), self._cache)


class Drafted(Plain):
    """Speculative decoding: a token is read together with drafts of those that may follow it.

    Each is then drawn as ever. As long as the draw is the draft, its logits are there already; the first that is not
    leaves the rest of the drafts read in vain (:mod:`aigc_core.sampling.text.speculative`).
    """

    def __init__(self, network: Llama) -> None:
        super().__init__(network)
        self._lookup = Lookup()
        self._ahead: list[tuple[int, Tensor]] = []
        """Drafts in the cache that no draw has met yet, each with the logits after it."""
        self._offered = self._kept = 0

    def open(self, ids: Sequence[int], length: int) -> Iterator[int]:
        self._lookup.push(ids)
        yield from super().open(ids, length)

    def follow(self, token: int, room: int) -> None:
        self._lookup.push([token])
        if self._ahead and self._ahead[0][0] == token:
            self.logits = self._ahead.pop(0)[1]
            self._kept += 1
            return
        self._cache.filled -= len(self._ahead)
        doubtful = 2 * (self._kept + 1) < self._offered + 2  # drafts that fall cost more than they save
        drafts = self._lookup.draft(room - 1, CAUTIOUS if doubtful else SHORTEST)
        self.logits, *after = self._network.logits(self._read([token, *drafts])).cpu()  # (1 + k, V)
        self._ahead = list(zip(drafts, after, strict=True))
        self._offered += len(drafts)

    def facts(self) -> dict[str, Any]:
        share = {"draft_acceptance": round(self._kept / self._offered, 3)} if self._offered else {}
        return {"drafted_tokens": self._offered, **share}


class Contrastive(Plain):
    """Contrastive search: all candidates are read at once, side by side; the one that is chosen stays in the cache.

    Deterministic: of ``sampling`` only ``top_k``, repetition penalty and watermark have a say.
    """

    def __init__(self, network: Llama, alpha: float, top_k: int) -> None:
        super().__init__(network)
        self._alpha, self._k = alpha, top_k
        self._earlier: Tensor
        """Hidden states of the tokens so far, (length, D); the cache knows how many are valid."""
        self._next: Tensor
        """Hidden state of the last chosen candidate, (1, D)."""

    def open(self, ids: Sequence[int], length: int) -> Iterator[int]:
        self._earlier = torch.zeros(length, self._network.config.hidden_size, device=self._network.device)
        yield from super().open(ids, length + self._k)

    def choose(
        self, sampling: Sampling, seen: Collection[int], generator: torch.Generator, previous: int | None
    ) -> int:
        probability = processed(self.logits, sampling, seen, previous).softmax(-1)
        likeliest, ids = torch.topk(probability, min(self._k, len(probability)))  # (k,), (k,)
        start = self._cache.filled
        states = self._network.read(ids, self._cache, apart=True)  # (k, D)
        best = contrastive.choose(likeliest.to(states.device), states.float(), self._earlier[:start], self._alpha)
        self._cache.keep(best, len(ids))
        self._next = states[best : best + 1]
        self._earlier[start] = self._next[0]
        return int(ids[best])

    def follow(self, token: int, room: int) -> None:
        self.logits = self._network.logits(self._next)[0].cpu()

    def facts(self) -> dict[str, Any]:
        return {"contrastive_candidates": self._k}

    def _read(self, ids: Sequence[int]) -> Tensor:
        start = self._cache.filled
        states = super()._read(ids)
        self._earlier[start : start + len(ids)] = states
        return states


def decoder(network: Llama, request: ContinueTextRequest) -> Plain:
    """The decoder that a request asks for."""
    if request.penalty_alpha > 0:
        return Contrastive(network, request.penalty_alpha, request.top_k)
    return Drafted(network) if request.speculative else Plain(network)
