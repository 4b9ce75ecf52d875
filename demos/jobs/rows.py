"""The list of jobs as HTML, in both languages."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aigc_core import registry
from aigc_core.errors import UnknownModelError
from aigc_core.jobs.ledger import OPEN, Job
from demos.ui import player
from demos.ui.i18n import Text, both_text
from demos.ui.page import title_of

STATES: Mapping[str, Text] = {
    "queued": Text("waiting", "排队中"),
    "running": Text("running", "运行中"),
    "done": Text("done", "已完成"),
    "failed": Text("failed", "失败"),
    "stopped": Text("stopped", "已停止"),
    "cut": Text("cut short", "被中断"),
}
_LOOKS = {"done": "ok", "failed": "no", "cut": "fetch"}
"""Colours of states; see ``theme.css``."""
_TEXTS = ("prompt", "text", "message", "title", "style")
"""Fields that tell one request from another; the first that says something is shown."""
_WORDS = 160
_ACTS = (
    ("restore", Text("Open", "打开")),
    ("again", Text("Run again", "重新运行")),
    ("pin", Text("Pin", "固定")),
    ("delete", Text("Delete", "删除")),
)
_EMPTY = Text(
    "Nothing here yet. Whatever you run in a tab is listed here, with its inputs and its result.",
    "这里还没有任务。在任一标签页运行后，输入与结果都会列在此处。",
)
_NO_MATCH = Text("No job matches.", "没有符合条件的任务。")


class Row(NamedTuple):
    """A job and what is known of the page that asked for it."""

    job: Job
    place: str
    look: str


def listing(rows: Sequence[Row], total: int, *, cut: int, filtered: bool, fault: tuple[str, str] | None) -> str:
    """The whole list.

    Args:
        total: Jobs that match; beyond ``rows`` there are more.
        cut: Jobs that the end of a server has cut.
        filtered: Words, a state or a task were asked for.
        fault: What is wrong with the keeping.
    """
    said = player.notice(*map(html.escape, fault)) if fault is not None else ""
    if cut and not filtered:
        said += player.notice(
            f"{cut} job{'s were' if cut > 1 else ' was'} cut short when the app ended. <em>Run again</em> starts one anew with the same settings, in its place.",
            f"程序退出时有 {cut} 个任务被中断。点“重新运行”即可用同样的参数再次运行，新任务会取代原来的一条。",
            error=False,
        )
    if not rows:
        return f'{said}<p class="nothing">{both_text(*(_NO_MATCH if filtered else _EMPTY))}</p>'
    more = total - len(rows)
    further = f'<button type="button" class="more" data-act="more">{both_text(f"Show more ({more})", f"显示更多（{more}）")}</button>'
    return f"{said}{_head(total)}<ol>{''.join(map(_item, rows))}</ol>{further if more > 0 else ''}"


def _head(total: int) -> str:
    every, count = (
        both_text("Select all", "全选"),
        both_text(f"{total} job{'s' if total > 1 else ''}", f"共 {total} 个任务"),
    )
    export, delete = both_text("Export as zip", "导出为 zip"), both_text("Delete", "删除")
    return (
        f'<div class="jobs-head"><label><input type="checkbox" data-all>{every}</label><span class="count">{count}</span>'
        f'<button type="button" data-act="export" disabled>{export}</button>'
        f'<button type="button" data-act="delete" disabled>{delete}</button></div>'
    )


def _item(row: Row) -> str:
    job = row.job
    open_ = job.state in OPEN
    acts = "".join(
        f'<button type="button" data-act="{act}"{" aria-pressed=" + _pressed(job) if act == "pin" else ""}>{both_text(*title)}</button>'
        for act, title in _ACTS
        if not (open_ and act in ("again", "delete"))
    )
    state = f'<span class="chip {_LOOKS.get(job.state, "")}">{both_text(*STATES[job.state])}{_progress(job)}</span>'
    words = _words(job)
    return (
        f'<li data-id="{job.id}" data-run="{html.escape(job.snapshot)}" data-task="{html.escape(job.task)}" '
        f'data-place="{html.escape(row.place)}"{" data-open" if open_ else ""}>'
        f'<input type="checkbox" aria-label="&#xE000;Select&#xE001;选择&#xE002;"><span class="look">{row.look}</span>'
        f'<div class="what"><p><b>{both_text(*title_of(job.task))}</b>{state}</p>'
        f"{f'<p class=words>{html.escape(words)}</p>' if words else ''}{_failure(job)}"
        f'<p class="facts">{_facts(job)}</p></div><div class="acts">{acts}</div></li>'
    )


def _pressed(job: Job) -> str:
    return '"true"' if job.pinned else '"false"'


def _progress(job: Job) -> str:
    return f" {job.step}/{job.total}" if job.state == "running" and job.stage == "run" and job.total else ""


def _words(job: Job) -> str:
    """The subject of the request: its first text."""
    given = job.request.get("parameters")
    values = given if isinstance(given, Mapping) else {}
    text = next((value for name in _TEXTS if isinstance(value := values.get(name), str) and value.strip()), "")
    words = " ".join(text.split())
    return words if len(words) <= _WORDS else f"{words[:_WORDS]}…"


def _failure(job: Job) -> str:
    if not job.message:
        return ""
    en, _, zh = player.hide_paths(job.message).partition("\n")
    return f'<p class="why">{both_text(en, zh or en)}</p>'


def _facts(job: Job) -> str:
    facts = [
        f'<time data-ms="{job.created * 1000:.0f}"></time>',
        both_text(*_model(job.model)),
        *([both_text(f"seed {job.request['seed']}", f"种子 {job.request['seed']}")] if "seed" in job.request else []),
        *([f"{job.seconds:.1f} s"] if job.seconds is not None else []),
        *([f"{job.size / 1e6:.1f} MB"] if job.size >= 50_000 else []),
    ]
    return " · ".join(facts)


def _model(name: str) -> tuple[str, str]:
    try:
        return registry.find(name).titles
    except UnknownModelError:
        return name, name


def look_of(shown: Mapping[str, Any]) -> str:
    """The small picture of a result, or its first words; empty where it left none."""
    look = shown.get("look")
    return look if isinstance(look, str) else ""
