"""How the contract of rows (tests/test_registry_contract.py) runs each of them: one entry in :data:`TRIALS` a row.

A new row gets an entry: a request of a few steps for every kind that it answers, and, where its weights are not shipped, the
function that saves tiny random ones. How a row is then made small and run stands in :mod:`subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import tiny_diffusers
import tiny_music
import tiny_speech
import tiny_text
from PIL import Image

from aigc_core import tasks
from aigc_core.media import notes, scenes
from aigc_core.media.notes import Note, Performance
from aigc_core.tasks.fields import Message
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec

Fields = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One row under the contract."""

    ask: Mapping[str, Fields]
    """By kind of request: the fields of one that runs quickly."""
    build: Callable[[Path], object] | None = None
    """Saves tiny random weights to a folder; None runs the row's own."""
    settings: Fields = field(default_factory=dict)
    """Changes to the row's settings that suit tiny weights."""
    languages: tuple[str, ...] = ()
    """Of the tiny model, where they differ from the row's."""
    fetched: tuple[str, ...] = ()
    """Kinds of request that need a package from the registry, once."""
    fetching: tuple[str, ...] = ()
    """Fields that need a package from the registry, once, where they are set."""
    deterministic: tuple[str, ...] = ()
    """Kinds of request whose answer does not depend on the seed."""
    other: Mapping[str, Any] = field(default_factory=dict)
    """Another value for a field that shows its effect, where :data:`OTHER` does not; a :class:`Beside` where it has one only
    beside others; a function of the output that says which."""
    at_once: tuple[str, ...] = ()
    """Kinds of request whose work is one short step, with nothing to stop after it."""
    facts: tuple[str, ...] = ()
    """Fields that leave the output as it is, by design, and show in the result's facts."""


@dataclass(frozen=True)
class Beside:
    """A value that shows its effect beside other fields."""

    value: Any
    fields: Fields


# --- values -----------------------------------------------------------------------------------------------------------


@cache
def picture(width: int = 96, height: int = 64) -> Image.Image:
    return scenes.lake(width, height)


@cache
def hole(width: int = 96, height: int = 64, size: tuple[int, int] = (14, 10)) -> Image.Image:
    made = Image.new("L", (width, height), 0)
    made.paste(255, (width // 2, height // 2, width // 2 + size[0], height // 2 + size[1]))
    return made


@cache
def primer() -> bytes:
    scale = [Note(start=2 * i, length=2, pitch=p, voice=0) for i, p in enumerate((62, 64, 66, 67, 69, 71, 73, 74))]
    return notes.write(scale, Performance(programs=(0,), tempo=90))


def other_picture(given: Image.Image) -> Image.Image:
    return given.transpose(Image.Transpose.ROTATE_180)


OTHER: dict[str, Any] = {
    # text
    "temperature": 0.0, "top_p": 0.01, "top_k": 1, "min_p": 1.0, "typical_p": 0.01, "repetition_penalty": 2.0,
    "watermark": True, "stop": lambda output: (output.text[2:4],), "penalty_alpha": Beside(0.6, {"top_k": 4}),
    "speculative": True, "max_new_tokens": 4, "title": "春夜", "author": "李白", "acrostic": "春夏", "script": "traditional",
    "message": "Do you like music", "reply": "Not at all", "candidates": 3, "system_prompt": "You like tea.",
    "history": (Message(role="user", content="Hello!"), Message(role="assistant", content="I like dogs.")),
    "layer": 1, "head": 1,
    # pictures
    "prompt": "an old man", "negative_prompt": "a man", "guidance_scale": Beside(5.0, {"prompt": "an old man"}),
    "num_inference_steps": 2, "sampler": "heun", "truncation": 0.3, "seed_to": Beside(9, {"frames": 8}),
    "frames": Beside(9, {"seed_to": 9, "frames": 8}), "mix_seed": 9, "mix_at": Beside("fine", {"mix_seed": 9}),
    "age": 2.0, "smile": 2.0, "gender": 2.0, "brightness": 2.0, "steps": 3, "strength": 0.4, "keep_colors": True,
    "keep_colors_by": Beside("histogram", {"keep_colors": True}), "style_scale": 2.0, "blend": ("ink:2",),
    "max_side": 128, "style_image": lambda output: picture(), "invert": True, "grow": 4, "feather": 3, "radius": 9,
    "objects": ("20,40",),
    # sound
    "tempo": 150, "primer": lambda output: primer(), "phonemes": "həlˈoʊ", "speed": 1.5,
}  # fmt: skip
"""Another value of each field than the default, or than what a trial asks for; choices and counts follow from the limits."""


def other(request: Request, name: str, spec: ModelSpec, trial: Trial, output: Any) -> tuple[Fields, Any]:
    """What to set beside a field (maybe nothing), and a value for it away from the request's."""
    given = getattr(request, name)
    value = trial.other.get(name, OTHER.get(name))
    beside: Fields = {}
    if isinstance(value, Beside):
        beside, value = value.fields, value.value
    if callable(value):
        value = value(output)
    if value is None:
        value = _another(type(request), name, given, spec.options.get(name, ()))
    return beside, value


def _another(cls: type[Request], name: str, given: Any, options: tuple[str, ...]) -> Any:
    lim = tasks.limits(cls, name)
    if choices := options or lim.choices:
        return next(choice for choice in reversed(choices) if choice not in ("", given))
    match lim.kind:
        case "image":
            return other_picture(given)
        case "bool":
            return not given
        case "int":
            return given + 1 if given < (lim.maximum or 0) else given - 1
        case "str":
            return f"{given} x".strip()
    raise AssertionError(f"tests/support/contract.py: OTHER lacks a value for the field {name}")


# --- the rows ---------------------------------------------------------------------------------------------------------

_LATENT = {
    "faces": {"count": 2}, "edit_face": {"image": picture(), "steps": 4, "age": 1.0}, "nearest_faces": {"count": 2},
}  # fmt: skip
_CHOICE = ("candidates",)
_DRAW = Trial(ask=_LATENT, fetched=("edit_face", "nearest_faces"), fetching=_CHOICE, deterministic=("edit_face",))
_FEW = {"num_inference_steps": 3}
_PORTRAIT = {"faces": {"count": 1, "prompt": "a woman", **_FEW}}
_LANGUAGE_MODELS = {kind: tiny_text.causal_lm(kind, window=1024) for kind in ("Llama", "Qwen2", "Qwen3")}
_STORY = "The keeper climbed a stair. He lit the lamp. There was light. The town slept. A ship came home. "
_TEXT = {"prompt": "a stair and", "max_new_tokens": 16, "temperature": 1.0}
_CONTINUED = {
    "continue_text": _TEXT, "inspect_text": {"text": "the lamp " * 40}, "attention": {"text": "Once upon a time"},
    "detect_watermark": {"text": _STORY},
}  # fmt: skip
_INSIDE = ("inspect_text", "attention", "detect_watermark")
_CONTINUATION = {"prompt": "There was a light", "text": "There was a light"}
_CHAT = {
    "chat": {"message": "Do you like dogs?", "max_new_tokens": 16, "temperature": 1.0},
    "inspect_reply": {"message": "Do you like dogs?", "reply": "I like dogs and the lamp. " * 12},
}
_SHORT = {"summarize": {"text": _STORY, "max_sentences": 1}}
_ENCODED = {
    "ask": {"summarize": {"text": tiny_text.SUMMARY_TEXT, "max_sentences": 1}}, "other": {"text": tiny_text.SUMMARY_TEXT[:200]},
}  # fmt: skip
_SPEECH = {"speak": {"text": "Hello there. I like it."}}
_SPEECH_OTHER = {"text": "I like tea. Hello."}
_REPAIR = {"inpaint": {"image": picture(), "mask": hole()}}
_PAINT = {"stylize": {"image": picture(420, 280), "max_side": 420}}
_PAINT_ALL = {**_PAINT, "all_styles": {"image": picture(160, 100), "max_side": 128}}


def _writes(kind: str) -> Trial:
    """A causal language model of that architecture that continues text."""
    return Trial(
        build=_LANGUAGE_MODELS[kind], ask=_CONTINUED, other=_CONTINUATION, deterministic=_INSIDE, facts=("speculative",)
    )  # fmt: skip


def _talks(kind: str) -> Trial:
    """One that answers in dialogue."""
    return Trial(build=_LANGUAGE_MODELS[kind], ask=_CHAT, deterministic=("inspect_reply",))


def _summarizes(build: Callable[[Path], object] | None = None, **more: Any) -> Trial:
    """A summarizer, none of which draws."""
    return Trial(build=build, **{"deterministic": ("summarize",), "other": {"text": _STORY * 2}, **more})


TRIALS: dict[str, Trial] = {
    # faces
    "faces-gan-128": _DRAW,
    "faces-vae-64": replace(
        _DRAW, ask={**_LATENT, "edit_face": {"image": picture(), "age": 1.0}}, at_once=("edit_face",)
    ),
    "faces-fastgan-64": _DRAW,
    "faces-diffusion-128": Trial(
        ask={
            "faces": {"count": 1, **_FEW}, "face_trajectory": _FEW, "sketch_face": {"image": picture(), "strength": 0.9, **_FEW},
            "nearest_faces": {"count": 1},
        },
        fetched=("nearest_faces",),
        fetching=_CHOICE,
    ),
    "faces-dcgan-64": Trial(ask={"faces": {"count": 2}}, fetched=("faces",)),
    "faces-ddpm-256": Trial(
        build=lambda folder: tiny_diffusers.ddpm(folder, side_by_side=True), ask={"faces": {"count": 1, **_FEW}}
    ),
    "faces-lcm-512": Trial(build=tiny_diffusers.latent_consistency, settings={"size": 16}, ask=_PORTRAIT),
    "faces-flux2-klein-4b": Trial(build=tiny_diffusers.flux2_klein, settings={"size": 16}, ask=_PORTRAIT),
    # learn
    "live-figures": Trial(
        ask={"learn": {"figure": "gaussian-kl"}}, other={"figure": "leaderboard", "values": {"mean": 2.0}}
    ),
    # stylize
    "style-multi-26": Trial(
        ask=_PAINT_ALL, fetched=("stylize", "all_styles"), deterministic=("stylize", "all_styles"),
        other={"blend": ("ember", "blue-chalk:0.5"), "max_side": lambda output: 144 if hasattr(output, "styles") else 128},
    ),
    "style-arbitrary": Trial(ask=_PAINT, fetched=("stylize",), deterministic=("stylize",)),
    "style-paintings": Trial(
        ask=_PAINT_ALL, deterministic=("stylize", "all_styles"),
        other={"blend": ("udnie:0.5",), "max_side": lambda output: 144 if hasattr(output, "styles") else 128},
    ),
    "style-gatys": Trial(
        ask={"stylize": {"image": picture(200, 150), "max_side": 150, **_FEW}},
        fetched=("stylize",), deterministic=("stylize",),
    ),
    "lcm-dreamshaper-img2img": Trial(
        build=tiny_diffusers.latent_consistency_img2img, settings={"side": 160},
        ask={"stylize": {"image": picture(160, 96), **_FEW}},
    ),
    # inpaint
    "inpaint-telea": Trial(ask=_REPAIR, deterministic=("inpaint",)),
    "inpaint-ns": Trial(ask=_REPAIR, deterministic=("inpaint",)),
    "inpaint-patchmatch": Trial(ask=_REPAIR),
    "inpaint-faces": Trial(  # square, as an inverted mask may not lie beside the face, nor much of what is added at a side
        ask={"inpaint": {"image": picture(64, 64), "mask": hole(64, 64, (24, 24)), **_FEW}}, fetched=("inpaint",)
    ),
    "sd15-inpaint": Trial(
        build=tiny_diffusers.stable_diffusion_inpaint, settings={"side": 64}, ask={"inpaint": {**_REPAIR["inpaint"], **_FEW}}
    ),
    "sdxl-inpaint": Trial(
        build=tiny_diffusers.stable_diffusion_xl_inpaint, settings={"side": 64}, ask={"inpaint": {**_REPAIR["inpaint"], **_FEW}}
    ),
    # continue_text
    "text-smollm2-135m": _writes("Llama"),
    "text-smollm2-360m": _writes("Llama"),
    "text-smollm2-1.7b": _writes("Llama"),
    "text-qwen2.5-0.5b": _writes("Qwen2"),
    "text-gpt-en": Trial(ask=_CONTINUED, other=_CONTINUATION, deterministic=_INSIDE, facts=("speculative",)),
    "text-poet-zh": Trial(
        ask={
            "continue_text": {"prompt": "白日依山尽，", "form": "五绝"}, "inspect_text": {"text": "白日依山尽，黄河入海流。"},
            "attention": {"text": "白日依山尽，"}, "scan_verse": {"text": "国破山河在，城春草木深，" * 4},
        },
        other={"prompt": "春风又一年，", "form": "五律", "text": "春风又一年，", "acrostic": "白日"},
        deterministic=("inspect_text", "attention", "scan_verse"),
    ),
    # chat
    "chat-smollm2-135m": _talks("Llama"),
    "chat-smollm2-360m": _talks("Llama"),
    "chat-smollm2-1.7b": _talks("Llama"),
    "chat-qwen2.5-0.5b": _talks("Qwen2"),
    "chat-qwen3-0.6b": _talks("Qwen3"),
    "chat-gpt-en": Trial(
        ask={**_CHAT, "chat": {**_CHAT["chat"], "candidates": 2}}, deterministic=("inspect_reply",)
    ),
    # summarize
    "summarize-textrank": _summarizes(ask=_SHORT, other={"text": _STORY[:60]}),
    "summarize-lead": _summarizes(ask=_SHORT, other={"text": _STORY[20:]}, at_once=("summarize",)),
    "summarize-pointer-en": _summarizes(ask={"summarize": {"text": _STORY * 16, "max_sentences": 1}}),
    "summarize-smollm2-135m": _summarizes(_LANGUAGE_MODELS["Llama"], settings={"passage": 200}, ask=_SHORT, other={"text": _STORY[20:]}),
    "summarize-qwen2.5-0.5b": _summarizes(_LANGUAGE_MODELS["Qwen2"], settings={"passage": 200}, ask=_SHORT, other={"text": _STORY[20:]}),
    "summarize-bart-large-cnn": _summarizes(tiny_text.bart, settings={"window": 64, "num_beams": 2}, **_ENCODED),
    "summarize-t5-small": _summarizes(tiny_text.t5, settings={"window": 40, "num_beams": 2}, **_ENCODED),
    "summarize-mt5-small-zh": _summarizes(tiny_text.mt5, settings={"window": 40, "num_beams": 2}, **_ENCODED, languages=("en", "zh")),
    # compose
    "chorale-ngram": Trial(ask={"compose": {"bars": 4}}, fetched=("compose",)),
    "musicgen-small": Trial(
        build=tiny_music.musicgen, ask={"compose": {"bars": 1, "tempo": 200, "prompt": "calm organ"}},
    ),
    # speak
    "kokoro-82m": Trial(
        ask=_SPEECH, other={**_SPEECH_OTHER, "voice": "bm_george"}, fetched=("speak",), deterministic=("speak",)
    ),
    "vits-ljspeech": Trial(build=tiny_speech.vits, ask=_SPEECH, other=_SPEECH_OTHER),
    "mms-tts-eng": Trial(build=tiny_speech.vits, ask=_SPEECH, other=_SPEECH_OTHER),
    "speecht5": Trial(build=tiny_speech.speecht5, ask=_SPEECH, other=_SPEECH_OTHER),
}  # fmt: skip
