"""All jobs of this browser: found by words, state and task, opened again, run again, pinned, exported, deleted.

What is kept and where: aigc_core/jobs. A job's owner is the browser that asked for it; see demos/ui/kept.py.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from aigc_core.jobs import archive
from aigc_core.jobs.ledger import Snapshot, Wanted, owner_of
from aigc_core.tasks import REQUESTS
from demos.jobs import rows
from demos.ui import assets, player
from demos.ui.components import Dropdown, PageFiles, PageHTML, Textbox
from demos.ui.i18n import Text, bilingual, both_text, t
from demos.ui.page import title_of
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.wiring import QUIET

TITLE = Text("Jobs", "任务")
LEAD = Text(
    "Everything this browser has run, whether it is done or not. Only this browser sees it.",
    "本浏览器运行过的全部任务，无论是否完成；只有本浏览器能看到。",
)
PAGE = 50
MOST = 1000
"""Jobs that are listed, or exported, at once."""


def build(studio: Studio) -> None:
    gr.HTML(f"<p>{both_text(*LEAD)}</p>", elem_classes=["lead"], padding=False)
    states = [(bilingual(*title), state) for state, title in rows.STATES.items()]
    tasks = [(bilingual(*title_of(cls.task)), cls.task) for cls in REQUESTS if cls.is_job]
    every = bilingual("all", "全部")
    with gr.Row(elem_classes=["jobs-filter"]):
        words = Textbox("", label=t("Search", "搜索"), max_lines=1, max_length=200, scale=2, min_width=150)
        state = Dropdown([(every, ""), *states], value="", label=t("State", "状态"), filterable=False, min_width=110)
        task = Dropdown([(every, ""), *tasks], value="", label=t("Task", "类型"), filterable=False, min_width=110)
    packed = PageFiles(visible=False, interactive=False, show_label=False)
    shown = PageHTML("", elem_classes=["jobs"], padding=False, js_on_load=assets.read("jobs", "list.component.js"))
    filters = [words, state, task]
    page = JobsPage(studio, shown, packed)
    shown.came(player.guard(page.look), filters, [shown], **QUIET)
    shown.entry(player.guard(page.act), filters, [shown, packed], **QUIET)
    gr.on(
        [words.input, state.input, task.input],
        player.guard(page.look),
        filters,
        [shown],
        trigger_mode="always_last",
        **QUIET,
    )


class JobsPage:
    """What the list does for the browser whose page asks."""

    def __init__(self, studio: Studio, shown: Any, packed: Any) -> None:
        self._studio, self._shown, self._packed = studio, shown, packed

    def look(self, request: gr.Request, event: gr.EventData, words: str, state: str, task: str) -> Update:
        """The list as it is now."""
        owner, sent = self._owner(request, event), _sent(event)
        if owner is None:
            return {}
        asked = sent.get("limit")
        limit = min(MOST, asked) if isinstance(asked, int) and asked > 0 else PAGE
        wanted = Wanted(owner, str(words or "").strip()[:200], str(state or ""), str(task or ""))
        ledger = self._studio.jobs.ledger
        listed = rows.listing(
            [self._row(job) for job in ledger.jobs(wanted, limit)],
            ledger.count(wanted),
            cut=ledger.count(Wanted(owner, state="cut")),
            filtered=any(wanted[1:]),
            fault=ledger.fault,
        )
        return {self._shown: listed}

    def act(self, request: gr.Request, event: gr.EventData, words: str, state: str, task: str) -> Update:
        """Pin, delete or export the jobs that were chosen."""
        owner, sent = self._owner(request, event), _sent(event)
        given = sent.get("ids")
        ids = [id for id in given[:MOST] if isinstance(id, str)] if isinstance(given, list) else []
        if owner is None:
            return {}
        jobs = self._studio.jobs
        chosen = [job for id in ids if (job := jobs.ledger.job(id, owner)) is not None]
        packed: Any = gr.skip()
        if sent.get("act") == "delete":
            jobs.delete(owner, ids)
        elif sent.get("act") == "pin":
            for job in chosen:
                jobs.ledger.change(job.id, pinned=not job.pinned)
        elif sent.get("act") == "export" and chosen:
            file = self._studio.folders.new_run() / "aigc-jobs.zip"
            archive.write(file, chosen, jobs.runs)
            packed = gr.update(value=[str(file)], visible=True)
        return {**self.look(request, event, words, state, task), self._packed: packed}

    def _owner(self, request: gr.Request, event: gr.EventData) -> str | None:
        """The browser that asks, by the names its page sends along, or by those it has sent before."""
        kept, session, sent = self._studio.kept, str(request.session_hash or ""), _sent(event)
        page = kept.open(session, sent.get("browser"), sent.get("window")) or kept.page(session)
        return owner_of(page.browser) if page is not None else None

    def _row(self, job: Any) -> rows.Row:
        found: Snapshot | None = self._studio.jobs.ledger.snapshot(job.snapshot, job.owner)
        return rows.Row(job, found.place if found else job.task, rows.look_of(found.shown) if found else "")


def _sent(event: gr.EventData) -> dict[str, Any]:
    return event._data if isinstance(event._data, dict) else {}
