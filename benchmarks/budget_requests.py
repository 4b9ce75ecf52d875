"""Random requests of every row that is at hand, for :mod:`benchmarks.budget`."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from aigc_core import registry, support, tasks, weights
from aigc_core.errors import AigcError
from aigc_core.lessons.catalog import figures
from aigc_core.media import scenes
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec

STORY = (
    "The keeper climbed the long stair and lit the lamp. Below him the town slept, and the wind had turned to the west. "
    "A ship came home that night with timber and letters; her captain had not seen a light for eleven days. "
    "In the morning the children ran to the harbour, where the men were already counting barrels. "
)
VERSE = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"
Values = dict[str, Any]


def pairs() -> list[tuple[ModelSpec, type[Request]]]:
    """Every row whose weights are here, with each kind of request that it answers."""
    here = [spec for spec in registry.list_models() if weights.state(spec.source).kind in ("shipped", "ready", "none")]
    return [
        (spec, tasks.request_type(spec.task, kind))
        for spec in here
        for kind in dict.fromkeys((spec.task, *spec.answers))
    ]


def draw(spec: ModelSpec, cls: type[Request], rng: random.Random) -> Request:
    """A request as somebody at the page might make it."""
    for _ in range(100):
        values = _DRAWN.get(cls.kind, _any(cls))(spec, rng)
        accepted = {name: value for name, value in values.items() if registry.accepts(spec, name, cls)}
        try:
            request = cls(model=spec.name, seed=rng.randrange(2**32), **accepted)
            support.check(request, spec)
        except AigcError:
            continue
        return request
    raise AssertionError(f"{spec.name} refuses all that is drawn for {cls.kind}")


def every_figure(spec: ModelSpec) -> list[Request]:
    """One request for each live figure: what one takes says nothing of the others."""
    return [tasks.request_type("learn")(model=spec.name, figure=name) for name in sorted(figures())]


def _text(rng: random.Random, spec: ModelSpec, low: int, high: int) -> str:
    unit = VERSE if spec.languages == ("zh",) else STORY
    length = int(low * (high / low) ** rng.random())
    start = rng.randrange(len(unit))
    return (unit * (2 + length // len(unit)))[start : start + length].strip() or unit


def _maybe(rng: random.Random, share: float, values: Values) -> Values:
    return values if rng.random() < share else {}


def _faces(spec: ModelSpec, rng: random.Random) -> Values:
    count = rng.choice((1, 2, 4, 6, 8, 12, 16))
    values: Values = {"count": count}
    values |= _maybe(rng, 0.5, {"num_inference_steps": rng.randint(3, 20)})
    values |= _maybe(rng, 0.3, {"guidance_scale": rng.choice((1.0, 2.0, 4.0)), "prompt": "a smiling woman, 30"})
    values |= _maybe(rng, 0.2, {"sampler": rng.choice(("ddim", "heun", "ddpm"))})
    extra = rng.random()
    if extra < 0.2:
        return values | {"candidates": min(64, count + rng.randint(1, 32))}
    return values | ({"seed_to": rng.randrange(1000), "frames": rng.randint(8, 48)} if extra < 0.4 else {})


def _picture(rng: random.Random) -> Any:
    width = rng.randint(256, 1400)
    return _SCENE.resize((width, int(width * rng.uniform(0.6, 1.0))))


_SCENE = scenes.lake(1400, 1400)


def _stylize(spec: ModelSpec, rng: random.Random) -> Values:
    values: Values = {"image": _picture(rng), "max_side": rng.randint(256, 1024)}
    values |= _maybe(rng, 0.7, {"num_inference_steps": rng.randint(3, 20)}) or {"num_inference_steps": 12}
    values |= _maybe(rng, 0.3, {"keep_colors": True})
    return values | _maybe(rng, 0.2, {"blend": tuple(spec.options.get("style", ())[1:2])})


def _all_styles(spec: ModelSpec, rng: random.Random) -> Values:
    values: Values = {"image": _picture(rng), "max_side": rng.randint(256, 512), "strength": rng.uniform(0.3, 1.0)}
    return values | _maybe(rng, 0.3, {"keep_colors": True})


def _inpaint(spec: ModelSpec, rng: random.Random) -> Values:
    from PIL import Image, ImageDraw

    image = _picture(rng)
    mask = Image.new("L", image.size, 0)
    for _ in range(rng.randint(1, 3)):
        x, y = rng.randrange(image.width), rng.randrange(image.height)
        side = rng.randint(16, 96)
        ImageDraw.Draw(mask).rectangle((x, y, x + side, y + side), fill=255)
    return {"image": image, "mask": mask, "radius": rng.randint(2, 10)}


def _continue(spec: ModelSpec, rng: random.Random) -> Values:
    if "form" in spec.options:
        return {"form": rng.choice(spec.options["form"]), "prompt": ""}
    values: Values = {"prompt": _text(rng, spec, 20, 600), "max_new_tokens": rng.randint(8, 160)}
    return values | _maybe(rng, 0.1, {"penalty_alpha": 0.6, "top_k": 4})


def _chat(spec: ModelSpec, rng: random.Random) -> Values:
    return {
        "message": rng.choice(("Why is the sky blue?", "Tell me about dogs.", _text(rng, spec, 20, 300))),
        "max_new_tokens": rng.randint(16, 128),
        **_maybe(rng, 0.4, {"candidates": rng.randint(1, 12)}),
    }


def _reply(spec: ModelSpec, rng: random.Random) -> Values:
    return {"message": "Do you like dogs?", "reply": _text(rng, spec, 20, 600)}


def _read(longest: int) -> Callable[[ModelSpec, random.Random], Values]:
    return lambda spec, rng: {"text": _text(rng, spec, 30, longest)}


def _summarize(spec: ModelSpec, rng: random.Random) -> Values:
    return {"text": _text(rng, spec, 300, 4000), "max_sentences": rng.randint(1, 5)}


def _compose(spec: ModelSpec, rng: random.Random) -> Values:
    return {"bars": rng.randint(2, 32), "tempo": rng.randint(60, 160)}


def _speak(spec: ModelSpec, rng: random.Random) -> Values:
    return {"text": _text(rng, spec, 20, 300), "speed": rng.choice((0.8, 1.0, 1.25))}


def _learn(spec: ModelSpec, rng: random.Random) -> Values:
    return {"figure": rng.choice(sorted(figures()))}


def _edit(spec: ModelSpec, rng: random.Random) -> Values:
    return {"image": _picture(rng), "steps": rng.randint(4, 60), "age": 1.0}


_MOST = 64
"""Largest number that is drawn for a field of a kind of request that is not named below."""


def _any(cls: type[Request]) -> Callable[[ModelSpec, random.Random], Values]:
    """Values for a kind of request that is not named below, such as a new task's: its numbers, its texts and its pictures."""

    def drawn(spec: ModelSpec, rng: random.Random) -> Values:
        values: Values = {}
        for name in (field.name for field in fields(cls) if field.name not in ("model", "seed")):
            lim = tasks.limits(cls, name)
            if lim.kind == "int":
                low = int(lim.minimum or 0)
                values[name] = rng.randint(low, max(low, min(int(lim.maximum or _MOST), low + _MOST)))
            elif lim.kind == "str" and lim.minimum and not lim.choices:
                values[name] = _text(rng, spec, 20, 300)[: int(lim.maximum or 300)]
            elif lim.kind == "image" and not lim.alpha:
                values[name] = _picture(rng)
        return values

    return drawn


_DRAWN: Mapping[str, Callable[[ModelSpec, random.Random], Values]] = {
    "faces": _faces,
    "face_trajectory": lambda spec, rng: {"num_inference_steps": rng.randint(3, 30)},
    "sketch_face": lambda spec, rng: {
        "image": _picture(rng), "count": rng.randint(1, 6), "strength": rng.uniform(0.3, 0.9),
        "num_inference_steps": rng.randint(6, 18),
    },
    "edit_face": _edit,
    "nearest_faces": lambda spec, rng: {"count": rng.randint(1, 16)},
    "stylize": _stylize,
    "all_styles": _all_styles,
    "inpaint": _inpaint,
    "continue_text": _continue,
    "inspect_text": _read(1500),
    "detect_watermark": _read(3000),
    "attention": lambda spec, rng: {"text": _text(rng, spec, 20, 60 if spec.languages == ("zh",) else 300)},
    "scan_verse": lambda spec, rng: {"text": VERSE[: rng.choice((24, 48))]},
    "chat": _chat,
    "inspect_reply": _reply,
    "summarize": _summarize,
    "compose": _compose,
    "speak": _speak,
    "learn": _learn,
}  # fmt: skip
