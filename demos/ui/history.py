"""State that a tab gives back to its browser: inputs and last result after a reload, a run that still goes on, and the history.

The strip below the output is one component. Its script says when it comes into the page, asks again while a run of an earlier
page goes on, and tells which of its entries was clicked; the answers set controls and outputs as the run itself did.
"""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from PIL import Image

from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.files import PICTURE_FORMATS
from aigc_core.tasks.request import Request
from demos.ui import assets, contact_sheet, payload, player, shown
from demos.ui.components import PageHTML
from demos.ui.filling import Controls
from demos.ui.i18n import bilingual, both_text
from demos.ui.kept import Page, Run
from demos.ui.opening import Opening
from demos.ui.player import Report, Update, Updates
from demos.ui.recipe_panel import showing
from demos.ui.studio import Studio
from demos.ui.updates import merged
from demos.ui.wiring import QUIET, STOPPED

SIDE = 72
"""Pixels of a thumbnail."""
WORDS = 60
"""Characters of a text in the strip."""
_GONE = "The settings are restored; the files of this result are no longer kept.", "参数已恢复；该结果的文件已过期。"


class Recorded(Protocol):
    """A tab, or a view of one, whose runs are kept."""

    name: str
    studio: Studio
    request: type[Request]
    fields: dict[str, gr.components.Component]
    controls: Controls
    fresh: gr.Checkbox | None
    opening: Opening
    history: Any
    event: dict[str, Any]

    @property
    def report(self) -> Report:
        """The components in which a run reports."""


def strip(tab: str) -> Any:
    """The place of the history of a tab, empty at first."""
    script = assets.read("ui", "history.component.js")
    return PageHTML("", elem_classes=["history"], padding=False, js_on_load=script, tab=tab)


def stop(tab: Recorded, request: gr.Request) -> None:
    """Stop the runs of a tab that the page has taken over from an earlier one."""
    for run in tab.studio.kept.running(session=_session(request), tab=tab.name):
        run.stopping = True
    tab.studio.lanes.wake()


def recorded(tab: Recorded, handler: Callable[..., Updates]) -> Callable[..., Updates]:
    """The handler of a run, whose updates are also kept for the browser; ends early where another page has said Stop.

    The last message holds all of the end, result and history. Gradio 6 sends each message as its difference from the one before, and
    its page applies differences to values that it has not shown yet where several come at once: a picture, or a button that came
    back, was lost where the next message left it as it is.
    """

    def run(request: gr.Request, **values: Any) -> Updates:
        made = tab.studio.kept.begin(_session(request), tab.name, values, request)
        if made is None:
            yield from handler(request, **values)
            return
        state: Any = "stopped"
        stored: Mapping[str, Any] = {}
        last: Update = {}
        waits = False
        """A result is held back until something follows it: as a rule that is the history."""
        try:
            with closing(handler(request, **values)) as updates:
                for update in updates:
                    made.note(update)
                    if waits:
                        yield last
                    last, waits = update, bool(update.get(tab.report.recipe))
                    if not waits:
                        yield update
                    if made.stopping:
                        break
            if not made.stopping:
                stored, state = _stored(tab, made), "done" if made.shown.get(tab.report.recipe) else "failed"
        except Exception:
            state = "failed"
            raise
        finally:
            tab.studio.kept.end(made, state, stored)
        if waits or not made.stopping:
            yield {**last, tab.history: view(tab, made.page)}

    return run


def wire(tab: Recorded) -> None:
    """The events of the strip, and the note that the browser takes of every change of a control."""
    outputs = list(dict.fromkeys([*tab.controls.outputs, *_locks(tab), *tab.event["outputs"]]))
    held = tab.controls.inputs
    QUIETLY: dict[str, Any] = {**QUIET, "outputs": outputs}

    def came(request: gr.Request, event: gr.EventData, *held: Any) -> Update:
        """A page shows the tab: its inputs as they were left, the last result, or the run that still goes on."""
        page, left = _opened(tab, request, event), _left(tab, event, held)
        if page is None:
            return left
        if (wanted := tab.studio.kept.past(page, tab.name, _sent(event, "run"))) is not None:
            return {**_restored(tab, wanted, held), tab.history: view(tab, page, wanted)}
        going = next(iter(tab.studio.kept.running(page=page, tab=tab.name)), None)
        last = tab.studio.kept.last(page, tab.name)
        if going is None and last is None:
            opening = tab.opening.reopened(_sent(event, "language"), left)
            left = merged(left, tab.controls.filled(opening, held))
        shown = going.shown if going is not None else _output(tab, last) if last is not None else {}
        newer = going is not None or (last is not None and last.id != _sent(event, "seen"))
        return {**(merged(left, shown) if newer else merged(shown, left)), tab.history: view(tab, page)}

    def spoken(request: gr.Request, event: gr.EventData, *held: Any) -> Update:
        """The language of the page has changed."""
        page, own = _opened(tab, request, event), tab.opening.watched
        if page is None or tab.studio.kept.running(page=page, tab=tab.name):
            return {}
        values = dict(zip(own, held[: len(own)], strict=True))
        return tab.controls.filled(tab.opening.exchanged(_sent(event, "language"), values), held[len(own) :])

    def asked(request: gr.Request, event: gr.EventData) -> Update:
        """A run of an earlier page goes on, and its new page asks how far it is."""
        page = _opened(tab, request, event)
        if page is None:
            return {}
        going = next(iter(tab.studio.kept.running(page=page, tab=tab.name)), None)
        if going is not None:
            return {**going.shown, tab.history: view(tab, page)} if going.version != _sent(event, "seen") else {}
        done = next((run for run in tab.studio.kept.done(page, tab.name) if run.id == _sent(event, "run")), None)
        broken = tab.studio.kept.broken(page, _sent(event, "run"))
        failed = broken is not None and broken.state == "failed"
        ended = {**(broken.shown if failed and broken else {}), **tab.report.idle()}
        status = {} if failed else {tab.report.status: STOPPED}
        return {**(_output(tab, done) if done is not None else {**ended, **status}), tab.history: view(tab, page)}

    def clicked(request: gr.Request, event: gr.EventData, *held: Any) -> Update:
        """An entry is restored or dropped, or all are."""
        page, act, id = _opened(tab, request, event), _sent(event, "act"), _sent(event, "run")
        if page is None:
            return {}
        if act in ("drop", "clear"):
            gone = tab.studio.kept.forget(page, tab.name, None if act == "clear" else str(id))
            tab.studio.folders.delete_runs(gone)
            return {tab.history: view(tab, page)}
        run = tab.studio.kept.past(page, tab.name, id)
        return {**({} if run is None else _restored(tab, run, held)), tab.history: view(tab, page, run)}

    strip: Any = tab.history
    strip.came(player.guard(came), held, **QUIETLY)
    strip.asked(player.guard(asked), [], **QUIETLY)
    if tab.opening.watched:
        strip.spoken(player.guard(spoken), [*tab.opening.watched, *held], trigger_mode="always_last", **QUIETLY)
    strip.entry(player.guard(clicked), held, **QUIETLY)
    noted = {name: control for name, control in _noted(tab).items() if hasattr(control, "change")}
    js = f"(...values) => aigcKept.note({tab.name!r}, {list(noted)}, values)"
    changes: list[Any] = [getattr(control, "change") for control in noted.values()]  # noqa: B009 - not of all components
    gr.on(changes, None, list(noted.values()), [], js=js, trigger_mode="multiple", **QUIET)


def _noted(tab: Recorded) -> dict[str, Any]:
    """The controls that a browser takes note of: those of the fields, and whether each run draws a new seed."""
    return {**tab.fields, **dict.fromkeys(["fresh"] if tab.fresh is not None else [], tab.fresh)}


def _left(tab: Recorded, event: gr.EventData, held: Any) -> Update:
    """The controls as they were left; as the page opens them where the model of then is no longer offered."""
    try:
        return tab.controls.filled(_inputs(tab, _sent(event, "inputs")), held)
    except AigcError:
        return {}


def _session(request: gr.Request | None) -> str:
    return str(getattr(request, "session_hash", None) or "")


def _sent(event: gr.EventData, name: str) -> Any:
    return event._data.get(name) if isinstance(event._data, Mapping) else None


def _opened(tab: Recorded, request: gr.Request, event: gr.EventData) -> Page | None:
    """The page that an event comes from, by the names it sends along."""
    return tab.studio.kept.open(_session(request), _sent(event, "browser"), _sent(event, "window"))


def _locks(tab: Recorded) -> list[Any]:
    return [tab.fresh] if tab.fresh is not None else []


def _inputs(tab: Recorded, sent: Any) -> Update:
    """The controls as the browser has noted them; what a control would not send is left out."""
    found: Update = {}
    for name, value in sent.items() if isinstance(sent, Mapping) else ():
        control = _noted(tab).get(name)
        if control is None or isinstance(control, gr.State):
            continue
        file = value.get("file") if isinstance(value, Mapping) else None
        with suppress(InvalidRequestError):
            checked = value if file is None else {"path": file, "meta": {"_type": "gradio.FileData"}}
            payload.admit([control], [checked], tab.studio.folders, strict=True)
            found[control] = showing(control, value if file is None else file)
    return found


def _stored(tab: Recorded, run: Run) -> dict[str, Any]:
    """The outputs of a run that is done, as the ledger keeps them, and its look in a list."""
    parts = shown.encoded(run.shown, tab.event["outputs"], tab.studio.folders.root)
    return {"parts": parts, "look": look(_texts(run.shown.get(tab.report.files)))}


def _shown(tab: Recorded, run: Run) -> Update:
    """The outputs of a run; of one that is over, those that were kept."""
    return run.shown or shown.decoded(run.stored.get("parts"), tab.event["outputs"], tab.studio.folders.root)


def _restored(tab: Recorded, run: Run, held: Any) -> Update:
    """The inputs and the result of a run; of one that was cut or failed the inputs alone."""
    values = {**run.values, **_kept_inputs(tab, run)}
    given = {tab.fields[name]: showing(tab.fields[name], value) for name, value in values.items() if name in tab.fields}
    given = {control: update for control, update in given.items() if not _lacks_files(control, update)}
    found = _output(tab, run)
    notice = {} if _whole(tab, run) else {tab.report.notice: player.notice(*_GONE, error=False)}
    inputs = tab.controls.filled({**given, **dict.fromkeys(_locks(tab), False)}, held)
    return {**merged(inputs, found), **notice}


def _kept_inputs(tab: Recorded, run: Run) -> dict[str, str]:
    """The pictures a run was given that lie among its results, where what was uploaded is gone."""
    found = tab.studio.jobs.pictures(run.owner, run.id)
    return {name: file for name, file in found.items() if any(_is_gone(text) for text in _texts(run.values.get(name)))}


def _output(tab: Recorded, run: Run) -> Update:
    """The outputs that a finished run has left on the page, as far as their files are still there."""
    return {component: update for component, update in _shown(tab, run).items() if not _lacks_files(component, update)}


def _whole(tab: Recorded, run: Run) -> bool:
    return not any(_lacks_files(component, update) for component, update in _shown(tab, run).items())


def _lacks_files(component: Any, update: Any) -> bool:
    """True where a component for files would be given one that is gone."""
    if not isinstance(component, payload.FILES):
        return False
    return any(_is_gone(part) for part in _texts(update))


def _is_gone(text: str) -> bool:
    return _is_path(text) and not Path(text).exists()


def _is_path(text: str) -> bool:
    return "/" in text and len(text) < 4096 and "\0" not in text and Path(text).is_absolute()


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []


def view(tab: Recorded, page: Page, restored: Run | None = None) -> str:
    """The strip: the run that goes on, then the finished ones, newest first; empty where there is none.

    Args:
        restored: A run that has just been brought back, which the strip's script is told.
    """
    done = tab.studio.kept.done(page, tab.name)
    going = next(iter(tab.studio.kept.running(page=page, tab=tab.name)), None)
    mark = f'<span data-going="{going.id}" data-seen="{going.version}"></span>' if going is not None else ""
    if restored is not None:
        mark += f'<span data-restored="{restored.id}" data-at="{time.monotonic()}"></span>'
    if not done:
        return mark
    entries = "".join(_entry(tab, run) for run in done)
    title, clear = both_text("Your last results", "最近的结果"), both_text("Clear all", "全部清除")
    return (
        f'{mark}<div class="history-head"><span>{title}</span><button type="button" data-act="clear">{clear}</button></div>'
        f"<ol>{entries}</ol>"
    )


def _entry(tab: Recorded, run: Run) -> str:
    shown = run.stored.get("look") or look([])
    return (
        f'<li><button type="button" data-act="restore" data-run="{run.id}">{shown}</button>'
        f'<button type="button" class="drop" data-act="drop" data-run="{run.id}" aria-label="{bilingual("Delete", "删除")}">×</button></li>'
    )


def look(files: list[str]) -> str:
    """A small picture of a result, or its first words."""
    for file in files:
        with suppress(OSError, ValueError):
            if file.endswith(".png"):
                with Image.open(file, formats=PICTURE_FORMATS) as picture:
                    picture.draft("RGB", (SIDE, SIDE))
                    small = contact_sheet.small(picture.convert("RGB"), SIDE)
                return f'<img alt="" src="{contact_sheet.address(small, 70)}">'
            if file.endswith(".md"):
                words = " ".join(Path(file).read_text("utf-8")[:400].split())
                return f'<span class="words">{html.escape(words[:WORDS])}</span>'
    return f'<span class="words">{both_text("result", "结果")}</span>'
