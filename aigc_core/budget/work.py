"""Amounts that the work of a request grows with, counted from the request alone: sampled faces times steps, pixels, tokens, bars.

The seconds of a row are a weighted sum of these amounts and a constant, see :mod:`aigc_core.budget.figures`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aigc_core import registry
from aigc_core.errors import UnknownModelError
from aigc_core.tasks.chat import ChatRequest, InspectReplyRequest
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.tasks.continue_text import (
    AttentionRequest,
    ContinueTextRequest,
    InspectTextRequest,
    ScanVerseRequest,
    WatermarkRequest,
)
from aigc_core.tasks.faces import (
    EditFaceRequest,
    FacesRequest,
    FaceTrajectoryRequest,
    NearestFacesRequest,
    SketchFaceRequest,
)
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.tasks.learn import LearnRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.tasks.stylize import AllStylesRequest, StylizeRequest
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import ModelSpec

Amounts = Mapping[str, float]
BEATS_A_BAR = 4
MEGA = 1e6


def amounts(request: Request) -> Amounts:
    """The amounts of work by name; for a kind of request that is not known here they are told by the names of its fields."""
    return _COUNTED.get(type(request), _by_fields)(request)


def size(request: Request) -> float:
    """One number that grows with the work, for rows that nobody has measured; at least 1."""
    return max(1.0, sum(amounts(request).values()))


def written(request: Request, info: Mapping[str, Any]) -> int | None:
    """The tokens that a run wrote, as the facts of its result tell; None for requests that set no bound on them."""
    told = info.get("new_tokens")
    return told if isinstance(told, int) and hasattr(request, "max_new_tokens") else None


def with_tokens(request: Request, tokens: float) -> Request:
    """The request for so many tokens, and never for more than it allows."""
    most: int = request.max_new_tokens  # type: ignore[attr-defined]
    return replace(request, max_new_tokens=min(max(1, round(tokens)), most))  # type: ignore[call-arg]


def typical_tokens(length: float, most: int) -> float:
    """The tokens to expect of a text that may have ``most`` and ends by itself with the same chance after every token.

    Args:
        length: Tokens after which texts end on average, where nothing cuts them.
    """
    return length * -math.expm1(-most / length) if length > 0 else 1.0


def _row(request: Request) -> ModelSpec | None:
    try:
        return registry.find(request.model, request.task)
    except UnknownModelError:
        return None


def _settings(request: Request) -> Mapping[str, Any]:
    row = _row(request)
    return {} if row is None else row.settings


def _steps(request: Any, otherwise: int = 1) -> float:
    given: int | None = request.num_inference_steps
    return float(_settings(request).get("steps", otherwise) if given is None else given)


def _calls_a_step(request: Any) -> float:
    """Times that a step asks the network for each face: guidance asks twice, unless its scale is 1; Heun's method twice more."""
    scale = request.guidance_scale
    scale = float(_settings(request).get("guidance_scale", 1.0)) if scale is None else scale
    return (1.0 if scale == 1.0 else 2.0) * (2.0 if getattr(request, "sampler", "") == "heun" else 1.0)


def _in_batches(request: Request, count: float) -> float:
    """Faces that are sampled for ``count`` of them: a batch is always full."""
    rows = int(_settings(request).get("batch", 1))
    return math.ceil(count / rows) * rows


def _faces(request: FacesRequest) -> Amounts:
    drawn = float(request.candidates if request.chooses else request.count)
    walk = float(request.frames if request.seed_to is not None else 0)
    sampled = _in_batches(request, drawn) + (_in_batches(request, walk) if walk else 0.0)
    return {
        "faces": drawn + walk,
        "face_steps": sampled * _steps(request) * _calls_a_step(request),
        "judged": drawn if request.chooses else 0.0,
    }


def _trajectory(request: FaceTrajectoryRequest) -> Amounts:
    return {"steps": _steps(request, 18)}


def _sketch(request: SketchFaceRequest) -> Amounts:
    steps = (request.num_inference_steps or 18) * request.strength
    return {"faces": request.count, "face_steps": _in_batches(request, request.count) * steps * _calls_a_step(request)}


def _edit(request: EditFaceRequest) -> Amounts:
    return {"steps": request.steps}


def _nearest(request: NearestFacesRequest) -> Amounts:
    return {"faces": request.count}


def _megapixels(image: Any) -> float:
    return float(image.width * image.height) / MEGA


def _stylize(request: StylizeRequest) -> Amounts:
    given = _megapixels(request.image)
    side = min(request.max_side, int(_settings(request).get("side", request.max_side)))
    painted = given * min(1.0, side / max(request.image.size)) ** 2
    steps = _steps(request) if "num_inference_steps" in _accepted(request) else 1.0
    blended = 1 + len(request.blend)
    return {"megapixels": given, "painted": painted * steps, "blended": painted * (blended - 1), "steps": steps}


def _all_styles(request: AllStylesRequest) -> Amounts:
    given, row = _megapixels(request.image), _row(request)
    styles = 1 if row is None else len(row.options["style"])
    painted = given * min(1.0, request.max_side / max(request.image.size)) ** 2
    return {"megapixels": given, "painted": painted * styles}


def _accepted(request: Request) -> tuple[str, ...]:
    row = _row(request)
    return () if row is None else row.accepts


def _inpaint(request: InpaintRequest) -> Amounts:
    given = _megapixels(request.image)
    steps = _steps(request) if "num_inference_steps" in _accepted(request) else 0.0
    left, top, right, bottom = request.margins
    whole = (request.image.width + left + right) * (request.image.height + top + bottom) / MEGA
    hole = given * _share_to_repaint(request) + whole - given
    return {"megapixels": whole, "hole": hole, "hole_radius": hole * request.radius**2, "steps": steps}


_LOOKED_AT = 64
"""Side of the reduced mask in which the share to repaint is counted."""
_OBJECT = 0.05
"""Share of the picture that an object marked is taken to cover, as it is not looked for."""


def _share_to_repaint(request: InpaintRequest) -> float:
    from PIL import ImageStat

    share = _OBJECT * len(request.objects)
    if request.mask is not None:
        share += float(ImageStat.Stat(request.mask.convert("L").resize((_LOOKED_AT, _LOOKED_AT))).mean[0]) / 255
    share = min(share, 1.0)
    return 1 - share if request.invert else share


REGULATED = {"五绝": 20.0, "七绝": 28.0, "五律": 40.0, "七律": 56.0}
TUNE = 60.0
"""Characters of a poem to a tune, about: the tunes have 27 to 116."""


def _continue(request: ContinueTextRequest) -> Amounts:
    row = _row(request)
    if row is not None and "form" in row.options:  # a poem is as long as its form
        length = REGULATED.get(request.form, TUNE) if request.form else REGULATED["七绝"]
        return {"characters": length, "letters": len(request.prompt)}
    return {"tokens": request.max_new_tokens, "letters": len(request.prompt), **_contrastive(request)}


def _contrastive(request: ContinueTextRequest) -> Amounts:
    return {"candidate_tokens": request.max_new_tokens * request.top_k if request.penalty_alpha > 0 else 0.0}


def _chat(request: ChatRequest) -> Amounts:
    drawn = request.candidates or int(_settings(request).get("candidates", 1))
    told = len(request.message) + len(request.system_prompt) + sum(len(turn.content) for turn in request.history)
    return {"tokens": request.max_new_tokens, "candidate_tokens": request.max_new_tokens * (drawn - 1), "letters": told}


def _inspect_reply(request: InspectReplyRequest) -> Amounts:
    told = len(request.message) + len(request.system_prompt) + sum(len(turn.content) for turn in request.history)
    return {"letters": told + len(request.reply)}


def _read(request: InspectTextRequest | WatermarkRequest | AttentionRequest | ScanVerseRequest) -> Amounts:
    return {"letters": len(request.text)}


def _summarize(request: SummarizeRequest) -> Amounts:
    letters = len(request.text)
    return {"letters": letters, "letters_squared": letters**2 / MEGA, "sentences": request.max_sentences}


def _compose(request: ComposeRequest) -> Amounts:
    return {"bars": request.bars, "sound_s": request.bars * BEATS_A_BAR * 60 / request.tempo}


def _speak(request: SpeakRequest) -> Amounts:
    return {"letters": (len(request.phonemes) or len(request.text)) / request.speed}


def _learn(request: LearnRequest) -> Amounts:
    return {request.figure: 1.0}


def _by_fields(request: Any) -> Amounts:
    """Frames times steps, as of video; letters of texts; pixels of pictures. All that the usual names of fields can tell."""
    from PIL import Image

    given = {name: getattr(request, name) for name in request.__dataclass_fields__}
    made = math.prod(value for name in ("frames", "count") if isinstance(value := given.get(name), int))
    steps = _steps(request) if "num_inference_steps" in given else 0.0
    return {
        "made": float(made),
        "made_steps": made * steps,
        "letters": float(
            sum(len(value) for name, value in given.items() if isinstance(value, str) and name != "model")
        ),
        "megapixels": sum(_megapixels(value) for value in given.values() if isinstance(value, Image.Image)),
    }


_COUNTED: Mapping[type[Request], Callable[[Any], Amounts]] = {
    FacesRequest: _faces,
    FaceTrajectoryRequest: _trajectory,
    SketchFaceRequest: _sketch,
    EditFaceRequest: _edit,
    NearestFacesRequest: _nearest,
    StylizeRequest: _stylize,
    AllStylesRequest: _all_styles,
    InpaintRequest: _inpaint,
    ContinueTextRequest: _continue,
    InspectTextRequest: _read,
    WatermarkRequest: _read,
    ScanVerseRequest: _read,
    AttentionRequest: _read,
    ChatRequest: _chat,
    InspectReplyRequest: _inspect_reply,
    SummarizeRequest: _summarize,
    ComposeRequest: _compose,
    SpeakRequest: _speak,
    LearnRequest: _learn,
}
