"""A generated file dropped on its tab and run again gives the same bytes, whatever the controls held before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from toys import row

from aigc_core import recipe, registry, weights
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.continue_text import Text as Written
from aigc_core.tasks.decoding import Token
from aigc_core.types import Events, ModelSpec, Progress, Result
from demos.ui import page, recipe_panel
from demos.ui.filling import Controls
from demos.ui.studio import Studio


class Echo:
    """Writes every setting it was given, so that another setting makes another file."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.spec = spec

    def stream(self, request: ContinueTextRequest) -> Events:
        text = f" {request.temperature} {request.stop} {request.seed} {request.form}"
        yield Progress(step=1, total=1)
        yield Result(output=Written(text=text, tokens=(Token(text=text, probability=1.0),)), info={"new_tokens": 1})


SAME: dict[str, dict[str, Any]] = {
    "faces": {"model": "faces-other", "count": 3, "seed": 11, "truncation": 0.7, "prompt": "a \\n b", "age": 1.5, "mix_seed": 4},
    "continue_text": {"model": "text-gpt-en", "prompt": "Once\nupon", "temperature": 0.35, "stop": "\\n\n。", "seed": 4_294_967_295, "watermark": True},
    "summarize": {"model": ["summarize-lead"], "text": "A cat sat. A dog ran. Rain fell.", "max_sentences": 2},
}  # fmt: skip


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The tabs around toys, and a way to run and to restore them."""
    real = {spec.name: spec for task in ("summarize", "continue_text") for spec in registry.list_models(task)}
    rows = {"faces-toy": row(), "faces-other": row("faces-other"), **real}
    make = registry.build
    monkeypatch.setattr(
        registry, "build", lambda spec, at: Echo(spec, at) if spec.task == "continue_text" else make(spec, at)
    )

    def nothing_to_fetch(source: Any) -> Any:
        return []
        yield

    monkeypatch.setattr(weights, "ensure", nothing_to_fetch)
    monkeypatch.setattr(registry, "_table", lambda: rows)
    tabs: list[Any] = []
    whole = recipe_panel.wire
    monkeypatch.setattr(recipe_panel, "wire", lambda tab: (tabs.append(tab), whole(tab)))
    return lambda name: (page.build(Studio(outputs=tmp_path), [name]), tabs)


def run(demo: Any, tab: Any, values: dict[str, Any]) -> Path:
    """Press the button on the page; the main file."""
    event = next(fn for fn in demo.fns.values() if fn.fn is tab.event["fn"])
    request = SimpleNamespace(client=None, headers={"x-gradio-user": "app"}, session_hash="x")
    files: list[str] = []
    for update in event.fn(request, **values):
        files = update.get(tab.files, files)
    return Path(files[0])


@pytest.mark.parametrize("name", SAME)
def test_drop_then_run_gives_the_same_bytes(name: str, built: Any) -> None:
    demo, tabs = built(name)
    tab = tabs[0]
    before = {field: control.value for field, control in tab.fields.items()}
    first = run(demo, tab, {**before, **SAME[name]})
    kept = first.read_bytes()
    updates, left = tab.restored(recipe.read_document(first))
    assert not left
    restored = {field: updates[field]["value"] if field in updates else value for field, value in before.items()}
    assert {k: restored[k] for k in SAME[name]} == SAME[name]
    again = run(demo, tab, restored)
    assert again.read_bytes() == kept
    other = run(demo, tab, {**before, **SAME[name], **({"seed": 1} if "seed" in before else {"max_sentences": 1})})
    assert other.read_bytes() != kept


def test_values_given_with_a_model_win_over_those_it_proposes() -> None:
    """They are one update, whichever control adapts to the model; what was not given is the model's."""
    model, count, steps, style = gr.Dropdown(), gr.Slider(1, 16), gr.Number(), gr.Dropdown(["plain"])
    with gr.Blocks():
        for component in (model, count, steps, style):
            component.render()
        controls = Controls({"model": model, "count": count, "steps": steps, "style": style})
        controls.adapt(lambda name: {count: gr.update(value=4, visible=True), steps: 30}, [count, steps])
        controls.adapt(lambda name, held: {style: gr.update(choices=["oil", held], value="oil")}, [style], [style])
    filled = controls.filled({model: "m", count: gr.update(value=8, maximum=20), style: "ink"}, ["ink"])
    assert filled[count] == gr.update(value=8, visible=True, maximum=20) and filled[steps] == 30
    assert filled[style] == gr.update(choices=["oil", "ink"], value="ink")
    assert controls.filled({count: 8}, ["ink"]) == {count: 8}, "nothing adapts where no model is given"
