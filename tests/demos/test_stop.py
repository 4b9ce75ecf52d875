"""Every Stop of the page stops what runs, and has the last word."""

from __future__ import annotations

from typing import Any

import pytest
from wired_tabs import built

import app
from demos.ui import page


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    made: dict[str, Any] = page.make(app.TABS, args)[0].config
    return made


def clicks(config: dict[str, Any], button: int) -> list[dict[str, Any]]:
    return [d for d in config["dependencies"] if (button, "click") in [tuple(target) for target in d["targets"]]]


def stops(config: dict[str, Any]) -> list[int]:
    buttons = (c for c in config["components"] if c["type"] == "button")
    return [c["id"] for c in buttons if c["props"].get("variant") == "stop"]


def test_stop_cancels_first_and_then_speaks_through_the_queue(config: dict[str, Any]) -> None:
    """Messages outside of the queue can overtake those in it: "Running 3/64" would then stay on the page for good."""
    assert len(stops(config)) >= 10
    for stop in stops(config):
        events = [d for d in clicks(config, stop) if d["cancels"] or d["outputs"]]
        cancelling = [i for i, d in enumerate(events) if d["cancels"]]
        speaking = [i for i, d in enumerate(events) if d["outputs"] and d["queue"]]
        assert len(cancelling) == 1 and not events[cancelling[0]]["queue"]
        assert speaking and min(speaking) > cancelling[0]


def test_whatever_the_big_buttons_and_the_examples_start_can_be_stopped(config: dict[str, Any]) -> None:
    """What remains are single passes of a second or less, such as an attention map."""
    stoppable = {i for stop in stops(config) for d in clicks(config, stop) for i in d["cancels"]}
    big = {c["id"] for c in config["components"] if "go" in (c["props"].get("elem_classes") or ())}
    after = {d["id"]: d["trigger_after"] for d in config["dependencies"]}
    roots = {d["id"] for d in config["dependencies"] if any(target[0] in big for target in d["targets"])}
    started = [d["id"] for d in config["dependencies"] if d["types"]["generator"] and {d["id"], after[d["id"]]} & roots]
    assert len(big) >= 10 and len(started) >= len(big)
    assert set(started) <= stoppable


@pytest.mark.parametrize(
    "name", ["FacesRequest", "StylizeRequest", "InpaintRequest", "ContinueTextRequest", "SpeakRequest"]
)
def test_stop_can_take_away_what_belongs_to_the_result_before(name: str) -> None:
    """A preview replaces a part of what a tab shows; Stop empties the rest, such as the sound beside new notes."""
    demo, tabs = built()
    tab, _ = tabs[name]
    own = set(tab.event["outputs"]) - {tab.history, *tab.report.outputs}
    stopping = [fn for fn in demo.fns.values() if (tab.stop._id, "click") in fn.targets and fn.outputs and fn.queue]
    assert own and [own <= set(fn.outputs) for fn in stopping] == [True]
