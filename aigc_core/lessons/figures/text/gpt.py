"""Our English GPT as the figures read it: loaded once, light to import (no transformers)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aigc_core import checkpoint
from aigc_core.models.gpt import GPT, GPTConfig
from aigc_core.tokenizers import bpe
from aigc_core.weights import CHECKPOINTS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

START = 0
"""The end-of-text token, which stood before every document of the training data."""


@dataclass(frozen=True)
class Reader:
    """A network and its tokenizer."""

    network: GPT
    tokenizer: Tokenizer

    def encode(self, text: str, most: int = 64) -> list[int]:
        """The first ``most`` tokens of a text, :data:`START` not among them."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids[:most]

    @torch.inference_mode()
    def log_probabilities(self, ids: Sequence[int]) -> Tensor:
        """log p of every next token in nats, after :data:`START` and after each of ``ids``: (T + 1, V)."""
        logits: Tensor = self.network(torch.tensor([[START, *ids]]))[0]
        return logits.log_softmax(-1)

    def bits(self, ids: Sequence[int]) -> list[float]:
        """The surprise of each token, −log₂ p(x_t | x_<t)."""
        log_p = self.log_probabilities(ids)[:-1].gather(1, torch.tensor(ids, dtype=torch.int64)[:, None])
        return [-float(nats) / math.log(2) for nats in log_p[:, 0]]

    def shown(self, token: int) -> str:
        """A token as it is drawn, see :func:`aigc_core.tokenizers.bpe.shown`."""
        return "⟨s⟩" if token == START else bpe.shown(self.tokenizer.id_to_token(token) or "")


@cache
def english() -> Reader:
    """The row ``text-gpt-en``."""
    folder = CHECKPOINTS / "text-gpt-en"
    network = checkpoint.load(folder, GPT(checkpoint.load_config(folder, GPTConfig)))
    return Reader(network, bpe.load(folder))
