"""The fields shared by all requests that decode tokens, and the tokens they return."""

from __future__ import annotations

from dataclasses import dataclass

from aigc_core.tasks.fields import Limits, bool_field, float_field, int_field, limited
from aigc_core.tasks.request import Request


@dataclass(frozen=True, kw_only=True)
class DecodingRequest(Request):
    """Base of the requests that sample tokens."""

    max_new_tokens: int = int_field(100, 1, 1024, "New tokens", "生成长度")
    temperature: float = float_field(0.8, 0.0, 2.0, "Temperature", "温度", "0 always takes the likeliest token")
    top_p: float = float_field(0.95, 0.01, 1.0, "Top-p", "Top-p", "smallest set of tokens with this probability")
    top_k: int = int_field(50, 0, 1000, "Top-k", "Top-k", "0: no limit")
    min_p: float = float_field(
        0.0, 0.0, 1.0, "Min-p", "Min-p", "drop tokens below this fraction of the likeliest; 0: none"
    )
    typical_p: float = float_field(
        1.0, 0.01, 1.0, "Typical-p", "Typical-p", "keep tokens of about the expected surprisal; 1: all"
    )
    repetition_penalty: float = float_field(1.1, 1.0, 2.0, "Repetition penalty", "重复惩罚", "1: none")
    watermark: bool = bool_field(False, "Watermark", "水印", "a hidden statistical mark that the detector finds")
    stop: tuple[str, ...] = limited((), Limits(kind="strings", label="Stop at", label_zh="停止串", maximum=8))


@dataclass(frozen=True, kw_only=True)
class Token:
    """One generated token, with the ten likeliest tokens at its position."""

    text: str
    probability: float
    """Under the model, before temperature and truncation."""
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Surprisal:
    """The surprisal of one token of a given text under a model."""

    text: str
    """Empty inside a character."""
    bits: float
    """−log₂ of its probability."""
    rank: int
    """1: no token was likelier."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """The five likeliest tokens at its position."""

    @property
    def probability(self) -> float:
        return float(2.0**-self.bits)
