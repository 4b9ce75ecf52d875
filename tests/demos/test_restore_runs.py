"""On every tab and for every model: a recipe that is dropped runs as it says, whatever the controls follow and held before."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from wired_tabs import built

from aigc_core import recipe, registry
from aigc_core.errors import CheckpointError
from aigc_core.tasks.fields import Limits, default, limits
from aigc_core.types import ModelSpec
from demos.ui.events import listed
from demos.ui.pictures import SCENES

NAMES = [
    "FacesRequest", "FaceTrajectoryRequest", "EditFaceRequest", "NearestFacesRequest", "StylizeRequest", "AllStylesRequest", "InpaintRequest",
    "ContinueTextRequest", "SummarizeRequest", "ComposeRequest", "SpeakRequest",
]  # fmt: skip
EXCLUSIVE = ("penalty_alpha", "speculative")
"""Fields that other settings rule out: left as they are."""
FORMS = {"objects": ["3,4", "1,2,30,40"]}
"""Values of fields whose texts have a form."""
PICTURE = str(SCENES / "lake.jpg")


def offered(tab: Any) -> list[str]:
    return [value for _, value in tab.fields["model"].choices]


CASES = [(name, model) for name in NAMES for model in offered(built()[1][name][0])]


def another(lim: Limits, value: Any) -> Any:
    """A value of the field that is not its default."""
    if lim.kind in ("int", "float"):
        low, high = float(lim.minimum or 0), float(lim.maximum or 10)
        wanted = min(high, low + 3) if value != min(high, low + 3) else low
        return int(wanted) if lim.kind == "int" else wanted
    if lim.kind == "str":
        return lim.choices[-1] if lim.choices else "Rain fell. Then it stopped."[: int(lim.maximum or 100)]
    return {"bool": not value, "strings": ["a", "b"]}.get(lim.kind, value)


def wanted(tab: Any, spec: ModelSpec) -> dict[str, Any]:
    """Parameters of a recipe of the model that differ from the defaults wherever it honours another value."""
    found: dict[str, Any] = {}
    for field in fields(tab.request):
        lim, value = limits(tab.request, field.name), default(tab.request, field.name)
        if field.name in ("model", "seed") or lim.kind in ("image", "bytes"):
            continue
        free = (
            field.name not in EXCLUSIVE and registry.accepts(spec, field.name, tab.request) and field.name in tab.fields
        )
        choices = spec.options.get(field.name) or (("",) if any(field.name in row.options for row in rows(tab)) else ())
        found[field.name] = (
            value if not free else choices[-1] if choices else FORMS.get(field.name) or another(lim, value)
        )
        found[field.name] = list(found[field.name]) if isinstance(found[field.name], tuple) else found[field.name]
    return found


def rows(tab: Any) -> list[ModelSpec]:
    return registry.list_models(tab.request.task)


def after(component: Any, held: Any, update: Any) -> Any:
    """The value that a control holds after an update."""
    if isinstance(update, dict) and update.get("__type__") == "update":
        return update.get("value", held)
    return update


@pytest.mark.parametrize(("name", "model"), CASES)
def test_a_dropped_recipe_runs_as_it_says(name: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    tab, event = built()[1][name]
    spec = registry.find(model, tab.request.task)
    made = {
        "generated": recipe.GENERATED, "app": "x", "task": tab.request.task, "model": model, "seed": 7 if "seed" in tab.fields else 0,
        "license": "", "weights": "", "info": {}, "versions": {}, "date": "2026-01-01", "parameters": wanted(tab, spec),
        **({"request": name} if name not in ("FacesRequest",) and tab.name != tab.request.task else {}),
    }  # fmt: skip
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps(made))
    held = {control: PICTURE if isinstance(control, gr.Image) else control.value for control in tab.fields.values()}
    updates = listed(event.outputs, event.fn(str(file), *(control.value for control in event.inputs[1:])))
    for component, update in zip(event.outputs, updates, strict=True):
        if component in held and not isinstance(component, gr.Image):
            held[component] = after(component, held[component], update)

    asked: list[Any] = []

    def catch(request: Any, visitor: str) -> Any:
        asked.append(request)
        raise CheckpointError("no weights here", "没有权重")

    monkeypatch.setattr(tab.studio, "run", catch)
    running = tab.event["fn"](SimpleNamespace(client=None, headers={}, session_hash=""), **{
        field: held[control] for field, control in tab.fields.items()
    })  # fmt: skip
    try:
        for _ in running:
            pass
    except gr.Error:
        pass
    ran = recipe.make(asked[0], spec, "", {})
    assert ran["model"] == model and ran["seed"] == made["seed"]
    assert {key: ran["parameters"][key] for key in made["parameters"]} == made["parameters"]


def test_no_change_of_a_control_writes_into_another_one() -> None:
    """What a page restores stays: a ``change`` comes after it, an ``input`` of the visitor's own does not."""
    demo, tabs = built()
    for name, (tab, _) in tabs.items():
        own = {control._id for control in tab.fields.values()}
        for fn in demo.fns.values():
            if any(target in own and event == "change" for target, event in fn.targets):
                written = {block._id for block in fn.outputs} & own
                assert not written, (name, fn.name)
