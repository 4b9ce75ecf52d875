"""What a row honours is declared on the row, and everything else is refused before anything is loaded."""

from __future__ import annotations

from dataclasses import fields

import pytest

from aigc_core import registry, support, tasks
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec

REQUESTS = (*tasks.REQUESTS, *tasks.SIDE_REQUESTS)
ROWS = registry.list_models()


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


def test_the_engine_refuses_before_it_loads() -> None:
    engine = Engine()
    for field, value in (("guidance_scale", 9.0), ("num_inference_steps", 3), ("prompt", "a cat")):
        request = tasks.request_type("faces")(model="faces-gan-128", **{field: value})
        with pytest.raises(InvalidRequestError, match="faces-diffusion-128"):
            next(engine.run(request))
    assert not engine.loaded()


@pytest.mark.parametrize("spelling", ["七絕", "七言絕句", "七言绝句", " 七绝", "鷓鴣天"])
def test_a_form_is_known_in_every_spelling(spelling: str) -> None:
    from aigc_core.tasks.continue_text import ContinueTextRequest

    poet = registry.find("text-poet-zh")
    support.check_options(ContinueTextRequest(form=spelling, model=poet.name), poet)
    with pytest.raises(InvalidRequestError, match="has no form '七塊'"):
        support.check_options(ContinueTextRequest(form="七塊", model=poet.name), poet)
