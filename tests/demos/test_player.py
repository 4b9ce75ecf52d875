"""A run tells its page a few times a second how far it is, and hands its result out once."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest
from toys import row

from aigc_core import registry
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.types import Progress, Result
from demos.ui import player
from demos.ui.events import listed
from demos.ui.kept import Kept
from demos.ui.recording import Recording

ASKED = FacesRequest(model="faces-toy", count=1)


class Clock:
    """Time that passes only while a model works."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Model:
    """In place of the studio: ``steps`` events, ``step_s`` seconds apart."""

    def __init__(self, clock: Clock, steps: int, step_s: float) -> None:
        self.clock, self.steps, self.step_s, self.saved, self.closed = clock, steps, step_s, 0, False
        self.kept, self.jobs = Kept(), SimpleNamespace(begin=lambda *_: Recording(cast(Any, None), None))

    def run(self, request: Any, visitor: str) -> Generator[Any, None, None]:
        try:
            for step in range(self.steps):
                self.clock.now += self.step_s
                yield Progress(step=step + 1, total=self.steps, preview=step)
            made = {"model": "faces-toy", "seed": 0, "task": "faces"}
            yield Result(output=Faces(images=(), seeds=()), recipe=made, seconds=1.0)
        finally:
            self.closed = True

    def save(self, result: Result, folder: Any) -> dict[str, str]:
        self.saved += 1
        return {"sheet": "a.png"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(player, "time", made)
    monkeypatch.setattr(registry, "_table", lambda: {"faces-toy": row()})
    return made


@pytest.mark.parametrize(("steps", "step_s", "told"), [(1000, 0.001, 3), (1000, 0.0001, 0), (5, 1.0, 5), (40, 0.1, 13)])
def test_a_page_is_told_four_times_a_second_whatever_the_pace(clock: Clock, steps: int, step_s: float, told: int) -> None:  # fmt: skip
    model: Any = Model(clock, steps, step_s)
    seen = list(player.moments(model, ASKED, None))
    previews = [moment.preview for moment in seen[:-1] if moment.preview is not None]
    assert len(seen) - 1 - len(previews) <= 1, "one status without a preview, of the first step"
    assert len(previews) in (told, told + 1) and previews == sorted(previews)
    assert seen[-1].result is not None and seen[-1].files == {"sheet": "a.png"} and model.saved == 1


def test_leaving_early_stops_the_work(clock: Clock) -> None:
    model: Any = Model(clock, 1000, 1.0)
    moments = player.moments(model, ASKED, None)
    next(moments)
    moments.close()
    assert model.closed and model.saved == 0 and clock.now < 110


def test_previews_are_for_the_page_and_for_programs_that_ask() -> None:
    def sent(**headers: str) -> Any:
        return SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})

    assert player.wants_previews(sent(x_gradio_user="app")) and player.wants_previews(sent(x_aigc_previews="1"))
    assert not player.wants_previews(sent(x_gradio_user="api")) and not player.wants_previews(None)


def test_an_update_by_component_becomes_values_in_the_order_of_the_outputs() -> None:
    first, second = gr.Textbox(render=False), gr.JSON(render=False)
    assert listed([first, second], {second: {"a": 1}}) == [gr.skip(), {"a": 1}]
    assert listed([first], {first: "x"}) == "x" and listed([second], {"a": 1}) == {"a": 1}
    with pytest.raises(LookupError, match="not an output"):
        listed([first], {second: 1})


def test_files_and_recipe_belong_to_what_is_shown(clock: Clock) -> None:
    """They go with the first preview, so that a run that is stopped does not leave those of the result before it."""
    names = ("notice", "chosen", "status", "go", "stop", "files", "recipe")
    report = player.Report(**{name: name for name in names})  # type: ignore[arg-type]
    page: Any = SimpleNamespace(headers={"x-gradio-user": "app"}, client=None)
    model: Any = Model(clock, 3, 1.0)
    updates = list(player.play(model, report, lambda: ASKED, lambda result, files: {"gallery": "done"}, lambda preview: {"gallery": preview}, page))  # fmt: skip
    shown = [update for update in updates if "gallery" in update]
    assert [update.get("files", "kept") for update in shown] == [None, "kept", "kept", ["a.png"]]
    assert [update.get("recipe", "kept") for update in shown][:3] == [None, "kept", "kept"]
    assert not any("files" in update or "recipe" in update for update in updates[: updates.index(shown[0])])


@pytest.mark.parametrize(
    ("message", "zh"), [("line 2/4", "诗行 2/4"), ("part 1 of 3", "第 1 段，共 3 段"), ("12 tok/s", "12 tok/s")]
)
def test_the_words_of_a_status_are_in_both_languages(message: str, zh: str) -> None:
    assert message in player.running(Progress(step=1, total=4, message=message))
    assert zh in player.running(Progress(step=1, total=4, message=message))
