"""The journey of a request that CONTRIBUTING.md tells is the one that a request makes: what it names exists, and is called in that order."""

from __future__ import annotations

import asyncio
import inspect
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType, SimpleNamespace
from typing import Any, NamedTuple

import pytest

from aigc_core.tasks.faces import FacesRequest
from demos.ui import page, recipe_panel
from demos.ui.studio import Studio

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
JOURNEY = TEXT.partition("**The journey of a request**")[2].partition("From step 4 on")[0]
PATH = re.compile(r"`([\w.-]+/[\w./-]*)`")


class Named(NamedTuple):
    """A function or class that the journey names, and its file."""

    name: str
    file: str

    @property
    def value(self) -> Any:
        """What the name means; raises where there is no such thing."""
        found: Any = import_module(self.file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for part in self.name.split("."):
            found = getattr(found, part)
        return inspect.unwrap(found)

    @property
    def code(self) -> CodeType | None:
        """The code that runs when it is called; None for a dataclass, which is made of its fields."""
        made = self.value
        if inspect.isclass(made):
            made = None if is_dataclass(made) else made.__init__
        return None if made is None else made.__code__


NAMED = [Named(*found) for found in re.findall(r"`([\w.]+)`\s+\(`([\w/]+\.py)`\)", JOURNEY)]


def test_every_file_and_folder_that_contributing_names_is_there() -> None:
    paths = PATH.findall(TEXT)
    assert len(paths) > 40
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_the_journey_has_ten_steps_and_all_it_names_exists() -> None:
    assert [int(number) for number in re.findall(r"^(\d+)\. ", JOURNEY, re.M)] == list(range(1, 11))
    assert len(NAMED) > 20
    for named in NAMED:
        assert named.value.__module__.replace(".", "/") in named.file, f"{named.name} is defined elsewhere"


@contextmanager
def traced(functions: dict[CodeType, Named]) -> Iterator[list[Named]]:
    """The calls of the functions meanwhile, in this thread and in those that begin."""
    calls: list[Named] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code in functions:
            calls.append(functions[frame.f_code])

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def event_of(demo: Any, trigger: tuple[int, str]) -> Any:
    return next(fn for fn in demo.fns.values() if trigger in fn.targets)


def click(demo: Any, tab: Any) -> Path:
    """Send what the page sends when the button is pressed; the main file of the result."""
    event = next(fn for fn in demo.fns.values() if fn.fn is tab.event["fn"])
    sent = [control.value for control in event.inputs]
    request: Any = SimpleNamespace(client=None, headers={"x-gradio-user": "app"}, session_hash="x")

    async def whole() -> Any:
        made: dict[str, Any] = {"iterator": None, "is_generating": True}
        while made["is_generating"]:
            made = await demo.process_api(event, sent, None, request, made["iterator"], event_id="e")
            yield made["data"]

    async def files() -> list[Any]:
        at = event.outputs.index(tab.files)
        return [data[at] async for data in whole() if isinstance(data[at], list)]

    return Path(asyncio.run(files())[-1][0]["path"])


def drop(demo: Any, tab: Any, file: Path) -> list[Any]:
    """Send what the page sends when a file is dropped on the panel; the values that come back."""
    uploaded = tab.studio.folders.uploads / ("a" * 64) / file.name
    uploaded.parent.mkdir()
    shutil.copy(file, uploaded)
    sent = {"path": str(uploaded), "meta": {"_type": "gradio.FileData"}}
    event = event_of(demo, (tab.drop._id, "upload"))
    held = [control.value for control in event.inputs[1:]]
    answer: dict[str, Any] = asyncio.run(demo.process_api(event, [sent, *held]))
    return list(answer["data"])


def test_a_request_makes_the_journey_in_the_order_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    functions = {code: named for named in NAMED if (code := named.code) is not None}
    assert len(functions) > 20
    tabs: list[Any] = []
    wire: Callable[[Any], None] = recipe_panel.wire
    monkeypatch.setattr(recipe_panel, "wire", lambda tab: (tabs.append(tab), wire(tab)))
    studio = Studio(outputs=tmp_path)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(studio.folders.root))
    with traced(functions) as calls:
        demo = page.build(studio, ["faces"])
        tab = next(tab for tab in tabs if tab.request is FacesRequest)
        made = click(demo, tab)
        restored = drop(demo, tab, made)
    assert made.suffix == ".png" and any(restored)
    rest = iter(calls)
    missed = [named for named in NAMED if named in functions.values() and named not in rest]
    assert not missed, "not called after those that are named before"
