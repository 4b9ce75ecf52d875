"""The grammar of every tab: left the input and few controls, right the output, below it status, files, recipe.

def build(studio: Studio) -> None:
    with Tab(studio, FacesRequest, LEAD, verb=Text("Generate faces", "生成人脸")) as tab:
        with tab.left():
            tab.model()
            tab.control("count")
            tab.seed()
            with tab.advanced():
                tab.control("truncation")
        with tab.right():
            gallery = gr.Gallery(height=480, …)
        tab.run([gallery], show, preview)
        tab.examples([("Eight faces", "八张人脸", {"count": 8, "seed": 3})])
        tab.how(EN, ZH, source="aigc_core/pipelines/faces/dcgan.py")
"""

from __future__ import annotations

import html
import inspect
import io
import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

import gradio as gr

from aigc_core import recipe as recipes
from aigc_core import registry
from aigc_core.media import inputs
from aigc_core.recipe import Document
from aigc_core.tasks.fields import Limits, default, limits
from aigc_core.tasks.request import Request
from demos.ui import models, player, recipe_panel
from demos.ui.components import (
    Checkbox,
    FileInput,
    ImageInput,
    Number,
    PageButton,
    PageFiles,
    PageHTML,
    RecipeJSON,
    Slider,
    Textbox,
)
from demos.ui.i18n import Text, both, both_text, markdown, t
from demos.ui.studio import Studio
from demos.ui.wiring import NEXT_SEED, QUIET, ROLL_SEED, wire_stop

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "docs" / "gallery"
REPOSITORY_URL = ""  # set by a fork to its own address: code links then open the file at the line


class Tab:
    """One tab's layout and wiring. Components registered with :meth:`control` or :meth:`bind` become request fields."""

    def __init__(self, studio: Studio, request: type[Request], lead: Text, *, verb: Text) -> None:
        self.studio = studio
        self.request = request
        self.fields: dict[str, gr.components.Component] = {}
        self.picker: gr.Dropdown | None = None
        self.card: gr.HTML | None = None
        self._verb, self._lead = verb, lead
        self._fresh: gr.Checkbox | None = None
        self._outputs: list[gr.components.Component] = []
        self._running: list[Any] = []
        self._varying: list[str] = []
        """Controls of fields that only some models honour; they come and go with the model."""

    def __enter__(self) -> Self:
        gr.HTML(f"<p>{both_text(*self._lead)}</p>", elem_classes=["lead"], padding=False)
        self.settled = gr.State(None)
        self._row = gr.Row(elem_classes=["columns"], equal_height=False)
        return self

    def __exit__(self, *error: object) -> None:
        """Last, when every event that runs is known, Stop learns to stop them."""
        if self._running and not any(error):
            self._wire_stop()

    # --- layout ---

    @contextmanager
    def left(self) -> Iterator[None]:
        """The input column; ends with the primary button, in whose place Stop stands while it runs."""
        with self._row, gr.Column(scale=4, min_width=300):
            yield
            with gr.Row():
                self.go = PageButton(t(*self._verb), variant="primary", size="lg", elem_classes=["go"])
                self.stop = PageButton(
                    t("Stop", "停止"), variant="stop", size="lg", visible=False, elem_classes=["stop"]
                )

    @contextmanager
    def right(self) -> Iterator[None]:
        """The output column; ends with status line, files and recipe."""
        with self._row, gr.Column(scale=6, min_width=320):
            self.notice = PageHTML("", elem_classes=["noticebox"], padding=False)
            yield
            self.status = PageHTML(player.IDLE, elem_classes=["statusbox"], padding=False)
            with gr.Accordion(t("Files", "文件"), open=False):
                self.files = PageFiles(file_count="multiple", interactive=False, show_label=False)
            with gr.Accordion(t("Recipe: how this was made", "配方：如何生成"), open=False):
                self.recipe = RecipeJSON(label="recipe", show_label=False, open=True)
                self.drop = FileInput(
                    label=t("Drop a generated file here to restore its settings", "拖入已生成的文件，恢复其参数"),
                    height=110,
                    elem_classes=["recipe-drop"],
                )

    @contextmanager
    def advanced(self) -> Iterator[None]:
        """Controls that rarely matter."""
        with gr.Accordion(t("Advanced", "高级设置"), open=False):
            yield

    # --- controls ---

    def model(self) -> gr.Dropdown:
        """The model picker with its card."""
        self.picker, self.card = models.picker(self.request.task)
        self.fields["model"] = self.picker
        return self.picker

    def control(self, name: str, **overrides: Any) -> Any:
        """A component for one request field, its range, default and labels taken from the request.

        Args:
            overrides: Passed to the component, such as ``step`` or ``lines``; ``cls`` chooses another component class.
        """
        if name in self.request.varies and "visible" not in overrides:
            first = registry.list_models(self.request.task)[0]
            overrides["visible"] = registry.accepts(first, name, self.request)
            self._varying.append(name)
        self.fields[name] = component = _component(limits(self.request, name), default(self.request, name), overrides)
        return component

    def bind(self, name: str, component: gr.components.Component, *, follows_model: bool = True) -> Any:
        """Register a component made by the tab as a request field (an upload, a dropdown of voices).

        Args:
            follows_model: Hide it for models that do not honour the field; a tab that says False resets it itself.
        """
        assert name in {f.name for f in fields(self.request)}, f"{self.request.__name__} has no field {name}"
        if follows_model and name in self.request.varies and component.visible is True:
            component.visible = registry.accepts(registry.list_models(self.request.task)[0], name, self.request)
            self._varying.append(name)
        self.fields[name] = component
        return component

    def seed(self, value: int = 0) -> gr.Number:
        """Seed, dice, reuse, and whether each run draws a new one (a choice of the page; the API takes what it is given)."""
        with gr.Row(elem_classes=["seedrow"]):
            seed = Number(value=value, precision=0, label=t("Seed", "随机种子"), scale=3, min_width=120)
            dice = gr.Button("⚄", scale=0, min_width=44, elem_classes=["dice"])
            reuse = gr.Button(t("Reuse", "沿用"), scale=0, min_width=84, elem_classes=["reuse"])
        self._fresh = gr.Checkbox(True, label=t("New seed for every run", "每次运行换新种子"), container=False)
        dice.click(None, [], [seed], js=ROLL_SEED, api_visibility="private")
        self._reuse = reuse
        self.fields["seed"] = seed
        return seed

    # --- wiring ---

    def run(
        self,
        outputs: Sequence[gr.components.Component],
        show: player.Show,
        preview: player.Preview | None = None,
        *,
        endpoint: str | None = "",
        also: Sequence[gr.components.Component] = (),
    ) -> None:
        """Wire the primary button, Stop, seed buttons and the recipe panel.

        Args:
            outputs: What ``show`` fills; the endpoint returns these, then the recipe.
            endpoint: Name in the API; the task's when empty; None for an event of the page alone.
            also: Text boxes whose Enter key runs, too.
        """
        self._outputs = list(outputs)
        handler = self.handler(len(self._outputs), show, preview)
        self._event: dict[str, Any] = {
            "fn": handler,
            "inputs_kwargs": self.fields,
            "outputs": [*self._outputs, self.files, self.notice, self.status, self.go, self.stop, self.recipe],
            "concurrency_id": "model",
            "concurrency_limit": 1,
            "show_progress": "minimal",
            "show_progress_on": [self.status],
        }
        triggers = [self.go.click, *(getattr(box, "submit") for box in also)]  # noqa: B009
        started = self._rolled(triggers)
        api = {"api_visibility": "private"} if endpoint is None else {"api_name": endpoint or self.request.task}
        self._running = [started(**self._event, **api)]
        self._wire_varying()
        self._wire_recipe()

    def handler(self, outputs: int, show: player.Show, preview: player.Preview | None) -> Any:
        """The generator behind the button: request from the fields, events to components."""
        studio, request_type = self.studio, self.request

        def generate(request: gr.Request, **values: Any) -> Generator[tuple[Any, ...], None, None]:
            yield from player.play(studio, lambda: make_request(request_type, values), outputs, show, preview, request)

        return named(generate, self.fields)

    def _rolled(self, triggers: list[Any]) -> Any:
        """The event to chain the run to: after the seed was rolled, where the tab has one."""
        seed = self.fields.get("seed")
        if seed is None or self._fresh is None:
            return lambda **event: gr.on(triggers, **event)
        return gr.on(triggers, None, [seed, self._fresh], [seed], js=NEXT_SEED, **QUIET).then

    def _wire_varying(self) -> None:
        """Show the controls that the chosen model honours; the others are hidden and go back to their defaults."""
        if self.picker is None or not self._varying:
            return

        def follow(name: str) -> Any:
            row = registry.find(name, self.request.task)
            updates = [
                gr.update(visible=True)
                if registry.accepts(row, field, self.request)
                else gr.update(visible=False, value=_shown_default(self.request, field))
                for field in self._varying
            ]
            return updates if len(updates) != 1 else updates[0]

        self.picker.change(player.guard(follow), [self.picker], [self.fields[n] for n in self._varying], **QUIET)

    def _wire_stop(self) -> None:
        wire_stop(self.stop.click, stopped, [], [self.status, self.go, self.stop], self._running)

    def _wire_recipe(self) -> None:
        recipe_panel.wire(self, QUIET)

    def restored(self, found: Document) -> tuple[recipe_panel.Updates, list[Text]]:
        """Updates by control and what could not be restored from a file; tabs with more state than fields extend it."""
        return recipe_panel.restored(self.request, self.fields, found.recipe)

    def on_model(self, adapt: Any, outputs: Sequence[Any], also: Sequence[Any] = ()) -> None:
        """``adapt(model, *also)`` updates ``outputs`` after a change of model; values just restored for it stay."""
        handler, model = player.guard(recipe_panel.staying(adapt)), self.fields["model"]
        model.change(handler, [model, self.settled, *also], [*outputs, self.settled], **QUIET)

    def follow(self, event: Any) -> Any:
        """Run after ``event`` too, such as a click on a button of the tab's own; after :meth:`run`."""
        run = event.then(**self._event, api_visibility="private")
        self._running.append(run)
        return run

    def endpoint(
        self, fn: Any, inputs: Mapping[str, gr.components.Component], outputs: Sequence[Any], name: str
    ) -> None:
        """An event for the API alone, for tabs whose page works differently from the endpoint."""
        with gr.Row(visible=False):
            gr.Button(visible=False).click(
                fn, inputs_kwargs=dict(inputs), outputs=list(outputs), api_name=name,
                concurrency_id="model", concurrency_limit=1,
            )  # fmt: skip

    # --- below the columns ---

    def examples(self, rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Buttons ``(English, Chinese, field values)`` that fill the controls and run; call it after :meth:`run`."""
        gr.HTML(f"<h3>{both('Examples', '示例')}</h3>", padding=False)
        with gr.Row(elem_classes=["examples"]):
            for en, zh, row in rows:
                values = self._offered(row)
                if values is None:
                    continue
                unknown = set(values) - set(self.fields)
                assert not unknown, f"example sets unknown fields {unknown}"
                targets = [self.fields[name] for name in values]
                button = gr.Button(t(en, zh), size="sm", min_width=120)
                filled = button.click(_constant(list(values.values())), [], targets, **QUIET)
                self.follow(filled)

    def _offered(self, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """An example with the models that this server offers; None where it offers none of them."""
        offered, named = self.studio.offered, values.get("model")
        if offered is None or not named:
            return values
        if isinstance(named, str):
            return values if named in offered else None
        left = [name for name in named if name in offered]
        return {**values, "model": left} if left else None

    def how(self, en: str, zh: str, *, source: str, line: int | None = None) -> None:
        """*How it works* (Markdown with KaTeX) and a link to the source file that does it."""
        with gr.Accordion(t("How it works", "原理"), open=False), gr.Column(elem_classes=["how"]):
            markdown(en, zh)
            gr.HTML(source_link(source, line), elem_classes=["source"], padding=False)


def named(fn: Any, names: Iterable[str]) -> Any:
    """Give ``fn(request, **values)`` a signature that lists ``names``, each optional: the API reads it for its defaults."""
    kind = inspect.Parameter.KEYWORD_ONLY
    rest = [inspect.Parameter(name, kind, default=None) for name in names]
    first = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    fn.__signature__ = inspect.Signature([first, *rest])
    return fn


def stopped() -> tuple[str, Any, Any]:
    """What Stop leaves on the page; the preview stays."""
    text = both("Stopped. What was made so far is kept.", "已停止，已生成的部分保留。")
    return f'<div class="status" role="status">{text}</div>', gr.update(visible=True), gr.update(visible=False)


def example(task: str, suffix: str) -> tuple[str, dict[str, Any]] | None:
    """The finished example a tab opens with: its file under ``docs/gallery`` and its recipe; None before it was made."""
    file = GALLERY / f"{task}{suffix}"
    return (str(file), recipes.read(file)) if file.exists() else None


def example_output(task: str) -> dict[str, Any] | None:
    """Like :func:`example` for text tasks: the JSON record ``{"output": …, "recipe": …}``."""
    file = GALLERY / f"{task}.json"
    record: dict[str, Any] | None = json.loads(file.read_text("utf-8")) if file.exists() else None
    return record


def source_link(source: str, line: int | None = None) -> str:
    """A link to a source file, or its path where no repository address is set."""
    anchor = f"#L{line}" if line else ""
    shown = html.escape(source + (f":{line}" if line else ""))
    where = both("The code that does this: ", "实现代码：")
    if not REPOSITORY_URL:
        return f"{where}<code>{shown}</code>"
    return f'{where}<a href="{html.escape(REPOSITORY_URL)}/blob/main/{html.escape(source)}{anchor}" target="_blank">{shown}</a>'


def _shown_default(cls: type[Request], name: str) -> Any:
    """What a control holds when its field stands at the default."""
    value = default(cls, name)
    return "\n".join(value) if isinstance(value, tuple) else value


def _constant(values: list[Any]) -> Any:
    return lambda: values if len(values) != 1 else values[0]


def make_request(cls: type[Request], values: Mapping[str, Any]) -> Request:
    """A request from what components sent: paths of pictures and files are read, empty optional fields take the default.

    Raises:
        InvalidRequestError: see :mod:`aigc_core.tasks`.
    """
    read = {name: _read(limits(cls, name), value) for name, value in values.items()}
    return cls(**{name: value for name, value in read.items() if value is not None})


def _read(lim: Limits, value: Any) -> Any:
    if lim.kind in ("image", "bytes") and isinstance(value, (str, io.BytesIO)):
        return inputs.read(lim, value)
    if lim.kind == "strings" and isinstance(value, str):
        return recipe_panel.typed_lines(value)
    return value


def _component(lim: Limits, value: Any, overrides: dict[str, Any]) -> gr.components.Component:
    options: dict[str, Any] = {"label": t(lim.label, lim.label_zh), "value": value, **overrides}
    cls = options.pop("cls", None)
    if cls is not None:
        return cls(**options)
    if lim.kind in ("int", "float"):
        if lim.optional:
            return Number(
                precision=0 if lim.kind == "int" else None, minimum=lim.minimum, maximum=lim.maximum, **options
            )
        options.setdefault("step", 1 if lim.kind == "int" else 0.05)
        low, high = options.pop("minimum", lim.minimum), options.pop("maximum", lim.maximum)
        return Slider(low, high, **options)
    if lim.kind == "bool":
        return Checkbox(**options)
    if lim.kind == "image":
        return ImageInput(sources=["upload", "clipboard"], **options)
    if lim.kind == "strings":
        options["value"] = "\n".join(value or ())
        return Textbox(**options)
    return Textbox(max_length=int(lim.maximum) if lim.maximum else None, **options)
