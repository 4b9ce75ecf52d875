"""Summarization: request and output."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.fields import MAX_TEXT, int_field, str_field
from aigc_core.tasks.request import Request


@dataclass(frozen=True, kw_only=True)
class SummarizeRequest(Request):
    task: ClassVar[str] = "summarize"
    kind: ClassVar[str] = "summarize"
    endings: ClassVar[tuple[str, ...]] = (".json", ".md")
    text: str = str_field(None, MAX_TEXT, "Text", "原文", low=1)
    max_sentences: int = int_field(3, 1, 20, "Sentences", "句数")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not any(map(str.isalnum, self.text)):
            raise InvalidRequestError(
                f"There is nothing to summarise: text has {len(self.text)} characters but no letter or digit. "
                "Please give a text of a few sentences.",
                f"没有可概括的内容：原文（text）共 {len(self.text)} 个字符，但不含文字或数字。请输入几句文字。",
            )


@dataclass(frozen=True, kw_only=True)
class SummaryWord:
    """A word of a summary by a pointer network."""

    text: str
    start: int
    end: int
    """Character range of the source that it was most likely copied from; −1 if the source does not contain it."""
    copied: float
    """Share of its probability due to copying, in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class SummarySentence:
    text: str
    sources: tuple[int, ...] = ()
    """Indices of the closest source sentences, closest first."""
    unsupported: tuple[str, ...] = ()
    """Its numbers and names that the source does not contain."""
    words: tuple[SummaryWord, ...] = ()
    """Only from pointer networks."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    sentences: tuple[SummarySentence, ...]
    source_sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences joined, without spaces between Chinese ones."""
        parts = [s.text.strip() for s in self.sentences]
        return "".join(p + ("" if p and ord(p[-1]) > 0x2E80 else " ") for p in parts).strip()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
