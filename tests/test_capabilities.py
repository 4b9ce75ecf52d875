"""What a row honours is declared on the row, and everything else is refused before anything is loaded."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from PIL import Image

from aigc_core import registry, support, tasks
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec

PICTURE = Image.new("RGB", (16, 16), "teal")
GIVEN: dict[str, Any] = {
    "image": PICTURE, "mask": Image.new("L", (16, 16)), "prompt": "Once", "text": "Rain fell.", "message": "Hello",
    "reply": "Hi",
}  # fmt: skip
AWAY: dict[str, Any] = {"image": PICTURE, "bytes": b"MThd", "strings": ("end",), "bool": True}
"""A value away from the default, by kind of field, where it does not follow from the limits."""
REQUESTS = (*tasks.REQUESTS, *tasks.SIDE_REQUESTS)
ROWS = registry.list_models()


def ask(cls: type[Request], spec: ModelSpec, **changes: Any) -> Request:
    own = {f.name: GIVEN[f.name] for f in fields(cls) if f.name in GIVEN and f.name not in cls.varies}
    return cls(**{**own, "model": spec.name, **changes})


def away(cls: type[Request], name: str) -> Any:
    lim, default = tasks.limits(cls, name), tasks.default(cls, name)
    if lim.kind in AWAY:
        return AWAY[lim.kind]
    if lim.choices:
        return next(choice for choice in lim.choices if choice not in ("", default))
    if lim.kind == "str":
        return "春"
    assert lim.minimum is not None and lim.maximum is not None
    return lim.maximum if default != lim.maximum else lim.minimum


@pytest.mark.parametrize("cls", REQUESTS, ids=lambda cls: cls.kind)
def test_fields_that_vary_are_fields(cls: type[Request]) -> None:
    names = {f.name for f in fields(cls)}
    assert set(cls.varies) <= names - {"model", "seed"}
    assert len({other.kind for other in REQUESTS}) == len(REQUESTS)


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_a_row_declares_what_its_requests_have(spec: ModelSpec) -> None:
    answered = [cls for cls in REQUESTS if registry.answers(spec, cls)]
    assert {cls.kind for cls in answered} == {spec.task, *spec.answers}, "a kind that does not exist"
    assert set(spec.accepts) <= {name for cls in answered for name in cls.varies}, "a field that does not vary"


@pytest.mark.parametrize("spec", ROWS, ids=lambda spec: spec.name)
def test_what_it_does_not_honour_is_refused_and_who_does_is_named(spec: ModelSpec) -> None:
    for cls in REQUESTS:
        if cls.task != spec.task:
            continue
        if not registry.answers(spec, cls):
            with pytest.raises(InvalidRequestError, match=cls.kind) as caught:
                support.check(ask(cls, spec), spec)
            assert all(row.name in str(caught.value) for row in registry.answering(cls))
            continue
        support.check_capabilities(ask(cls, spec), spec)
        for name in cls.varies:
            request = ask(cls, spec, **{name: away(cls, name), **_needed(cls, name)})
            if name in spec.accepts:
                support.check_capabilities(request, spec)
                continue
            with pytest.raises(InvalidRequestError, match=name) as caught:
                support.check_capabilities(request, spec)
            able = [row.name for row in registry.answering(cls) if name in row.accepts]
            assert all(row in str(caught.value) and row in caught.value.zh for row in able)


def _needed(cls: type[Request], name: str) -> dict[str, Any]:
    """Other fields without which a value makes no request: contrastive search has bounds of its own."""
    return {"top_k": 4, "penalty_alpha": 0.6} if name == "penalty_alpha" else {}


def test_the_engine_refuses_before_it_loads() -> None:
    engine = Engine()
    for field, value in (("guidance_scale", 9.0), ("num_inference_steps", 3), ("prompt", "a cat")):
        request = tasks.request_type("faces")(model="faces-gan-128", **{field: value})
        with pytest.raises(InvalidRequestError, match="faces-diffusion-128"):
            next(engine.run(request))
    assert not engine.loaded()
