"""Text continuation and looks inside a language model: requests and outputs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.checks import empty_error
from aigc_core.tasks.decoding import DecodingRequest, Surprisal, Token
from aigc_core.tasks.fields import MAX_TEXT, bool_field, choice_field, float_field, int_field, limits, str_field
from aigc_core.tasks.request import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MAX_INSPECTED_TOKENS = 2048


MAX_ATTENTION_TOKENS = 64


MAX_CONTRASTIVE = 64
"""Most candidates of contrastive search, which are read in one pass."""


@dataclass(frozen=True, kw_only=True)
class ContinueTextRequest(DecodingRequest):
    """A continuation; ``penalty_alpha`` above 0 asks for contrastive search among the ``top_k`` likeliest tokens."""

    task: ClassVar[str] = "continue_text"
    kind: ClassVar[str] = "continue_text"
    endings: ClassVar[tuple[str, ...]] = (".json", ".md")
    varies: ClassVar[tuple[str, ...]] = (
        "max_new_tokens",
        "repetition_penalty",
        "watermark",
        "stop",
        "form",
        "title",
        "author",
        "acrostic",
        "script",
        "penalty_alpha",
        "speculative",
    )
    prompt: str = str_field(None, MAX_TEXT, "Text to continue", "待续写文本", help="may be empty for a poem")
    form: str = str_field("", 12, "Form", "体裁", help="poets only: 五绝, 七绝, 五律, 七律 or a tune such as 浣溪沙")
    title: str = str_field("", 16, "Title", "题目", help="poets only")
    author: str = str_field("", 12, "In the manner of", "仿作者", help="poets only")
    acrostic: str = str_field("", 24, "Acrostic", "藏头", help="poets only: first characters of the lines")
    script: str = choice_field(
        ("", "simplified", "traditional"), "Script", "字体", "poets only; empty: as in the input"
    )
    penalty_alpha: float = float_field(
        0.0, 0.0, 1.0, "Contrastive penalty α", "对比搜索惩罚 α", "0: off; try 0.6 with top-k 4"
    )
    speculative: bool = bool_field(
        False, "Speculative decoding", "推测解码", "the same text, faster where it repeats itself"
    )

    def __post_init__(self) -> None:
        if self.prompt is None and self._about():
            object.__setattr__(self, "prompt", "")
        super().__post_init__()
        if not self.prompt.strip() and not self._about():
            raise empty_error("prompt", limits(ContinueTextRequest, "prompt"))
        if self.penalty_alpha > 0:
            self._check_contrastive()

    def _check_contrastive(self) -> None:
        """Refuse settings that contrastive search cannot honour."""
        if not 2 <= self.top_k <= MAX_CONTRASTIVE:
            raise InvalidRequestError(
                f"top_k must be between 2 and {MAX_CONTRASTIVE} for contrastive search; got {self.top_k}. 4 to 8 is usual.",
                f"使用对比搜索时 top_k 应为 2 到 {MAX_CONTRASTIVE} 之间，收到 {self.top_k}；通常取 4 到 8。",
            )
        for name, neutral in (("speculative", False), ("min_p", 0.0), ("typical_p", 1.0)):
            value = getattr(self, name)
            if value != neutral:
                raise InvalidRequestError(
                    f"{name} cannot be combined with contrastive search (penalty_alpha {self.penalty_alpha:g}); got {value}. "
                    f"Set {name} to {neutral} or penalty_alpha to 0.",
                    f"对比搜索（penalty_alpha = {self.penalty_alpha:g}）不能与 {name} 同时使用，收到 {value}。"
                    f"请将 {name} 设为 {neutral}，或将 penalty_alpha 设为 0。",
                )

    def _about(self) -> bool:
        """True if the fields describe a poem well enough to write it without a first line."""
        return any(isinstance(v, str) and v.strip() for v in (self.form, self.title, self.author, self.acrostic))


@dataclass(frozen=True, kw_only=True)
class InspectTextRequest(Request):
    """Ask for the surprisal of every token of ``text`` under a language model."""

    task: ClassVar[str] = "continue_text"
    kind: ClassVar[str] = "inspect_text"
    text: str = str_field(None, 4000, "Text", "文本", low=1)


@dataclass(frozen=True, kw_only=True)
class WatermarkRequest(Request):
    """Ask whether ``text`` carries the watermark of a language model."""

    task: ClassVar[str] = "continue_text"
    kind: ClassVar[str] = "detect_watermark"
    text: str = str_field(None, 20_000, "Text", "文本", low=1)


@dataclass(frozen=True, kw_only=True)
class ScanVerseRequest(Request):
    """Ask for the form, the rhymes and the tones (平仄) of a Chinese poem."""

    task: ClassVar[str] = "continue_text"
    kind: ClassVar[str] = "scan_verse"
    text: str = str_field(None, 2000, "Poem", "诗词", low=1)
    form: str = str_field("", 12, "Form", "体裁", help="empty: the form that the lines have")


@dataclass(frozen=True, kw_only=True)
class AttentionRequest(Request):
    """Ask for a model's attention weights while it reads ``text``; layers and heads are counted from 1."""

    task: ClassVar[str] = "continue_text"
    kind: ClassVar[str] = "attention"
    text: str = str_field(None, 1000, "Text", "文本", low=1)
    layer: int | None = int_field(None, 1, 1000, "Layer", "层", "1 is nearest to the input; empty: all")
    head: int | None = int_field(None, 1, 1000, "Head", "注意力头", "empty: all")


@dataclass(frozen=True, kw_only=True)
class Text:
    """A continuation; ``text`` does not repeat the prompt."""

    text: str
    tokens: tuple[Token, ...] = ()
    stop_reason: str = ""
    """``length``, ``end`` (end-of-text token) or ``stop`` (a stop string)."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """The surprisal of a text under a model, token by token."""

    tokens: tuple[Surprisal, ...]
    bytes: int
    """Size of the text in UTF-8."""
    vocabulary: int

    @property
    def bits(self) -> float:
        return sum(token.bits for token in self.tokens)

    @property
    def bits_per_byte(self) -> float:
        return self.bits / max(1, self.bytes)

    @property
    def perplexity(self) -> float:
        """Per token; comparable only between models with the same vocabulary."""
        return float(2.0 ** (self.bits / max(1, len(self.tokens))))

    def to_json(self) -> dict[str, Any]:
        totals = {"bits": self.bits, "bits_per_byte": self.bits_per_byte, "perplexity": self.perplexity}
        return {**asdict(self), **totals}


@dataclass(frozen=True, kw_only=True)
class WatermarkReading:
    """The watermark detector's verdict on a text."""

    tokens: tuple[str, ...]
    marks: tuple[bool, ...]
    """For each token but the first: is it green after its predecessor?"""
    counted: int
    """Number of distinct pairs of adjacent tokens."""
    green: int
    gamma: float
    """Share of green tokens to expect in unmarked text."""
    z: float
    p_value: float
    """Probability of at least as many green tokens in unmarked text."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Syllable:
    """One character of a poem, as the rules of its form see it."""

    character: str
    tone: str
    """平 or 仄 by the commonest Mandarin reading; empty where unknown."""
    wanted: str = ""
    """What the form asks for here; empty where it leaves the choice."""
    fits: str = ""
    """``yes``, ``other`` (by another reading of the character) or ``no``; empty where nothing is asked or known."""


@dataclass(frozen=True, kw_only=True)
class VerseLine:
    """One line of a poem, and the mark that ends it."""

    syllables: tuple[Syllable, ...]
    mark: str
    group: str = ""
    """Name of its rhyme group, such as ``a``; empty for a line that need not rhyme, or an opening line that does not."""
    rhyme: str = ""
    """The rhyme of its last character in pinyin, such as ``ang``."""
    rhymes: str = ""
    """Whether it rhymes with the first line of its group: ``yes``, ``other`` (by another reading) or ``no``; empty for that
    line, and for lines without a group."""


@dataclass(frozen=True, kw_only=True)
class Scansion:
    """A poem's form, tones and rhymes."""

    form: str
    """五绝, 七绝, 五律, 七律 or a tune's name; empty for a poem of no form known."""
    lines: tuple[VerseLine, ...]

    def count(self, *fits: str) -> int:
        """The number of syllables whose :attr:`Syllable.fits` is one of ``fits``."""
        return sum(syllable.fits in fits for line in self.lines for syllable in line.syllables)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "kept": self.count("yes", "other"), "asked": self.count("yes", "other", "no")}


@dataclass(frozen=True, kw_only=True)
class AttentionMaps:
    """Attention maps: ``weights`` float32 (layers, heads, T, T); row t sums to 1 over the tokens up to t."""

    tokens: tuple[str, ...]
    weights: NDArray[np.float32]

    def to_json(self) -> dict[str, Any]:
        return {"tokens": list(self.tokens), "weights": self.weights.round(5).tolist()}
