"""Estimates learn from the ledger's jobs of earlier sessions, and tell texts by the length they usually have."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from aigc_core import recipe, registry
from aigc_core.budget import Budget, Remembered, figures
from aigc_core.budget.figures import Figures, Law
from aigc_core.budget.history import request_like
from aigc_core.budget.machine import Machine
from aigc_core.budget.observations import LAST, Observation, observed
from aigc_core.budget.work import amounts, typical_tokens, with_tokens
from aigc_core.jobs.ledger import Job
from aigc_core.jobs.sqlite import SqliteLedger
from aigc_core.tasks import REQUESTS, SIDE_REQUESTS
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.stylize import StylizeRequest
from benchmarks.budget_requests import draw, pairs

UNMEASURED = "faces-gan-128"


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has measured any row: what is known comes from runs alone."""
    monkeypatch.setattr(figures, "of", lambda model, kind: None)


def told(request: Request, info: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return recipe.plain(recipe.make(request, registry.find(request.model, request.task), "0" * 64, info or {}))


def job(request: Request, seconds: float | None, created: float = 0.0, **values: Any) -> Job:
    info = values.pop("info", None)
    given = {"state": "done", "request": told(request, info), "created": created, "seconds": seconds}
    return Job(task=request.task, kind=request.kind, model=request.model, **{**given, **values})


def remembered(*jobs: Job) -> Remembered:
    ledger = SqliteLedger()
    for one in jobs:
        ledger.add(one)
    return Remembered(lambda: ledger.observations(LAST))


def test_what_jobs_of_earlier_sessions_took_is_expected_again(unmeasured: None) -> None:
    asked = FacesRequest(model=UNMEASURED, count=4)
    budget = Budget(observations=remembered(*(job(asked, seconds) for seconds in (2.0, 2.2, 60.0)), job(asked, None)))
    assert budget.estimate(asked).seconds == pytest.approx(2.2)
    assert budget.estimate(FacesRequest(model="faces-vae-64", count=4)).seconds is None
    for _ in range(LAST):
        budget.took(asked, 5.0)
    assert budget.estimate(asked).seconds == pytest.approx(5.0), "this session's runs push the earlier ones out"


def test_only_the_newest_of_a_row_and_kind_are_read(unmeasured: None) -> None:
    asked, other = FacesRequest(model=UNMEASURED, count=4), StylizeRequest(model="style-paintings", image=picture())
    old = [job(asked, 100.0, created=i) for i in range(3 * LAST)]
    new = [job(asked, 3.0, created=1000 + i) for i in range(LAST)]
    seen = remembered(job(other, 7.0, created=1.0), *old, *new)
    assert [run.seconds for run in seen.last(UNMEASURED, "faces")] == [3.0] * LAST
    assert [run.seconds for run in seen.last("style-paintings", "stylize")] == [7.0], "rare kinds are not crowded out"


def picture(width: int = 640, height: int = 480) -> Image.Image:
    return Image.new("RGB", (width, height), "navy")


def half(width: int, height: int) -> Image.Image:
    mask = Image.new("L", (width, height))
    mask.paste(255, (0, 0, width // 2, height))
    return mask


@pytest.mark.parametrize(
    ("request_", "info"),
    [
        (FacesRequest(model="faces-diffusion-128", count=3, num_inference_steps=7), {}),
        (StylizeRequest(model="style-paintings", image=picture(), max_side=300, blend=()), {"width": 300}),
        (ChatRequest(model="chat-gpt-en", message="Hello", history=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]), {}),
        (InpaintRequest(model="inpaint-telea", image=picture(), mask=half(640, 480)), {"repainted_pixels": 320 * 480}),
        (InpaintRequest(model="inpaint-telea", image=picture(), mask=half(640, 480), invert=True), {"repainted_pixels": 320 * 480}),
    ],
    ids=["faces", "a picture", "a conversation", "a mask", "a mask of what stays"],
)  # fmt: skip
def test_a_recipe_tells_how_much_work_there_was_without_its_pictures(request_: Request, info: dict[str, Any]) -> None:
    made = told(request_, info)
    assert amounts(request_like(made, made["info"])) == pytest.approx(amounts(request_), rel=0.02)


def test_jobs_that_tell_nothing_are_passed_over_and_a_ledger_that_fails_leaves_the_figures(unmeasured: None) -> None:
    asked = FacesRequest(model=UNMEASURED, count=4)
    odd = [replace(job(asked, 9.0), request=made) for made in ({}, {"task": "gone"}, {**told(asked), "parameters": 3})]
    masked = InpaintRequest(model="inpaint-telea", image=picture(), mask=half(640, 480))
    seen = remembered(*odd, job(masked, 4.0), job(asked, 2.0))
    assert [run.seconds for run in seen.last(UNMEASURED, "faces")] == [2.0]
    assert seen.last("inpaint-telea", "inpaint") == (), "nobody told how much was repainted"

    def fails() -> Any:
        raise OSError("no such disk")

    budget = Budget(observations=Remembered(fails))
    assert budget.estimate(asked).seconds is None
    budget.took(asked, 3.0)
    assert budget.estimate(asked).seconds == pytest.approx(3.0)


def test_runs_are_compared_with_the_figures_once_the_machine_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen before the machine was measured must not be counted twice afterwards."""
    known = Figures(seconds=Law(constant=1.0), memory_mb=Law(constant=1.0), load_s=0.0, bound="matmul")
    monkeypatch.setattr(figures, "of", lambda model, kind: known)
    monkeypatch.setattr(figures, "rates", lambda: {"matmul": 100.0})
    budget, asked = Budget(machine=Machine({"matmul": 100.0})), FacesRequest(model=UNMEASURED, count=1)
    for _ in range(LAST):
        budget.took(asked, 2.0)
    budget.machine = Machine({"matmul": 50.0})
    assert budget.estimate(asked).seconds == pytest.approx(2.0)


# --- the length of texts ----------------------------------------------------------------------------------------------


def story(tokens: int = 200) -> ContinueTextRequest:
    return ContinueTextRequest(model="text-gpt-en", prompt="It was", max_new_tokens=tokens)


def wrote(tokens: int, reason: str = "end") -> dict[str, Any]:
    return {"new_tokens": tokens, "stop_reason": reason}


def a_second_a_token(monkeypatch: pytest.MonkeyPatch, length: float | None) -> Budget:
    law = Law(constant=0.0, per={"tokens": 1.0})
    known = Figures(seconds=law, memory_mb=Law(constant=1.0), load_s=0.0, bound="matmul", length=length)
    monkeypatch.setattr(figures, "of", lambda model, kind: known)
    return Budget()


def test_a_text_that_ends_by_itself_is_expected_to_be_shorter_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = a_second_a_token(monkeypatch, length=50.0)
    short, long = budget.estimate(story(10)), budget.estimate(story(1000))
    assert short.most_s == 10 and short.seconds is not None and 8 < short.seconds <= 10, "few end so soon"
    assert long.most_s == 1000 and long.seconds == pytest.approx(50, abs=1)
    without = a_second_a_token(monkeypatch, length=None).estimate(story(1000))
    assert without.seconds == 1000 and without.most_s is None


def test_the_usual_length_is_learned_from_the_texts_that_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = a_second_a_token(monkeypatch, length=None)
    budget.took(story(200), 200.0, wrote(200, "length"))
    assert budget.estimate(story(200)).most_s is None, "none has ended yet"
    for _ in range(4):
        budget.took(story(200), 20.0, wrote(20))
    usual = budget.estimate(story(1000))
    assert usual.seconds == pytest.approx(70, abs=1), "280 tokens, in which four texts ended"
    assert usual.most_s == pytest.approx(1000), "what is taken for a token stays as it is"


def test_the_mean_length_is_that_of_texts_which_end_with_the_same_chance_after_every_token() -> None:
    rng, length, most = random.Random(1), 40.0, 60
    drawn = [min(most, rng.expovariate(1 / length)) for _ in range(20_000)]
    assert sum(drawn) / len(drawn) == pytest.approx(typical_tokens(length, most), rel=0.03)
    ended = sum(tokens < most for tokens in drawn)
    assert sum(drawn) / ended == pytest.approx(length, rel=0.03), "which is how it is estimated"
    assert typical_tokens(1e9, 100) == pytest.approx(100, rel=1e-3) and typical_tokens(0.0, 100) == 1


def test_an_observation_counts_the_tokens_that_were_written(unmeasured: None) -> None:
    asked = story(300)
    assert observed(asked, 1.0, wrote(30)) == observed(story(30), 1.0, wrote(30))
    assert not observed(asked, 1.0, wrote(300, "length")).ended
    assert observed(FacesRequest(model=UNMEASURED, count=2), 1.0, wrote(30)).written is None
    assert isinstance(observed(asked, 1.0, {}), Observation) and observed(asked, 1.0, {}).written is None
    assert with_tokens(asked, 0.2) == story(1) and with_tokens(asked, 9999) == asked


# --- every kind of request --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [*REQUESTS, *SIDE_REQUESTS], ids=lambda cls: cls.kind)
def test_every_kind_of_request_can_be_drawn_and_counted(cls: type[Request]) -> None:
    spec = next((spec for spec, answered in pairs() if answered is cls), None)
    if spec is None:
        pytest.skip("no row of this kind has its weights here")
    seen = [amounts(draw(spec, cls, random.Random(seed))) for seed in range(8)]
    assert all(sum(one.values()) > 0 and all(math.isfinite(value) for value in one.values()) for one in seen)
    assert len({tuple(sorted(one.items())) for one in seen}) > 1, "the benchmark asks for more and for less"
