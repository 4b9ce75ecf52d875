"""The layout and wiring of every tab: input, primary button and result on the first screen, everything else after them.

def build(studio: Studio) -> None:
    with Tab(studio, FacesRequest, LEAD, verb=Text("Generate faces", "生成人脸")) as tab:
        with tab.left():
            tab.model()
            tab.control("count")
        with tab.more():
            tab.seed()
            with tab.advanced():
                tab.control("truncation")
        with tab.right():
            gallery = gr.Gallery(height=480, …)
        tab.run([gallery], lambda result, files, values: {gallery: list(files.values())})
        tab.examples([("Eight faces", "八张人脸", {"count": 8, "seed": 3})])
        tab.how(*markdown("faces", "how"), source="aigc_core/pipelines/faces/dcgan.py", lessons=["gan-idea"])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

import gradio as gr

from aigc_core import registry, support
from aigc_core.recipe import Document
from aigc_core.tasks.request import Request
from aigc_core.types import Result
from demos.ui import cost, explanation, history, models, player, recipe_panel
from demos.ui.components import Number, PageHTML
from demos.ui.fields import control, default_value, make_request
from demos.ui.filling import Controls
from demos.ui.i18n import Text, both, t
from demos.ui.layout import Layout, built_into
from demos.ui.opening import Opening
from demos.ui.player import Update, Updates
from demos.ui.sections import when_expanded
from demos.ui.studio import Studio
from demos.ui.updates import value_of
from demos.ui.wiring import HEAVY, NEXT_SEED, QUIET, ROLL_SEED, STOPPED, named, wire_stop

C = TypeVar("C", bound=gr.components.Component)
Values = Mapping[str, Any]
"""Values of the controls, by request field."""
Show = Callable[[Result, Mapping[str, str], Values], Update]
"""``(result, files by role, values) -> update``"""
Preview = Callable[[Any, Values], Update]
"""``(unfinished output, values) -> update``"""
PLAIN = (gr.Slider, gr.Number, gr.Dropdown, gr.Checkbox, gr.CheckboxGroup, gr.Textbox)
"""Controls that hold numbers, choices and words."""


class Tab(Layout):
    """One tab: its layout and its wiring. Components registered with :meth:`control` or :meth:`bind` become request fields.

    Attributes:
        name: Unlike that of any other tab or view; the runs of a browser are kept under it.
        fields: The controls by request field.
        controls: The same controls, with what follows the model.
        fresh: The box that asks for a new seed for every run; None where the tab has none.
        reuse: The button that brings back the seed of the recipe shown; None where the tab has none.
        opening: What it shows at first, where that depends on the language.
        event: Keyword arguments of the event that runs the request, for other events that run it too.
        running: The events that Stop cancels.
    """

    def __init__(self, studio: Studio, request: type[Request], lead: Text, *, verb: Text) -> None:
        super().__init__(lead, verb)
        self.studio = studio
        self.request = request
        self.name = request.task
        self.fields: dict[str, Any] = {}  # components of any kind, each with the events of its own
        self.picker: gr.Dropdown | None = None
        self.fresh: gr.Checkbox | None = None
        self.reuse: gr.Button | None = None
        self.controls = Controls(self.fields)
        self.opening = Opening(self.fields)
        self.event: dict[str, Any] = {}
        self.running: list[Any] = []
        self._outputs: list[gr.components.Component] = []
        self._hint: gr.HTML | None = None
        self._reached: set[Any] = set()
        """The outputs that previews change; they differ from tab to tab, not from run to run."""
        self._apart = False
        self._varying: list[str] = []
        """Controls of fields that only some models honour; they come and go with the model."""
        self._proposed: set[int] = set()
        """The numbers of controls whose values are proposed by the model."""

    def __exit__(self, *error: object) -> None:
        """Wire last what concerns all that the tab has: history, recipe panel, what a click costs, and Stop."""
        if self.running and not any(error):
            history.wire(self)
            recipe_panel.wire(self)
            cost.wire(self.studio, self.request, self.fields, self.cost)
            self.wire_stop()

    @property
    def report(self) -> player.Report:
        """The components in which a run reports."""
        return player.Report(
            notice=self.notice,
            chosen=self.chosen,
            status=self.status,
            go=self.go,
            stop=self.stop,
            files=self.files,
            recipe=self.recipe,
        )

    # --- controls ---

    def model(self) -> gr.Dropdown:
        """The model picker; its card is one of the things that can wait."""
        self.picker = models.picker(self.request.task)
        with self.more():
            models.follow(self.picker)
        self.fields["model"] = self.picker
        return self.picker

    def control(self, name: str, **overrides: Any) -> Any:
        """A component for one request field; see :func:`demos.ui.fields.control`."""
        if name in self.request.varies and "visible" not in overrides:
            overrides["visible"] = self._honoured_at_first(name)
            self._varying.append(name)
        self.fields[name] = made = control(self.request, name, **overrides)
        self._place_hint(name)
        return made

    def bind(self, name: str, component: C, *, follows_model: bool = True) -> C:
        """Register a component made by the tab as a request field (an upload, a dropdown of voices).

        Args:
            follows_model: Hide it for models that do not honour the field; a tab that says False resets it itself.
        """
        assert name in {f.name for f in fields(self.request)}, f"{self.request.__name__} has no field {name}"
        if follows_model and name in self.request.varies and component.visible is True:
            component.visible = self._honoured_at_first(name)
            self._varying.append(name)
        self.fields[name] = component
        self._place_hint(name)
        return component

    def _place_hint(self, name: str) -> None:
        """Below the text that a model reads: what the chosen one would refuse or pass over."""
        if name == support.READ.get(self.request.kind):
            self._hint = PageHTML("", elem_classes=["hintbox"], padding=False)

    def _honoured_at_first(self, name: str) -> bool:
        return registry.accepts(registry.list_models(self.request.task)[0], name, self.request)

    def seed(self, value: int = 0) -> gr.Number:
        """Seed, dice, reuse, and whether each run draws a new one (a choice of the page; the API takes what it is given)."""
        with gr.Row(elem_classes=["seedrow"]):
            seed = self.seed_and_dice(value)
            self.reuse = gr.Button(t("Reuse", "沿用"), scale=0, min_width=84, elem_classes=["reuse"])
        self.fresh = gr.Checkbox(True, label=t("New seed for every run", "每次运行换新种子"), container=False)
        return seed

    def seed_and_dice(self, value: int) -> gr.Number:
        """The field, and the button that draws another."""
        seed = Number(value=value, precision=0, label=t("Seed", "随机种子"), scale=3, min_width=120)
        dice = gr.Button("⚄", scale=0, min_width=44, elem_classes=["dice"])
        dice.click(None, [], [seed], js=ROLL_SEED, api_visibility="private")
        self.fields["seed"] = seed
        return seed

    # --- wiring ---

    def run(
        self,
        outputs: Sequence[gr.components.Component],
        show: Show,
        preview: Preview | None = None,
        *,
        prepare: Callable[[Values], Values] = dict,
        streams: bool = False,
        apart: bool = False,
        **wiring: Any,
    ) -> None:
        """Let the primary button run the request and show what comes of it.

        Args:
            outputs: What ``show`` fills; the endpoint returns these, then the recipe.
            prepare: Makes the request's fields of the values of all inputs; may raise AigcError.
            streams: The endpoint hands out previews to every caller, as texts that grow.
            apart: Previews stand beside the result before, which is named as such: Stop leaves it as it is.
            wiring: See :meth:`run_with`.
        """

        self._apart = apart

        def reaching(output: Any, values: Values) -> Update:
            assert preview is not None
            update = preview(output, values)
            self._reached.update(update)
            return update

        def generate(request: gr.Request, **values: Any) -> Updates:
            previews = reaching if preview and (streams or player.wants_previews(request)) else None
            yield from player.play(
                self.studio,
                self.report,
                lambda: make_request(self.request, prepare(values)),
                lambda result, files: show(result, files, values),
                None if previews is None else lambda output: previews(output, values),
                request,
            )

        self.run_with(generate, outputs, **wiring)

    def run_with(
        self,
        handler: Callable[..., Updates],
        outputs: Sequence[gr.components.Component],
        *,
        endpoint: str | None = "",
        also: Sequence[gr.Textbox] = (),
        extras: Mapping[str, gr.components.Component] | None = None,
        js: str | None = None,
    ) -> None:
        """Wire the primary button to ``handler(request, **values)``, and with it Stop, seed buttons and the recipe panel.

        Args:
            endpoint: Name in the API; the task's when empty; None for an event of the page alone.
            also: Text boxes whose Enter key runs, too.
            extras: Inputs of the page that are no request fields, such as a canvas.
            js: A function of the page that takes the values of the inputs and returns those to send.
        """
        controls = {**self.fields, **(extras or {})}
        self._outputs = list(outputs)
        self.event = {
            "fn": named(history.recorded(self, handler), controls),
            "inputs_kwargs": controls,
            "outputs": [*outputs, self.history, *self.report.outputs],
            "show_progress": "minimal",
            "show_progress_on": [self.status],
            "js": js,
            **HEAVY,
        }
        triggers = [self.go.click, *(box.submit for box in also)]
        api = {"api_visibility": "private"} if endpoint is None else {"api_name": endpoint or self.request.task}
        self.running.append(self._after_a_new_seed(triggers)(**self.event, **api))
        self._follow_varying()
        self._wire_hint()

    def _after_a_new_seed(self, triggers: list[Any]) -> Callable[..., Any]:
        """The event to chain a run to: after the seed was drawn, where the tab has one."""
        seed = self.fields.get("seed")
        if seed is None or self.fresh is None:
            return lambda **event: gr.on(triggers, **event)
        drawn: Callable[..., Any] = gr.on(triggers, None, [seed, self.fresh], [seed], js=NEXT_SEED, **QUIET).then
        return drawn

    def event_beside(
        self, trigger: Any, handler: Callable[..., Updates], outputs: Sequence[Any], js: str | None
    ) -> Any:
        """Let ``trigger`` run ``handler(request, **values)`` on the same inputs, reporting where the primary button's runs do."""
        changed = {"fn": named(handler, self.event["inputs_kwargs"]), "outputs": [*outputs, *self.report.outputs]}
        return trigger(**{**self.event, **changed, "js": js}, api_visibility="private")

    def _follow_varying(self) -> None:
        """Show the controls that the chosen model honours; the others are hidden and go back to their defaults."""
        if self.picker is None or not self._varying:
            return

        def follow(name: str) -> Update:
            row = registry.find(name, self.request.task)
            return {
                self.fields[field]: gr.update(visible=True)
                if registry.accepts(row, field, self.request)
                else gr.update(visible=False, value=default_value(self.request, field))
                for field in self._varying
            }

        self.controls.adapt(follow, [self.fields[name] for name in self._varying])

    def _wire_hint(self) -> None:
        """Look at the text when it was written, and when the model changes: before anything is run."""
        if self._hint is None or self.picker is None:
            return
        text = self.fields[support.READ[self.request.kind]]

        def look(model: str, written: str) -> str:
            found = support.remarks(self.request, registry.find(model, self.request.task), str(written or ""))
            return "" if found is None else player.notice(*found, error=False)

        for looked_at in (text.blur, self.picker.change):
            looked_at(player.guard(look), [self.picker, text], [self._hint], **QUIET)

    def wire_stop(self) -> None:
        """Let Stop cancel all that runs; what is on the page stays, unless it belongs to the result before."""

        def stop(request: gr.Request, recipe: Mapping[str, Any] | None) -> Update:
            history.stop(self, request)
            left = [] if recipe or self._apart else [part for part in self._outputs if part not in self._reached]
            emptied: Update = {part: player.emptied(part) for part in left}
            return {**emptied, self.status: STOPPED, **self.report.idle()}

        shown = [*self._outputs, self.status, self.go, self.stop]
        wire_stop(self.stop.click, stop, [self.recipe], shown, self.running)

    def restored(self, found: Document) -> tuple[recipe_panel.Updates, list[Text]]:
        """Updates by control and what could not be restored from a file; tabs with more state than fields extend it."""
        return recipe_panel.restored(self.request, self.fields, found.recipe)

    def opens(self, english: Update, chinese: Update) -> None:
        """Set the values that the tab opens with in each language, by component; the English one is what the components were made with."""
        if self._offered({"model": value_of(chinese.get(self.fields["model"]), None)}) is not None:
            self.opening.set(self.chosen, english, chinese)

    def on_model(self, updates: Callable[..., Update], outputs: Sequence[Any], also: Sequence[Any] = ()) -> None:
        """``updates(model, *also)`` changes ``outputs`` when another model is chosen; values given with a model stay."""
        self._proposed |= {component._id for component in outputs}
        self.controls.adapt(updates, outputs, also)

    def fill(self, trigger: Any, values: Values) -> Any:
        """Let ``trigger``, such as a button's ``click``, set controls by field, with what their model makes of the others."""
        given = {self.fields[name]: value for name, value in values.items()}
        outputs = self.controls.outputs if "model" in values else list(given)

        def filled(*held: Any) -> Update:
            return self.controls.filled(given, held)

        return trigger(player.guard(filled), self.controls.inputs, outputs, **QUIET)

    def follow(self, event: Any) -> Any:
        """Run after ``event`` too, such as a click on a button of the tab's own; after :meth:`run`."""
        run = event.then(**self.event, api_visibility="private")
        self.running.append(run)
        return run

    def endpoint(
        self, fn: Any, inputs: Mapping[str, gr.components.Component], outputs: Sequence[Any], name: str
    ) -> None:
        """An event for the API alone that takes or returns files; ``gr.api`` serves those of plain values."""
        with gr.Row(visible=False):
            gr.Button(visible=False).click(
                named(fn, inputs), inputs_kwargs=dict(inputs), outputs=list(outputs), api_name=name, **HEAVY
            )

    # --- examples and explanation ---

    def examples(self, rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Buttons ``(English, Chinese, field values)`` that fill the controls and run; call it after :meth:`run`.

        What an example does not name goes back to what the tab opens with, the seed included; files and conversations stay.
        """
        opening = self._opening()
        with built_into(self._examples):
            gr.HTML(f"<h3>{both('Examples', '示例')}</h3>", padding=False)
            row_of_buttons = gr.Row(elem_classes=["examples"])
        with built_into(row_of_buttons):
            for en, zh, row in rows:
                values = self._offered({**opening, **row})
                if values is None:
                    continue
                unknown = set(values) - set(self.fields)
                assert not unknown, f"example sets unknown fields {unknown}"
                button = gr.Button(t(en, zh), size="sm", min_width=120)
                self.follow(self.fill(button.click, values))

    def _opening(self) -> Values:
        """The values with which the tab opens, by field, but for those that its model proposes."""
        return {
            name: component.value
            for name, component in self.fields.items()
            if isinstance(component, PLAIN) and component._id not in self._proposed
        }

    def _offered(self, values: Values) -> Values | None:
        """An example with the models that this server offers; None where it offers none of them."""
        offered, named = self.studio.offered, values.get("model")
        if offered is None or not named:
            return values
        if isinstance(named, str):
            return values if named in offered else None
        left = [name for name in named if name in offered]
        return {**values, "model": left} if left else None

    def how(self, en: str, zh: str, *, source: str, lessons: Sequence[str], line: int | None = None) -> None:
        """*How it works* (Markdown with KaTeX) with links to the lessons and to the source file that does it."""
        accordion = gr.Accordion(t("How it works", "原理"), open=False)
        with accordion, when_expanded(accordion):
            explanation.place(Text(en, zh), [(source, line)], lessons)
