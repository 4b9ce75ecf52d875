"""One frozen request per task, validated where it is made.

Limits live beside each field and serve everybody: validation here, slider ends in the tabs, options of the command line.
``limits(FacesRequest, "count")`` reads them back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from aigc_core.errors import InvalidRequestError

if TYPE_CHECKING:
    from PIL.Image import Image

    from aigc_core.types import Task

MAX_SEED = 2**32 - 1
MAX_PIXELS = 16_000_000
MAX_TEXT = 20_000
MAX_MESSAGES = 2000
"""Of a conversation; how many of them a model sees is for its window to say."""
MAX_HISTORY = 2_000_000
"""Characters of all messages of a conversation together."""
MAX_STRING = 100
"""Characters of each of a field's texts, such as a stop string."""
MAX_PARTS = 100
"""Parts of one message, as Gradio's Chatbot sends them."""
MAX_INSPECTED_TOKENS = 2048
MAX_ATTENTION_TOKENS = 64
MAX_CONTRASTIVE = 64
"""Candidates of contrastive search, read in one pass."""
MAX_AUDIO_S = 30
SAMPLERS = ("dpmpp_2m", "heun", "ddim", "ddpm")
"""Of :mod:`aigc_core.sampling.diffusion.samplers`, the default first."""
DIRECTIONS = ("age", "smile", "gender", "brightness")
"""Sliders of the face models with a space of latents; one standard deviation of the training faces a unit."""
MAX_TRAJECTORY_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a field accepts; None where there is no bound."""

    kind: Literal["int", "float", "str", "bool", "image", "bytes", "messages", "strings"]
    label: str
    label_zh: str
    minimum: float | None = None
    maximum: float | None = None
    """For numbers the value, for texts the number of characters, for bytes their number."""
    choices: tuple[str, ...] = ()
    optional: bool = False
    help: str = ""
    alpha: bool = False
    """Of a picture: its transparency has a meaning and is kept when a file is read."""


def _field(default: Any, limits: Limits) -> Any:
    return field(default=default, metadata={"limits": limits})


def _int(default: int | None, low: int, high: int, label: str, label_zh: str, help: str = "") -> Any:
    limits = Limits(
        kind="int", minimum=low, maximum=high, label=label, label_zh=label_zh, help=help, optional=default is None
    )
    return _field(default, limits)


def _float(default: float | None, low: float, high: float, label: str, label_zh: str, help: str = "") -> Any:
    limits = Limits(
        kind="float", minimum=low, maximum=high, label=label, label_zh=label_zh, help=help, optional=default is None
    )
    return _field(default, limits)


def _str(default: Any, high: int, label: str, label_zh: str, *, low: int = 0, help: str = "") -> Any:
    return _field(default, Limits(kind="str", minimum=low, maximum=high, label=label, label_zh=label_zh, help=help))


def _choice(choices: tuple[str, ...], label: str, label_zh: str, help: str = "") -> Any:
    return _field(choices[0], Limits(kind="str", choices=choices, label=label, label_zh=label_zh, help=help))


def _bool(default: bool, label: str, label_zh: str, help: str = "") -> Any:
    return _field(default, Limits(kind="bool", label=label, label_zh=label_zh, help=help))


def _image(label: str, label_zh: str, *, optional: bool = False, alpha: bool = False) -> Any:
    limits = Limits(kind="image", label=label, label_zh=label_zh, maximum=MAX_PIXELS, optional=optional, alpha=alpha)
    return _field(None, limits)


def _direction(label: str, label_zh: str, help: str) -> Any:
    return _float(0.0, -3.0, 3.0, label, label_zh, f"{help}; in standard deviations, 0: as it is")


def _age() -> Any:
    return _direction("Age", "年龄", "older above 0, younger below")


def _smile() -> Any:
    return _direction("Smile", "微笑", "a wide, open mouth above 0, a small, closed one below")


def _gender() -> Any:
    return _direction("Gender", "性别", "towards faces labelled male above 0, female below")


def _brightness() -> Any:
    return _direction("Brightness", "亮度", "lighter above 0")


def _history() -> Any:
    help = "oldest first; exchanges beyond the model's context window are left out, system turns are kept"
    limits = Limits(kind="messages", label="History", label_zh="历史消息", maximum=MAX_MESSAGES, help=help)
    return _field((), limits)


def _seed() -> Any:
    return _int(0, 0, MAX_SEED, "Seed", "随机种子", "the same seed gives the same output")


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """The seeds of ``count`` items drawn with ``first + i``; after the last seed there is comes 0."""
    return tuple((first + i) % (MAX_SEED + 1) for i in range(count))


@dataclass(frozen=True, kw_only=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """Base of all requests.

    Raises:
        InvalidRequestError: a field has the wrong kind or is out of its limits.
    """

    task: ClassVar[Task]
    model: str = _str("", 100, "Model", "模型", help="registry name; empty picks the task's first model")
    seed: int = _seed()

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, check(f.name, f.metadata["limits"], getattr(self, f.name)))


@dataclass(frozen=True, kw_only=True)
class FacesRequest(Request):
    """``count`` pictures of faces; picture i is drawn with ``seed + i``."""

    task: ClassVar[Task] = "faces"
    count: int = _int(16, 1, 16, "Faces", "张数")
    truncation: float = _float(1.0, 0.1, 1.5, "Truncation ψ", "截断 ψ", "below 1: cleaner, less varied")
    prompt: str = _str("a portrait photo of a person", 500, "Prompt", "提示词", help="text-to-image models only")
    negative_prompt: str = _str("", 500, "Negative prompt", "反向提示词")
    num_inference_steps: int | None = _int(None, 1, 1000, "Sampling steps", "采样步数", "empty: the model's default")
    guidance_scale: float | None = _float(None, 0.0, 20.0, "Guidance scale", "引导强度", "empty: the model's default")
    seed_to: int | None = _int(None, 0, MAX_SEED, "Morph to seed", "渐变到种子", "walk from seed to this one")
    frames: int = _int(48, 8, 120, "Frames", "帧数", "of the morph")
    sampler: str = _choice(
        ("", *SAMPLERS), "Sampler", "采样器", "our diffusion models only; empty: the model's default"
    )
    age: float = _age()
    smile: float = _smile()
    gender: float = _gender()
    brightness: float = _brightness()
    mix_seed: int | None = _int(None, 0, MAX_SEED, "Mix with seed", "混合种子", "its details on the other face")
    mix_at: str = _choice(
        ("middle", "coarse", "fine"), "Mix from", "混合起点", "the resolution from which on the second seed takes over"
    )


@dataclass(frozen=True, kw_only=True)
class FaceTrajectoryRequest(Request):
    """Every step of one face of a diffusion model, with the numbers of its formula."""

    task: ClassVar[Task] = "faces"
    sampler: str = _choice(("", *SAMPLERS), "Sampler", "采样器", "empty: the model's default")
    num_inference_steps: int | None = _int(
        None, 1, MAX_TRAJECTORY_STEPS, "Sampling steps", "采样步数", "empty: the model's default"
    )
    guidance_scale: float | None = _float(None, 0.0, 20.0, "Guidance scale", "引导强度", "empty: the model's default")
    prompt: str = _str("a portrait photo of a person", 500, "Prompt", "提示词")


@dataclass(frozen=True, kw_only=True)
class EditFaceRequest(Request):
    """The face on a photo, cut out as the training faces were, brought into a model's space of latents and moved there."""

    task: ClassVar[Task] = "faces"
    image: Image = _image("Photo", "照片")
    steps: int = _int(80, 1, 1000, "Projection steps", "投影步数", "of the search for the latent; the VAE needs none")
    age: float = _age()
    smile: float = _smile()
    gender: float = _gender()
    brightness: float = _brightness()


@dataclass(frozen=True, kw_only=True)
class SketchFaceRequest(Request):
    """``count`` faces in the place of a drawing; face i is drawn with ``seed + i``."""

    task: ClassVar[Task] = "faces"
    image: Image = _image("Drawing", "草图")
    strength: float = _float(
        0.45, 0.0, 1.0, "Strength", "强度", "share of the steps: 0 keeps the drawing, 1 nearly forgets it"
    )
    count: int = _int(1, 1, 16, "Faces", "张数")
    prompt: str = _str("a portrait photo of a person", 500, "Prompt", "提示词")
    num_inference_steps: int | None = _int(None, 1, 1000, "Sampling steps", "采样步数", "empty: the model's default")
    guidance_scale: float | None = _float(None, 0.0, 20.0, "Guidance scale", "引导强度", "empty: the model's default")


@dataclass(frozen=True, kw_only=True)
class NearestFacesRequest(Request):
    """How far ``count`` generated faces are from the nearest training face: new, or copied?"""

    task: ClassVar[Task] = "faces"
    count: int = _int(8, 1, 16, "Faces", "张数")


@dataclass(frozen=True, kw_only=True)
class StylizeRequest(Request):
    """A picture in another style. ``image`` and ``style_image`` are RGB, of any size up to 16 Mpx."""

    task: ClassVar[Task] = "stylize"
    image: Image = _image("Picture", "图片")
    style: str = _str("", 60, "Style", "风格", help="empty picks the model's first style")
    style_image: Image | None = _image("Style picture", "风格图片", optional=True)
    strength: float = _float(1.0, 0.0, 1.0, "Strength", "强度", "0 keeps the picture, 1 is the full style")
    keep_colors: bool = _bool(False, "Keep colours", "保留原色", "style the brightness only")
    max_side: int = _int(1024, 128, 2048, "Longest side", "最长边", "pixels")
    prompt: str = _str("", 500, "Prompt", "提示词", help="diffusion models only")
    num_inference_steps: int | None = _int(None, 1, 1000, "Sampling steps", "采样步数")
    guidance_scale: float | None = _float(None, 0.0, 20.0, "Guidance scale", "引导强度")


@dataclass(frozen=True, kw_only=True)
class InpaintRequest(Request):
    """Repaint the white part of ``mask``. ``image`` RGB; ``mask`` of the same size, white (≥ 128) = repaint.

    Transparent parts of the mask are kept; dark paint on a transparent mask is repainted, as nothing else can be meant.
    """

    task: ClassVar[Task] = "inpaint"
    image: Image = _image("Picture", "图片")
    mask: Image = _image("Mask", "遮罩", alpha=True)
    invert: bool = _bool(False, "Invert mask", "反转遮罩")
    grow: int = _int(0, -64, 64, "Grow mask", "扩张遮罩", "pixels; negative shrinks")
    feather: int = _int(0, 0, 64, "Feather", "羽化", "pixels, inside the mask")
    radius: int = _int(5, 1, 32, "Radius", "邻域半径", "pixels around each point; classical methods only")
    prompt: str = _str("", 500, "Prompt", "提示词", help="diffusion models only")
    num_inference_steps: int | None = _int(None, 1, 1000, "Sampling steps", "采样步数")
    guidance_scale: float | None = _float(None, 0.0, 20.0, "Guidance scale", "引导强度")


@dataclass(frozen=True, kw_only=True)
class _Decoding(Request):
    """How the next token is drawn."""

    max_new_tokens: int = _int(100, 1, 1024, "New tokens", "生成长度")
    temperature: float = _float(0.8, 0.0, 2.0, "Temperature", "温度", "0 always takes the likeliest token")
    top_p: float = _float(0.95, 0.01, 1.0, "Top-p", "Top-p", "smallest set of tokens with this probability")
    top_k: int = _int(50, 0, 1000, "Top-k", "Top-k", "0: no limit")
    min_p: float = _float(0.0, 0.0, 1.0, "Min-p", "Min-p", "drop tokens below this fraction of the likeliest; 0: none")
    typical_p: float = _float(
        1.0, 0.01, 1.0, "Typical-p", "Typical-p", "keep tokens of about the expected surprise; 1: all"
    )
    repetition_penalty: float = _float(1.1, 1.0, 2.0, "Repetition penalty", "重复惩罚", "1: none")
    watermark: bool = _bool(False, "Watermark", "水印", "a hidden statistical mark that the detector finds")
    stop: tuple[str, ...] = _field((), Limits(kind="strings", label="Stop at", label_zh="停止串", maximum=8))


@dataclass(frozen=True, kw_only=True)
class ContinueTextRequest(_Decoding):
    """``penalty_alpha`` above 0: contrastive search among the ``top_k`` likeliest, where nothing is drawn."""

    task: ClassVar[Task] = "continue_text"
    prompt: str = _str(None, MAX_TEXT, "Text to continue", "待续写文本", help="may be empty for a poem")
    form: str = _str("", 12, "Form", "体裁", help="poets only: 五绝, 七绝, 五律, 七律 or a tune such as 浣溪沙")
    title: str = _str("", 16, "Title", "题目", help="poets only")
    author: str = _str("", 12, "In the manner of", "仿作者", help="poets only")
    acrostic: str = _str("", 24, "Acrostic", "藏头", help="poets only: first characters of the lines")
    script: str = _choice(("", "simplified", "traditional"), "Script", "字体", "poets only; empty: as in the input")
    penalty_alpha: float = _float(
        0.0, 0.0, 1.0, "Contrastive penalty α", "对比搜索惩罚 α", "0: off; try 0.6 with top-k 4"
    )
    speculative: bool = _bool(
        False, "Speculative decoding", "推测解码", "the same text, faster where it repeats itself"
    )

    def __post_init__(self) -> None:
        if self.prompt is None and self._about():
            object.__setattr__(self, "prompt", "")
        super().__post_init__()
        if not self.prompt.strip() and not self._about():
            raise empty("prompt", limits(ContinueTextRequest, "prompt"))
        if self.penalty_alpha > 0:
            self._check_contrastive()

    def _check_contrastive(self) -> None:
        """Raise where something is asked for that contrastive search has no place for."""
        if not 2 <= self.top_k <= MAX_CONTRASTIVE:
            raise InvalidRequestError(
                f"top_k must be between 2 and {MAX_CONTRASTIVE} for contrastive search; got {self.top_k}. 4 to 8 is usual.",
                f"使用对比搜索时 top_k 应为 2 到 {MAX_CONTRASTIVE} 之间，收到 {self.top_k}；通常取 4 到 8。",
            )
        for name, neutral in (("speculative", False), ("min_p", 0.0), ("typical_p", 1.0)):
            value = getattr(self, name)
            if value != neutral:
                raise InvalidRequestError(
                    f"{name} has no place in contrastive search (penalty_alpha {self.penalty_alpha:g}); got {value}. "
                    f"Set {name} to {neutral} or penalty_alpha to 0.",
                    f"对比搜索（penalty_alpha = {self.penalty_alpha:g}）不能与 {name} 同时使用，收到 {value}。"
                    f"请将 {name} 设为 {neutral}，或将 penalty_alpha 设为 0。",
                )

    def _about(self) -> bool:
        """Whether a poem could be written without a first line."""
        return any(isinstance(v, str) and v.strip() for v in (self.form, self.title, self.author, self.acrostic))


@dataclass(frozen=True, kw_only=True)
class InspectTextRequest(Request):
    """How surprised a model of the task is by every token of ``text``."""

    task: ClassVar[Task] = "continue_text"
    text: str = _str(None, 4000, "Text", "文本", low=1)


@dataclass(frozen=True, kw_only=True)
class WatermarkRequest(Request):
    """Whether ``text`` was written with the watermark of a model of the task."""

    task: ClassVar[Task] = "continue_text"
    text: str = _str(None, 20_000, "Text", "文本", low=1)


@dataclass(frozen=True, kw_only=True)
class AttentionRequest(Request):
    """Where a model's attention heads look while it reads ``text``; layers and heads are counted from 1."""

    task: ClassVar[Task] = "continue_text"
    text: str = _str(None, 1000, "Text", "文本", low=1)
    layer: int | None = _int(None, 1, 1000, "Layer", "层", "1 is nearest to the input; empty: all")
    head: int | None = _int(None, 1, 1000, "Head", "注意力头", "empty: all")


@dataclass(frozen=True, kw_only=True)
class ChatRequest(_Decoding):
    """The reply to ``message`` after ``history`` (oldest first, without the system prompt)."""

    task: ClassVar[Task] = "chat"
    message: str = _str(None, MAX_TEXT, "Message", "消息", low=1)
    history: tuple[Message, ...] = _history()
    system_prompt: str = _str("You are a helpful assistant.", 4000, "System prompt", "系统提示词")
    top_p: float = _float(0.9, 0.01, 1.0, "Top-p", "Top-p", "smallest set of tokens with this probability")
    max_new_tokens: int = _int(256, 1, 1024, "New tokens", "生成长度")
    temperature: float = _float(0.3, 0.0, 2.0, "Temperature", "温度", "0 always takes the likeliest token")
    candidates: int = _int(
        0,
        0,
        32,
        "Candidates",
        "候选数",
        "replies drawn, the best fitting is kept; chat-gpt models only; 0: the model's default",
    )


@dataclass(frozen=True, kw_only=True)
class InspectReplyRequest(Request):
    """How surprised a chat model is by every token of ``reply``, given the conversation that it answers."""

    task: ClassVar[Task] = "chat"
    reply: str = _str(None, 4000, "Reply", "回复", low=1)
    message: str = _str(None, MAX_TEXT, "Message", "消息", low=1)
    history: tuple[Message, ...] = _history()
    system_prompt: str = _str("You are a helpful assistant.", 4000, "System prompt", "系统提示词")


@dataclass(frozen=True, kw_only=True)
class SummarizeRequest(Request):
    task: ClassVar[Task] = "summarize"
    text: str = _str(None, MAX_TEXT, "Text", "原文", low=1)
    max_sentences: int = _int(3, 1, 20, "Sentences", "句数")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not any(map(str.isalnum, self.text)):
            raise InvalidRequestError(
                f"There is nothing to summarise: text has {len(self.text)} characters but no letter or digit. "
                "Please give a text of a few sentences.",
                f"没有可概括的内容：原文（text）共 {len(self.text)} 个字符，但不含文字或数字。请输入几句文字。",
            )


@dataclass(frozen=True, kw_only=True)
class ComposeRequest(Request):
    """A piece of music; ``primer`` is the content of a Standard MIDI File to go on from."""

    task: ClassVar[Task] = "compose"
    bars: int = _int(16, 1, 64, "Bars", "小节数")
    temperature: float = _float(1.0, 0.0, 2.0, "Temperature", "温度", "0 always takes the likeliest note")
    tempo: int = _int(96, 40, 220, "Tempo", "速度", "quarter notes a minute")
    instrument: str = _str("", 40, "Instrument", "乐器", help="empty picks the model's first")
    prompt: str = _str("", 500, "Prompt", "提示词", help="text-to-music models only")
    primer: bytes | None = _field(
        None, Limits(kind="bytes", label="Primer MIDI", label_zh="引子 MIDI", maximum=1_000_000, optional=True)
    )


@dataclass(frozen=True, kw_only=True)
class SpeakRequest(Request):
    task: ClassVar[Task] = "speak"
    text: str = _str("", 2000, "Text", "文本")
    voice: str = _str("", 40, "Voice", "音色", help="empty: one that speaks the text's language")
    speed: float = _float(1.0, 0.5, 2.0, "Speed", "语速", "1: as recorded")
    phonemes: str = _str("", 16000, "Phonemes", "音素", help="IPA, used instead of the text when not empty")


REQUESTS: tuple[type[Request], ...] = (
    FacesRequest, StylizeRequest, InpaintRequest, ContinueTextRequest, ChatRequest, SummarizeRequest, ComposeRequest,
    SpeakRequest,
)  # fmt: skip


SIDE_REQUESTS: tuple[type[Request], ...] = (
    FaceTrajectoryRequest, EditFaceRequest, SketchFaceRequest, NearestFacesRequest, InspectTextRequest, WatermarkRequest,
    AttentionRequest, InspectReplyRequest,
)  # fmt: skip
"""Other questions that a task's pipelines answer; their recipes name the class."""


def request_type(task: str, kind: str = "") -> type[Request]:
    """The request class of a task, or the side request of it called ``kind``.

    Raises:
        InvalidRequestError: there is no such task, or no such request of it.
    """
    for cls in SIDE_REQUESTS if kind else REQUESTS:
        if cls.task == task and kind in ("", cls.__name__):
            return cls
    if kind:
        known = ", ".join(cls.__name__ for cls in SIDE_REQUESTS if cls.task == task)
        raise InvalidRequestError(
            f"The task {task!r:.60} has no request {kind!r:.60}. It has: {known or 'none'}.",
            f"任务 {task!r:.60} 没有名为 {kind!r:.60} 的请求。可用：{known or '无'}。",
        )
    raise InvalidRequestError(
        f"There is no task {task!r:.60}. Tasks: {', '.join(c.task for c in REQUESTS)}.",
        f"没有名为 {task!r:.60} 的任务。可用任务：{'、'.join(c.task for c in REQUESTS)}。",
    )


def limits(cls: type[Request], name: str) -> Limits:
    """The limits of one field."""
    found: Limits = _named(cls)[name].metadata["limits"]
    return found


def default(cls: type[Request], name: str) -> Any:
    """The default of one field; None where it must be given."""
    return _named(cls)[name].default


def _named(cls: type[Request]) -> Mapping[str, Field[Any]]:
    return {f.name: f for f in fields(cls)}


# --- checks: one function per kind, value in, value of the right type out ------------------------------------------------


def check(name: str, lim: Limits, value: Any) -> Any:
    """Return ``value`` brought to the field's type.

    Raises:
        InvalidRequestError: wrong kind, or out of the limits.
    """
    if value is None:
        if lim.optional:
            return None
        raise InvalidRequestError(f"{name} is missing. Please give one.", f"缺少{lim.label_zh}（{name}），请填写。")
    return _CHECKS[lim.kind](name, lim, value)


def _wrong(name: str, lim: Limits, wanted: str, wanted_zh: str, value: Any) -> InvalidRequestError:
    if isinstance(value, int) and abs(value) > 10**50:
        got = "a number of more than 50 digits"
    else:
        got = repr(value) if isinstance(value, (str, int, float)) else type(value).__name__
    got = got if len(got) <= 60 else got[:57] + "…"
    return InvalidRequestError(
        f"{name} must be {wanted}; got {got}.", f"{lim.label_zh}（{name}）应为{wanted_zh}，收到 {got}。"
    )


def _between(name: str, lim: Limits, value: float) -> None:
    assert lim.minimum is not None and lim.maximum is not None
    if not lim.minimum <= value <= lim.maximum:
        low, high = f"{lim.minimum:.12g}", f"{lim.maximum:.12g}"
        raise _wrong(name, lim, f"between {low} and {high}", f" {low} 到 {high} 之间", value)


def _check_int(name: str, lim: Limits, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(name, lim, "a whole number", "整数", value)
    if isinstance(value, float) and not value.is_integer():  # nan and inf are not integers either
        raise _wrong(name, lim, "a whole number", "整数", value)
    _between(name, lim, value)
    return int(value)


def _check_float(name: str, lim: Limits, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise _wrong(name, lim, "a number", "数字", value)
    _between(name, lim, value)
    return float(value)


def _check_str(name: str, lim: Limits, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, lim, "text", "文本", value)
    size = len(value)
    if lim.minimum and not value.strip():
        raise empty(name, lim)
    if lim.choices and value not in lim.choices:
        named = [choice for choice in lim.choices if choice]
        raise _wrong(name, lim, f"one of {', '.join(named)}", f" {'、'.join(named)} 之一", value)
    if lim.maximum is not None and size > lim.maximum:
        raise InvalidRequestError(
            f"{name} may have at most {lim.maximum:.0f} characters; got {size}. Please shorten it.",
            f"{lim.label_zh}（{name}）最多 {lim.maximum:.0f} 个字符，收到 {size} 个，请缩短。",
        )
    if not _is_unicode(value):
        raise _wrong(name, lim, "valid Unicode text", "有效的 Unicode 文本", value)
    return value


def empty(name: str, lim: Limits) -> InvalidRequestError:
    """A text that must not be empty is."""
    return InvalidRequestError(
        f"{name} is empty. Please write something.", f"{lim.label_zh}（{name}）为空，请输入内容。"
    )


def _is_unicode(value: str) -> bool:
    """Whether it can be written to a file: half a surrogate pair, as JavaScript can send it, cannot."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _check_bool(name: str, lim: Limits, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, lim, "true or false", "是或否", value)
    return value


def _check_image(name: str, lim: Limits, value: Any) -> Image:
    from PIL import Image

    if not isinstance(value, Image.Image):
        raise _wrong(name, lim, "a picture", "图片", value)
    width, height = value.size
    if width * height > MAX_PIXELS or min(width, height) < 1:
        raise InvalidRequestError(
            f"{name} may have at most {MAX_PIXELS // 1_000_000} megapixels; got {width}×{height}. Please make it smaller.",
            f"{lim.label_zh}（{name}）最多 {MAX_PIXELS // 1_000_000} 百万像素，收到 {width}×{height}，请缩小后再试。",
        )
    return value


def _check_bytes(name: str, lim: Limits, value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise _wrong(name, lim, "a file", "文件", value)
    if not value:
        raise InvalidRequestError(
            f"{name} is empty. Check that the file was saved completely.",
            f"{lim.label_zh}（{name}）是空的，请检查文件是否已完整保存。",
        )
    if lim.maximum is not None and len(value) > lim.maximum:
        raise InvalidRequestError(
            f"{name} may have at most {lim.maximum / 1000:.0f} kB; got {len(value) / 1000:.0f} kB.",
            f"{lim.label_zh}（{name}）最多 {lim.maximum / 1000:.0f} kB，收到 {len(value) / 1000:.0f} kB。",
        )
    return value


def _check_strings(name: str, lim: Limits, value: Any) -> tuple[str, ...]:
    most = int(lim.maximum or 0)
    wanted = f"at most {most} texts of {MAX_STRING} characters", f"最多 {most} 条、每条 {MAX_STRING} 字符以内的文本"
    if not isinstance(value, (list, tuple)):
        raise _wrong(name, lim, "a list of texts", "文本列表", value)
    if len(value) > MAX_PARTS:  # empty ones count for nothing, but are not read without end
        raise _wrong(name, lim, *wanted, f"{len(value)} texts")
    if not all(isinstance(item, str) for item in value):
        raise _wrong(name, lim, "a list of texts", "文本列表", value)
    kept = tuple(item for item in value if item)
    if len(kept) > most or any(len(item) > MAX_STRING for item in kept):
        raise _wrong(name, lim, *wanted, f"{len(kept)} texts, the longest of {max(map(len, kept))} characters")
    if not all(map(_is_unicode, kept)):
        raise _wrong(name, lim, "a list of texts in valid Unicode", "有效 Unicode 文本的列表", value)
    return kept


def _check_messages(name: str, lim: Limits, value: Any) -> tuple[Message, ...]:
    if not isinstance(value, (list, tuple)):
        raise _wrong(name, lim, "a list of {role, content}", "由 {role, content} 组成的列表", value)
    most = int(lim.maximum or 0)
    if len(value) > most:
        raise _wrong(name, lim, f"at most {most} messages", f"最多 {most} 条消息", len(value))
    messages: list[Message] = []
    left = MAX_HISTORY
    for item in value:
        messages.append(_message(name, lim, item))
        left -= len(messages[-1].content)
        if left < 0:
            raise _wrong(name, lim, f"at most {MAX_HISTORY} characters in all", f"总共不超过 {MAX_HISTORY} 个字符", f"more in {len(messages)} messages")  # fmt: skip
    return tuple(messages)


def _message(name: str, lim: Limits, item: Any) -> Message:
    if isinstance(item, Message):
        item = vars(item)
    role = item.get("role") if isinstance(item, dict) else None
    content = item.get("content") if isinstance(item, dict) else None
    if isinstance(content, list) and len(content) <= MAX_PARTS:  # Gradio's Chatbot splits content into typed parts
        content = _joined(content)
    known = isinstance(role, str) and role in ("system", "user", "assistant")
    if not known or not isinstance(content, str):
        raise _wrong(name, lim, "a list of {role: user | assistant | system, content: text}", "由 {role: user | assistant | system, content: 文本} 组成的列表", item)  # fmt: skip
    if len(content) > MAX_TEXT:
        raise _wrong(name, lim, f"messages of at most {MAX_TEXT} characters", f"每条不超过 {MAX_TEXT} 字符的消息", f"{len(content)} characters")  # fmt: skip
    if not _is_unicode(content):
        raise _wrong(name, lim, "messages of valid Unicode text", "有效 Unicode 文本的消息", content)
    return Message(role=cast('Literal["system", "user", "assistant"]', role), content=content)


def _joined(parts: list[Any]) -> str:
    """The texts among the parts of a message: files and components in it are no text, and are left out."""
    texts = (p.get("text") if isinstance(p, dict) and p.get("type", "text") == "text" else p for p in parts)
    return "".join(text for text in texts if isinstance(text, str))


_CHECKS: Mapping[str, Callable[[str, Limits, Any], Any]] = {
    "int": _check_int, "float": _check_float, "str": _check_str, "bool": _check_bool, "image": _check_image,
    "bytes": _check_bytes, "strings": _check_strings, "messages": _check_messages,
}  # fmt: skip
