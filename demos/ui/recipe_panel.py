"""From the recipe in a dropped file back to the controls of a tab.

A recipe comes from anybody. A value reaches a control only through the check of its request field and the choices of the model
and of the control; nothing reaches a control that holds files. Everything else is left as it was and named in one notice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol

import gradio as gr

from aigc_core import recipe as recipes
from aigc_core import registry
from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.recipe import Document
from aigc_core.recipe.link import MAX_LENGTH, from_link, in_link, typed_lines
from aigc_core.tasks import SIDE_REQUESTS
from aigc_core.tasks.checks import check
from aigc_core.tasks.fields import Limits, Message, default, limits
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec
from demos.ui import player
from demos.ui.components import PageButton, PageTextbox
from demos.ui.filling import Controls
from demos.ui.i18n import Text
from demos.ui.wiring import QUIET

Updates = dict[str, Any]
_FROM_FILE = Text("Settings restored from the file", "已从文件恢复参数")
_FROM_LINK = Text("Settings filled in by the link", "已按链接填入参数")
_COPIED = Text("The link to these settings was copied.", "已复制当前参数的链接。")
_LONG = Text(
    "The text is too long for a link. Save a result instead: its file carries all settings.",
    "文本太长，无法放入链接。可保存生成结果：文件中带有全部参数。",
)
_SHOWN = 12
"""Things not restored that are named one by one."""
_TOP = ("model", "seed")
"""Fields that a recipe has beside its parameters; the model first, as choices depend on it."""
_MISSING: Any = object()


class Restorable(Protocol):
    """A tab, or a view of one, as far as its recipe panel is concerned."""

    request: type[Request]
    fields: dict[str, gr.components.Component]
    controls: Controls
    fresh: gr.Checkbox | None
    reuse: gr.Button | None
    recipe: Any
    notice: Any
    drop: Any
    copy: Any

    def restored(self, found: Document) -> tuple[Updates, list[Text]]:
        """Updates by control, and what could not be restored."""


def wire(tab: Restorable) -> None:
    """The events of the panel: a dropped file, a link that leads here or is copied, and *Reuse* beside the seed."""
    locks = [tab.fresh] if tab.fresh is not None else []
    targets = list(dict.fromkeys([*tab.controls.outputs, *locks, tab.recipe, tab.notice]))

    def restore(found: Document, said: Text, held: Sequence[Any]) -> Any:
        _check_kind(tab.request, found.recipe)
        updates, left = tab.restored(found)
        given: dict[Any, Any] = {
            **{tab.fields[name]: update for name, update in updates.items()},
            **(dict.fromkeys(locks, False) if "seed" in updates else {}),  # the seed restored is the one to run with
        }
        return {**tab.controls.filled(given, held), tab.notice: summary(left, said)}

    def from_file(file: str | None, *held: Any) -> Any:
        if not file:
            return gr.skip()
        try:
            found = recipes.read_document(file)
            return {**restore(found, _FROM_FILE, held), tab.recipe: recipes.known(found.recipe)}
        except Exception as error:
            return {tab.notice: player.notice(*player.explain(error))}

    def from_address(target: str, *held: Any) -> Any:
        try:
            return restore(Document(dict(from_link(target)), {}, ""), _FROM_LINK, held)
        except Exception as error:
            return {tab.notice: player.notice(*player.explain(error))}

    tab.drop.upload(from_file, [tab.drop, *tab.controls.inputs], targets, **QUIET)
    if tab.request not in SIDE_REQUESTS:  # an address leads to a tab, not to one of its views
        address = PageTextbox(visible=False)
        follow = PageButton(visible="hidden", elem_classes=["deep-link"])  # pressed by link.js
        taken = "(_, ...held) => [window.aigcAddress, ...held]"
        follow.click(from_address, [address, *tab.controls.inputs], targets, js=taken, **QUIET)
    _wire_copy(tab)
    if "seed" in tab.fields and tab.fresh is not None and tab.reuse is not None:
        tab.reuse.click(seed_of, [tab.recipe], [tab.fields["seed"], tab.fresh], **QUIET)


def _wire_copy(tab: Restorable) -> None:
    """Let the button copy a link to the settings in the controls, those of fields that a link can carry."""
    if tab.copy is None:
        return
    linked = {name: control for name, control in tab.fields.items() if in_link(tab.request, name)}
    opening = {name: getattr(control, "value", None) for name, control in linked.items()}
    arguments = json.dumps(
        [tab.request.task, opening, MAX_LENGTH, player.notice(*_COPIED, error=False), player.notice(*_LONG)]
    )
    copied = f"(...values) => aigcCopyLink(values, ...{arguments})"
    tab.copy.click(None, list(linked.values()), [tab.notice], js=copied, **QUIET)


def seed_of(made: Mapping[str, Any] | None) -> tuple[Any, bool]:
    """The seed of the recipe shown, which a page may have changed."""
    try:
        return check("seed", limits(Request, "seed"), (made or {}).get("seed")), False
    except InvalidRequestError:
        return gr.skip(), False


def summary(left: Sequence[Text], said: Text) -> str:
    """The notice: what could not be restored, and why."""
    if not left:
        return player.notice(f"{said.en}.", f"{said.zh}。", error=False)
    en, zh = (" · ".join(one[i] for one in left[:_SHOWN]) for i in (0, 1))
    if more := max(0, len(left) - _SHOWN):
        en, zh = f"{en} · {more} more", f"{zh} · 另有 {more} 项"
    return player.notice(f"{said.en}, except: {en}", f"{said.zh}，以下各项除外：{zh}", error=False)


def _check_kind(request: type[Request], made: recipes.Recipe) -> None:
    """Raise where the file was made by another tab, or by another view of this one."""
    kind = request.__name__ if request in SIDE_REQUESTS else ""
    task, other = made.get("task"), made.get("request") or ""
    if task != request.task:
        raise InvalidRequestError(
            f"This file was made by {_name(task)}; drop it on that tab.",
            f"该文件由 {_name(task)} 生成，请拖到对应的标签页。",
        )
    if other != kind:
        raise InvalidRequestError(
            f"This file was made by another view of this tab ({_name(other or task)}); drop it there.",
            f"该文件由本页的另一个功能（{_name(other or task)}）生成，请拖到对应的位置。",
        )


def _name(value: Any) -> str:
    return value[:40] if isinstance(value, str) else "something unknown"


def restored(
    request: type[Request], controls: Mapping[str, gr.components.Component], made: recipes.Recipe
) -> tuple[Updates, list[Text]]:
    """One update per control whose value the recipe gives, and what could not be restored.

    A recipe that lacks a field asks for its default; a link, which was never a recipe, leaves it as it is.
    """
    given = made.get("parameters")
    parameters = given if isinstance(given, Mapping) else {}
    settings = [field.name for field in fields(request) if field.name not in _TOP]
    unknown = [*(key for key in made if key not in recipes.FIELDS), *(key for key in parameters if key not in settings)]
    left = [Text(f"{key[:40]}: unknown field", f"{key[:40]}：未知字段") for key in unknown]
    if given is not parameters:
        left.append(Text("parameters: not a table of settings", "parameters：不是参数表"))
        settings = []
    recorded = {**parameters, **{name: made[name] for name in _TOP if name in made}}
    updates: Updates = {}
    spec: ModelSpec | None = None
    whole = "generated" in made
    for name in (*_TOP, *settings):
        if not whole and name not in recorded:
            continue
        if name not in controls and recorded.get(name, default(request, name)) == default(request, name):
            continue
        try:
            value = _value(request, name, recorded.get(name, _MISSING))
            if name == "model":
                spec = _model(request, value, controls.get(name))
                if name not in controls:  # a view of all models
                    continue
            elif value is not _MISSING:
                _check_choice(request, spec, name, value)
            if value is not _MISSING:
                updates[name] = _update(name, limits(request, name), controls.get(name), value)
        except AigcError as error:
            left.append(Text(str(error), error.zh))
    return updates, left


def _value(request: type[Request], name: str, recorded: Any) -> Any:
    """The checked value; the default of a field that is missing, :data:`_MISSING` where that has none.

    Raises:
        InvalidRequestError: out of the field's limits, or nothing that a recipe may bring.
    """
    lim = limits(request, name)
    if recorded is _MISSING and (name in _TOP or lim.kind in ("image", "bytes")):
        raise InvalidRequestError(f"{name}: not in the file", f"{name}：文件中没有该项")
    if recorded is _MISSING:
        value = default(request, name)
        return _MISSING if value is None and not lim.optional else value
    if lim.kind in ("image", "bytes"):
        if recorded is None and lim.optional:
            return None
        raise InvalidRequestError(
            f"{name}: a recipe does not bring files; choose it again", f"{name}：配方不会恢复文件，请重新选择"
        )
    return check(name, lim, recorded)


def _model(request: type[Request], name: str, picker: Any) -> ModelSpec:
    """The row called ``name``, which the picker must offer.

    Raises:
        AigcError: there is none, or it does not serve this view.
    """
    spec = registry.find(name, request.task) if name else None
    if picker is None and spec is not None:
        return spec
    offered = [value for _, value in getattr(picker, "choices", None) or ()]
    if spec is None or spec.name not in offered:
        raise InvalidRequestError(
            f"model must be one of: {', '.join(offered)}; got {name!r:.60}",
            f"模型应为 {'、'.join(offered)} 之一，收到 {name!r:.60}",
        )
    return spec


def _check_choice(request: type[Request], spec: ModelSpec | None, name: str, value: Any) -> None:
    """Raise where the row, or each row of the task if it is not known, has closed choices without ``value``."""
    rows = [spec] if spec is not None else registry.list_models(request.task)
    closed = any(name in row.options for row in registry.list_models(request.task))
    choices = [choice for row in rows for choice in row.options.get(name, ())]
    if closed and value and value not in choices:
        some = ", ".join(choices[:8]) + (", …" if len(choices) > 8 else "")
        raise InvalidRequestError(
            f"{name} must be {f'one of: {some}' if some else 'empty for this model'}; got {value!r:.60}",
            f"{name} 应为{f' {some} 之一' if some else '空（该模型不支持）'}，收到 {value!r:.60}",
        )


def _update(name: str, lim: Limits, control: Any, value: Any) -> Any:
    """The change of a control that makes it send ``value``.

    Raises:
        InvalidRequestError: it cannot.
    """
    if control is None:
        raise InvalidRequestError(
            f"{name}: this page has no control for it; {value!r:.60} is not used",
            f"{name}：页面没有该项控件，{value!r:.60} 不会生效",
        )
    if isinstance(control, gr.CheckboxGroup):
        return gr.update(value=[value])
    if lim.kind == "strings":
        return gr.update(value=_lines(name, value))
    if lim.kind == "messages":
        return gr.update(value=[{"role": m.role, "content": m.content} for m in value if isinstance(m, Message)])
    return showing(control, value)


def showing(control: Any, value: Any) -> Any:
    """The change of a control that makes it show ``value``, which it could have sent."""
    if isinstance(control, gr.State):
        return value
    if isinstance(control, gr.Slider) and isinstance(
        value, (int, float)
    ):  # its ends may be narrower than the request's
        ends = {"minimum": min(control.minimum, value), "maximum": max(control.maximum, value)}
        changed: dict[str, Any] = {key: end for key, end in ends.items() if end != getattr(control, key)}
        return gr.update(value=value, **changed)
    if isinstance(control, gr.Dropdown) and value not in [choice for _, choice in control.choices]:
        return gr.update(value=value, choices=[*control.choices, (value, value)])  # follows the model, which allows it
    return gr.update(value=value)


def _lines(name: str, texts: Sequence[str]) -> str:
    """One text a line, as it would be typed."""
    typed = "\n".join(text.replace("\n", "\\n") for text in texts)
    if typed_lines(typed) != tuple(texts):
        raise InvalidRequestError(f"{name}: cannot be typed one a line", f"{name}：无法按每行一个填写")
    return typed
