"""Whatever a dropped file says, on every tab: no path reaches a component, no exception, the valid rest is restored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wired_tabs import built

from aigc_core import recipe
from aigc_core.tasks import SIDE_REQUESTS
from aigc_core.tasks.fields import default, limits
from aigc_core.tasks.request import Request
from demos.ui import payload
from demos.ui.events import listed
from demos.ui.tab import Tab

HOLD_FILES = (gr.Image, gr.ImageEditor, gr.ImageSlider, gr.File, gr.Audio, gr.Video, gr.Gallery, gr.UploadButton)
SECRET = "README.md"


def wired() -> dict[str, tuple[Tab, Any]]:
    """Every tab and view with a recipe panel, by the name of its request, and the event of its panel."""
    return built()[1]


NAMES = [
    "FacesRequest", "FaceTrajectoryRequest", "EditFaceRequest", "SketchFaceRequest", "NearestFacesRequest", "StylizeRequest", "AllStylesRequest",
    "InpaintRequest", "ContinueTextRequest", "ChatRequest", "SummarizeRequest", "ComposeRequest", "SpeakRequest",
    "FacesRequest of all models",
]  # fmt: skip


def test_every_tab_is_here() -> None:
    assert set(wired()) == set(NAMES)


def whole(name: str, **parameters: Any) -> dict[str, Any]:
    """A recipe of the tab with all defaults."""
    cls: type[Request] = wired()[name][0].request
    given: dict[str, Any] = {}
    for field in fields(cls):
        lim = limits(cls, field.name)
        value = default(cls, field.name)
        if value is None and not lim.optional:
            value = {"sha256": "0" * 64, "size": [8, 8]} if lim.kind == "image" else "Some words. And more."
        given[field.name] = list(value) if isinstance(value, tuple) else value
    del given["model"], given["seed"]
    return {
        "generated": recipe.GENERATED, "app": "aigc-studio 0.1.0", "task": cls.task, "model": offered(name)[0], "seed": 7,
        "license": "MIT", "weights": "", "info": {}, "versions": {}, "date": "2026-01-01",
        "parameters": {**given, **parameters},
        **({"request": name} if cls in SIDE_REQUESTS else {}),
    }  # fmt: skip


def offered(name: str) -> list[str]:
    control = wired()[name.removesuffix(" of all models")][0].fields["model"]
    return [value for _, value in control.choices]


class Restored:
    """What one drop gives to the page."""

    def __init__(self, name: str, file: Path) -> None:
        self.tab, self.event = wired()[name]
        held = [control.value for control in self.event.inputs[1:]]
        values = listed(self.event.outputs, self.event.fn(str(file), *held))
        self.values = dict(zip((c._id for c in self.event.outputs), values, strict=True))
        self.notice: str = self.values[self.tab.notice._id]

    def update(self, field: str) -> Any:
        return self.values[self.tab.fields[field]._id]

    def value(self, field: str) -> Any:
        return self.update(field)["value"]

    def check(self) -> None:
        """Nothing that holds a file gets anything but None, and Gradio can send all of it."""
        assert "inside the app" not in self.notice and "KeyError" not in self.notice and "Traceback" not in self.notice
        for output in self.event.outputs:
            update = self.values[output._id]
            changes = isinstance(update, dict) and "__type__" in update
            value = update.get("value") if changes else update
            if isinstance(output, HOLD_FILES) and (output in self.tab.fields.values() or value is None):
                assert changes and value is None, (output, update)
            follows = isinstance(output, HOLD_FILES) and value is not None  # the model, as thumbnails of its styles do
            if follows:
                assert all(any(Path(file).is_relative_to(folder) for folder in payload.ASSETS) for file, _ in value)
            if output.stateful or (changes and "value" not in update):
                continue
            sent = output.postprocess(value)
            sent = sent.model_dump() if hasattr(sent, "model_dump") else sent
            text = json.dumps(sent, ensure_ascii=False, allow_nan=False)
            text.encode()
            assert (follows or '"_type": "gradio.FileData"' not in text) and '"__type__"' not in text


def drop(name: str, made: Any, folder: Path) -> Restored:
    file = folder / "recipe.json"
    file.write_text(made if isinstance(made, str) else json.dumps(made), "utf-8")
    found = Restored(name, file)
    found.check()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_recipe_is_restored(name: str, tmp_path: Path) -> None:
    seeded = "seed" in wired()[name][0].fields
    found = drop(name, {**whole(name), "seed": 7 if seeded else 0}, tmp_path)
    files = [
        f for f in found.tab.fields if f in whole(name)["parameters"] and limits(found.tab.request, f).kind == "image"
    ]
    needed = [f for f in files if not limits(found.tab.request, f).optional]
    assert ("except" in found.notice) == bool(needed), found.notice
    for field in needed:
        assert f"{field}: a recipe does not bring files; choose it again" in found.notice
        assert f"{field}：配方不会恢复文件" in found.notice
    if seeded:
        assert found.value("seed") == 7
    if "model" in found.tab.fields:
        assert found.value("model") in (offered(name)[0], [offered(name)[0]])


@pytest.mark.parametrize("value", [SECRET, f"/{SECRET}", "http://127.0.0.1/x.png", {"path": SECRET}, [SECRET], {"path": SECRET, "meta": {"_type": "gradio.FileData"}}, {"__type__": "update", "value": SECRET}, 3, True])  # fmt: skip
@pytest.mark.parametrize("name", NAMES)
def test_no_path_reaches_a_component(name: str, value: Any, tmp_path: Path) -> None:
    made = whole(name)
    held = {f: value for f in made["parameters"] if limits(wired()[name][0].request, f).kind in ("image", "bytes")}
    found = drop(name, {**made, "parameters": {**made["parameters"], **held}, "info": value, "part": value}, tmp_path)
    for field in held:
        assert f"{field}: a recipe does not bring files" in found.notice
    assert found.value("seed" if "seed" in found.tab.fields else "model")  # the rest is restored


def test_the_case_of_the_review(tmp_path: Path) -> None:
    made = {
        "generated": "AI-generated", "app": "aigc-studio 0.1.0", "task": "inpaint", "model": "inpaint-telea", "seed": 7,
        "parameters": {"image": "README.md", "mask": "pyproject.toml"}, "weights": "x", "license": "MIT", "info": {},
        "versions": {}, "date": "2026-01-01",
    }  # fmt: skip
    found = drop("InpaintRequest", made, tmp_path)
    assert found.value("seed") == 7 and found.value("model") == "inpaint-telea"
    assert "image: a recipe does not bring files" in found.notice and "mask: a recipe" in found.notice


BAD: dict[str, tuple[str, Callable[[dict[str, Any]], Any], str]] = {
    "count of 401 digits": ("FacesRequest", lambda m: {**m, "parameters": {**m["parameters"], "count": 10**400}}, "count must be between 1 and 16; got a number of more than 50 digits"),
    "count of 5000 digits": ("FacesRequest", lambda m: json.dumps({**m, "parameters": {**m["parameters"], "count": 1}}).replace('"count": 1', '"count": 1' + "0" * 5000), "count must be a whole number; got inf"),
    "new tokens below 1": ("ContinueTextRequest", lambda m: {**m, "parameters": {**m["parameters"], "max_new_tokens": -5}}, "max_new_tokens must be between 1 and 1024; got -5"),
    "unknown model": ("FacesRequest", lambda m: {**m, "model": "faces-nobody"}, "There is no model"),
    "a model of another task": ("FacesRequest", lambda m: {**m, "model": "inpaint-telea"}, "There is no model"),
    "no model": ("FacesRequest", lambda m: {k: v for k, v in m.items() if k != "model"}, "model: not in the file"),
    "no seed": ("FacesRequest", lambda m: {k: v for k, v in m.items() if k != "seed"}, "seed: not in the file"),
    "a list of parameters": ("FacesRequest", lambda m: {**m, "parameters": [1, 2]}, "parameters: not a table of settings"),
    "no parameters": ("SpeakRequest", lambda m: {k: v for k, v in m.items() if k != "parameters"}, "parameters: not a table"),
    "a role of a tool": ("ChatRequest", lambda m: {**m, "parameters": {**m["parameters"], "history": [{"role": "tool", "content": "x"}]}}, "history must be a list of {role: user | assistant"),
    "an unknown field": ("FacesRequest", lambda m: {**m, "parameters": {**m["parameters"], "hair_style": "curly"}}, "hair_style: unknown field"),
    "an unknown key": ("FacesRequest", lambda m: {**m, "__type__": "update"}, "__type__: unknown field"),
    "NaN": ("FacesRequest", lambda m: {**m, "parameters": {**m["parameters"], "truncation": float("nan")}}, "truncation must be a number; got nan"),
    "an unknown style": ("StylizeRequest", lambda m: {**m, "parameters": {**m["parameters"], "style": "../x"}}, "style must be one of: "),
    "an unknown voice": ("SpeakRequest", lambda m: {**m, "parameters": {**m["parameters"], "voice": "zz"}}, "voice must be one of: "),
    "a huge text": ("SpeakRequest", lambda m: {**m, "parameters": {**m["parameters"], "text": "x" * 3_000_000}}, "text may have at most 2000 characters; got 3000000"),
    "half a character": ("SpeakRequest", lambda m: {**m, "parameters": {**m["parameters"], "text": "\ud800"}}, "text must be valid Unicode text"),
    "a nest": ("SpeakRequest", lambda m: {**m, "parameters": {**m["parameters"], "text": nest(300)}}, "text must be text; got dict"),
}  # fmt: skip


def nest(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named_and_the_rest_restored(case: str, tmp_path: Path) -> None:
    name, change, message = BAD[case]
    found = drop(name, change(whole(name)), tmp_path)
    assert message in found.notice and found.notice.count('role="') == 1, found.notice
    assert "以下各项除外" in found.notice
    if "model" not in case:
        assert found.value("model") == offered(name)[0]


@pytest.mark.parametrize("task", [None, 3, [], {}, "dance", "x" * 10_000, "speak"])
def test_a_file_of_another_tab_is_sent_there(task: Any, tmp_path: Path) -> None:
    found = drop("FacesRequest", {**whole("FacesRequest"), "task": task}, tmp_path)
    assert "This file was made by" in found.notice and len(found.notice) < 1000
    assert all(update == gr.skip() for key, update in found.values.items() if key != found.tab.notice._id)


@pytest.mark.parametrize("kind", ["EditFaceRequest", 3, ["x"], {"a": 1}])
def test_a_file_of_another_view_is_sent_there(kind: Any, tmp_path: Path) -> None:
    found = drop("FacesRequest", {**whole("FacesRequest"), "request": kind}, tmp_path)
    assert "another view of this tab" in found.notice


def test_the_recipe_shown_has_known_keys_and_no_files(tmp_path: Path) -> None:
    hostile = {"path": SECRET, "meta": {"_type": "gradio.FileData"}}
    made = {
        **whole("FacesRequest", extra=hostile, prompt=hostile),
        "info": {"a": [hostile]},
        "other": hostile,
        "part": 10**30,
    }
    found = drop("FacesRequest", made, tmp_path)
    shown = found.values[found.tab.recipe._id]
    assert set(shown) <= set(recipe.FIELDS) and "extra" not in shown["parameters"]
    assert "gradio.FileData" not in json.dumps(shown)


def test_a_later_field_left_out_takes_its_default(tmp_path: Path) -> None:
    made = whole("FacesRequest")
    del made["parameters"]["truncation"]
    assert drop("FacesRequest", made, tmp_path).value("truncation") == 1.0


def test_values_beyond_a_slider_that_the_request_allows_widen_it(tmp_path: Path) -> None:
    update = drop("ContinueTextRequest", whole("ContinueTextRequest", max_new_tokens=1000), tmp_path).update(
        "max_new_tokens"
    )
    assert update["value"] == 1000 and update["maximum"] == 1000


@pytest.mark.parametrize(("stop", "typed"), [(["\n", "。"], "\\n\n。"), (["a\nb"], "a\\nb")])
def test_stop_strings_come_back_as_typed(stop: list[str], typed: str, tmp_path: Path) -> None:
    assert drop("ContinueTextRequest", whole("ContinueTextRequest", stop=stop), tmp_path).value("stop") == typed


def test_a_stop_string_that_cannot_be_typed_is_named(tmp_path: Path) -> None:
    found = drop("ContinueTextRequest", whole("ContinueTextRequest", stop=["\\n"]), tmp_path)
    assert "stop: cannot be typed one a line" in found.notice


def test_a_seed_without_a_control_is_named(tmp_path: Path) -> None:
    found = drop("SummarizeRequest", whole("SummarizeRequest"), tmp_path)
    assert "seed: this page has no control for it; 7 is not used" in found.notice


def test_a_summary_s_model_is_ticked(tmp_path: Path) -> None:
    found = drop("SummarizeRequest", {**whole("SummarizeRequest"), "model": "summarize-lead"}, tmp_path)
    assert found.value("model") == ["summarize-lead"]


# --- conversations --------------------------------------------------------------------------------------------------


def talk(**more: Any) -> dict[str, Any]:
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    return {"recipe": whole("ChatRequest", history=history, message="c"), "output": {"text": "d"}, **more}


def test_a_conversation_comes_back_with_its_branches(tmp_path: Path) -> None:
    found = drop("ChatRequest", talk(), tmp_path)
    assert [turn["content"] for turn in found.value("history")] == ["a", "b", "c", "d"]
    assert found.value("message") == ""
    assert [node["content"] for node in found.update("tree")["nodes"]] == ["a", "b", "c", "d"]


TREES: list[Any] = [
    None, 3, [], {}, {"nodes": 3}, {"nodes": {}}, {"nodes": "abc"}, {"nodes": [3]}, {"nodes": [{}]}, {"nodes": [None] * 10},
    {"nodes": [{"parent": 5, "role": "user", "content": "x", "model": ""}]},
    {"nodes": [{"parent": True, "role": "user", "content": "x", "model": ""}]},
    {"nodes": [{"parent": -2, "role": "user", "content": "x", "model": ""}]},
    {"nodes": [{"parent": -1, "role": "tool", "content": "x", "model": ""}]},
    {"nodes": [{"parent": -1, "role": "user", "content": {"path": SECRET}, "model": ""}]},
    {"nodes": [{"parent": -1, "role": "user", "content": "x", "model": ["m"]}]},
    {"nodes": [{"parent": -1, "role": "user", "content": "x", "model": ""}] * 10_000},
]  # fmt: skip


@pytest.mark.parametrize("tree", TREES, ids=range(len(TREES)))
def test_a_tree_that_is_not_one_of_ours_is_passed_over(tree: Any, tmp_path: Path) -> None:
    from demos.chat import tree as chat_tree

    found = drop("ChatRequest", talk(tree=tree), tmp_path)
    grown = found.update("tree")
    assert len(grown["nodes"]) <= chat_tree.MAX_NODES
    assert chat_tree.view(grown)


def test_a_tree_that_branches_at_every_turn_is_drawn(tmp_path: Path) -> None:
    from demos.chat import tree as chat_tree

    nodes = [{"parent": -1, "role": "user", "content": "x", "model": ""}]
    for i in range(1, chat_tree.MAX_NODES - 10, 2):
        below = {"parent": max(0, i - 2), "role": "assistant" if i % 4 == 1 else "user", "model": ""}
        nodes += [{**below, "content": f"l{i}"}, {**below, "content": f"r{i}"}]
    grown = drop("ChatRequest", talk(tree={"nodes": nodes}), tmp_path).update("tree")
    drawn = chat_tree.view(grown)
    assert drawn.count("<button") == len(grown["nodes"]) and drawn.count("<ul>") == drawn.count("</ul>")
    assert drawn.count("<li>") == drawn.count("</li>")


@pytest.mark.parametrize(
    "output", [None, 3, [], {"text": 3}, {"text": None}, {}, {"text": {"path": SECRET}}, {"text": "x" * 30_000}]
)
def test_a_reply_that_is_none_is_left_out(output: Any, tmp_path: Path) -> None:
    found = drop("ChatRequest", talk(output=output), tmp_path)
    assert [turn["content"] for turn in found.value("history")] == ["a", "b", "c"]


# --- anything ----------------------------------------------------------------------------------------------------------

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([10**400, -5, "", SECRET, "/etc/passwd", "http://127.0.0.1:1/a.png", "faces", "inpaint-telea", "user", "tool", "\ud800"])
    | st.sampled_from([{"path": SECRET, "meta": {"_type": "gradio.FileData"}}, {"__type__": "update", "value": SECRET}, {"path": SECRET, "meta": [1]}])
)  # fmt: skip
KEYS = st.sampled_from(
    ["role", "content", "path", "meta", "__type__", "value", "text", "sha256", "base64", "_type", "url"]
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_anything_in_any_field_is_answered(name: str, data: st.DataObject, tmp_path: Path) -> None:
    made = whole(name)
    inner = data.draw(st.lists(st.sampled_from([*made["parameters"], "hair_style"]), max_size=4, unique=True))
    outer = data.draw(
        st.lists(st.sampled_from([k for k in recipe.FIELDS if k not in ("generated", "task", "request")]), max_size=2)
    )
    made["parameters"] |= {key: data.draw(ANYTHING) for key in inner}
    made |= {key: data.draw(ANYTHING) for key in outer}
    record = {"recipe": made, "output": data.draw(ANYTHING), "tree": data.draw(ANYTHING)}
    drop(name, made if data.draw(st.booleans()) else record, tmp_path)
