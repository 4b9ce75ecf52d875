"""The one event player: turns a pipeline's stream into component updates, and every failure into a message in place."""

from __future__ import annotations

import html
import logging
import re
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import gradio as gr

from aigc_core import registry, support
from aigc_core.errors import AigcError
from aigc_core.media import inputs
from aigc_core.tasks.request import Request
from aigc_core.types import Progress, Result
from demos.ui import buttons, names
from demos.ui.i18n import bilingual, both, both_text
from demos.ui.limits import visitor_of
from demos.ui.studio import Studio
from demos.ui.updates import Update as Update

log = logging.getLogger(__name__)


class Final(dict[Any, Any]):
    """The last update of an answer; nothing follows it."""


Updates = Generator[Update, None, None]
Show = Callable[[Result, Mapping[str, str]], Update]
"""``(result, files by role) -> update``"""
Preview = Callable[[Any], Update]
"""``unfinished output -> update``"""
UPDATE_S = 0.25
"""A page is told four times a second how far a run is, whatever the model's pace: what it is told costs more than a step."""
PREVIEW_HEADER = "x-aigc-previews"
"""Programs that send it get previews too: ``Client(url, headers={"x-aigc-previews": "1"})``."""
IDLE = '<div class="status"></div>'


def visitor(request: gr.Request | None) -> str:
    """The name a visitor's limits are held against; ``local`` where there is no request."""
    if request is None or request.client is None:
        return "local"
    return visitor_of(str(request.client.host), request.headers.get("x-forwarded-for", "") if request.headers else "")


def wants_previews(request: gr.Request | None) -> bool:
    """True for the page, and for programs that ask: a program would download each preview and throw it away."""
    return is_page(request) or PREVIEW_HEADER in _headers(request)


def is_page(request: gr.Request | None) -> bool:
    """True where a browser shows the answer, and not a program that takes the outputs alone."""
    return _headers(request).get("x-gradio-user") == "app"


def _headers(request: gr.Request | None) -> Mapping[str, str]:
    return request.headers if request is not None and request.headers else {}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A run at one moment: the status line to show, and the newest unfinished output or the result with its files."""

    status: str
    event: Progress | None = None
    result: Result | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def preview(self) -> Any:
        """The newest unfinished output, made when it is read; None when there is nothing new."""
        return None if self.event is None else self.event.preview


def moments(studio: Studio, asked: Request, request: gr.Request | None) -> Generator[Moment, None, None]:
    """Run a request at the visitor's cost; close it and the work stops.

    Yields:
        The status of each stage's first step, then a moment every :data:`UPDATE_S` at most, or after every step where steps
        take longer; at last the result, saved where it is one for files.
    """
    start = shown = time.monotonic()
    stage = ""
    run = studio.kept.of(request)
    with closing(studio.run(asked, visitor(request))) as events, studio.jobs.begin(asked, run) as job:
        for event in events:
            job.note(event)
            now = time.monotonic()
            if isinstance(event, Result):
                files = studio.save(event, job.folder) if asked.endings else {}  # some answers are for the page alone
                job.done(event, files)
                yield Moment(status=finished(event), result=event, files=files)
            elif now - shown >= UPDATE_S:
                yield Moment(status=running(event, now - start), event=event)
                shown = time.monotonic()
                stage = event.stage
            elif event.stage != stage:  # the first step is told at once: the second may be long in coming
                yield Moment(status=running(event, now - start))
                stage = event.stage


@dataclass(frozen=True, kw_only=True)
class Report:
    """The components in which a tab says how a run goes."""

    notice: Any
    chosen: Any
    status: Any
    go: Any
    stop: Any
    files: Any
    recipe: Any

    @property
    def outputs(self) -> list[Any]:
        """In the order of the endpoints, whose last value is the recipe."""
        return [self.files, self.notice, self.chosen, self.status, self.go, self.stop, self.recipe]

    def busy(self) -> Update:
        """Stop takes the place of the primary button."""
        return buttons.busy(self.go, self.stop)

    def idle(self) -> Update:
        """The primary button is back."""
        return buttons.idle(self.go, self.stop)

    def started(self) -> Update:
        """The state before the first step."""
        return {self.notice: "", self.chosen: "", self.status: running(None), **self.busy()}

    def done(self, asked: Request, moment: Moment) -> Update:
        """The state at the end, beside the output."""
        assert moment.result is not None
        made = {self.files: list(moment.files.values()), self.recipe: dict(moment.result.recipe)}
        return {**made, self.notice: remarks(asked), self.status: moment.status, **self.idle()}

    def unfinished(self) -> Update:
        """The state from the first preview on: files and recipe of the result before it are not those of what is shown."""
        return {self.files: None, self.recipe: None}

    def failed(self, error: BaseException) -> Update:
        """The message; outputs keep what they hold."""
        return {self.notice: notice(*explain(error)), self.status: IDLE, **self.idle()}


def play(
    studio: Studio,
    report: Report,
    make: Callable[[], Request],
    show: Show,
    preview: Preview | None,
    request: gr.Request,
) -> Updates:
    """Run the request that ``make`` builds; yield updates of the outputs and of ``report``.

    Nothing that was shown before is cleared by an error: outputs keep what they hold, the notice says what happened. Files and
    recipe belong to what is shown: they go with the first preview, and come with the result. A program gets the outputs and
    the recipe alone: it sees neither status nor buttons, and the list of files would be copied for nobody.
    """
    if not is_page(request):
        yield from _play_to_program(studio, report, make, show, preview, request)
        return
    yield report.started()
    before = report.unfinished()
    try:
        asked = make()
        with closing(moments(studio, asked, request)) as seen:
            for moment in seen:
                if moment.result is not None:
                    yield {**show(moment.result, moment.files), **report.done(asked, moment)}
                elif preview is not None and moment.preview is not None:
                    yield {**preview(moment.preview), **before, report.status: moment.status}
                    before = {}
                else:
                    yield {report.status: moment.status}
    except (Exception, SystemExit) as error:
        yield report.failed(error)
        raise quiet(error) from error


def _play_to_program(
    studio: Studio,
    report: Report,
    make: Callable[[], Request],
    show: Show,
    preview: Preview | None,
    request: gr.Request,
) -> Updates:
    def outputs(result: Result, files: Mapping[str, str]) -> Update:
        return {**show(result, files), report.recipe: dict(result.recipe)}

    yield {}
    try:
        yield from answer(studio, make, outputs, request, preview)
    except (Exception, SystemExit) as error:
        raise quiet(error) from error


def answer(
    studio: Studio, make: Callable[[], Request], show: Show, request: gr.Request, preview: Preview | None = None
) -> Updates:
    """Like :func:`play`, for endpoints that have no page: nothing but the outputs."""
    with closing(moments(studio, make(), request)) as seen:
        for moment in seen:
            if moment.result is not None:
                yield Final(show(moment.result, moment.files))
            elif preview is not None and moment.preview is not None:
                yield preview(moment.preview)
            else:
                yield {}  # a program that has left is noticed between two yields


class Said(gr.Error):
    """An error in both languages; programs read the English one."""

    def __init__(self, error: BaseException, **options: Any) -> None:
        self.en, self.zh = explain(error)
        super().__init__(self.en, print_exception=False, **options)

    def for_page(self) -> None:
        """Make it a pop-up in the page's language."""
        self.message, self.title = bilingual(self.en, self.zh), bilingual("This did not work", "未能完成")


def quiet(error: BaseException) -> Said:
    """The error as the API gives it back; the page shows it in place and no pop-up."""
    return Said(error, visible=False)


def remarks(request: Request) -> str:
    """Remarks on a request that was run, such as a picture whose end is missing, or words that the model does not know."""
    said = (*inputs.notes(request), *support.notes(request))
    return notice("; ".join(en for en, _ in said), "；".join(zh for _, zh in said), error=False) if said else ""


def guard(fn: Callable[..., Any]) -> Callable[..., Any]:
    """For small handlers: any failure becomes a ``gr.Error`` with a clear message and the server lives on."""

    @wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        except gr.Error:
            raise
        except (Exception, SystemExit) as error:
            raise Said(error) from error

    return wrapped


def explain(error: BaseException) -> tuple[str, str]:
    """The message for the user in English and Chinese; anything unforeseen is logged, not shown."""
    if isinstance(error, AigcError):
        return hide_paths(str(error)), hide_paths(error.zh)
    if isinstance(error, gr.Error):
        return hide_paths(str(error.message)), hide_paths(str(error.message))
    log.error("unforeseen failure in a handler", exc_info=error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return (
            "There was not enough memory for this. Ask for less (smaller picture, fewer tokens) or choose a smaller model.",
            "内存不足。请减少用量（更小的图片、更短的文本）或改用更小的模型。",
        )
    kind = type(error).__name__
    return (
        f"Something went wrong inside the app ({kind}). Your input is kept; details are in the server's log.",
        f"程序内部出错（{kind}）。输入内容已保留，详情见服务器日志。",
    )


def emptied(component: gr.components.Component) -> Any:
    """The value of a component that shows nothing."""
    return "" if isinstance(component, (gr.HTML, gr.Markdown, gr.Textbox)) else None


_PATH = re.compile(r"(?<![A-Za-z0-9_:/.~<])(?:~|[A-Za-z]:)?[\\/](?:[\w.+@%~-]+[\\/])+")
"""The folders of an absolute path, up to its last part."""


def hide_paths(text: str) -> str:
    """The text with absolute paths cut down to their last part: folders of the server are nobody's business."""
    return _PATH.sub("", text)


def notice(en: str, zh: str, *, error: bool = True) -> str:
    """A message shown where the output would be."""
    kind, role = ("notice", "alert") if error else ("notice info", "status")
    return f'<div class="{kind}" role="{role}">{both_text(en, zh)}</div>'


def _waiting(jobs: int, seconds: int | None) -> str:
    """Say in words how many jobs are ahead, and how long they take."""
    en = f"Waiting: {jobs} job{'s' if jobs > 1 else ''} ahead"
    zh = f"排队中：前面还有 {jobs} 个任务"
    if seconds is None:
        return both(en, zh)
    return both(f"{en}, about {max(1, seconds)} s", f"{zh}，约 {max(1, seconds)} 秒")


_STAGES = {"fetch": ("Fetching", "正在下载"), "load": ("Loading", "正在加载"), "run": ("Running", "正在生成")}


def running(event: Progress | None, seconds: float = 0.0) -> str:
    """The status line while it works; before the first event None."""
    if event is None:
        return f'<div class="status" role="status"><progress></progress>{both("Starting…", "准备中…")}</div>'
    if event.stage == "wait":
        return f'<div class="status" role="status"><progress></progress><span>{_waiting(event.step, event.total)}</span></div>'
    en, zh = _STAGES[event.stage]
    count = f"{event.step}/{event.total}" if event.total else f"{event.step}"
    if event.stage == "fetch":
        count = f"{event.step / 1e6:.0f}/{(event.total or 0) / 1e6:.0f} MB"
    elif event.stage == "load":
        count = ""
    bar = f'<progress max="{event.total}" value="{event.step}"></progress>' if event.total else "<progress></progress>"
    note = f" <span>{_note(event)}</span>" if event.message else ""
    return f'<div class="status" data-stage="{event.stage}">{bar}<span>{both(en, zh)} {count}</span>{note}{f"<span>{seconds:.1f} s</span>" if seconds else ""}</div>'


_MESSAGES = (
    (re.compile(r"line (.+)"), "诗行 {}"),
    (re.compile(r"part (\d+) of (\d+)"), "第 {} 段，共 {} 段"),
    (re.compile(r"merging (\d+) of (\d+)"), "合并第 {} 段，共 {} 段"),
    (re.compile(r"prompt (.+)"), "已读提示词 {}"),
    (re.compile(r"sound(.*)"), "合成音频{}"),
    (re.compile(r"tokens"), "token"),
    (re.compile(r"layers"), "层"),
)
"""The messages of pipelines that hold words, and what they are in Chinese."""


def _note(event: Progress) -> str:
    """The message of an event in both languages: the name of the model that is loaded, or how far the work is."""
    if event.stage == "load":
        titles = {spec.name: spec.titles for spec in registry.list_models()}
        return both_text(*titles.get(event.message, (event.message, event.message)))
    for pattern, zh in _MESSAGES:
        if found := pattern.fullmatch(event.message):
            return both_text(event.message, zh.format(*found.groups()))
    return html.escape(event.message)


_FACTS: Mapping[str, tuple[str, str]] = {
    "steps": ("{} steps", "{} 步"),
    "new_tokens": ("{} tokens", "{} 个 token"),
    "bars": ("{} bars", "{} 小节"),
    "key": ("{}", "{}"),
    "instrument": ("{}", "{}"),
    "voice": ("voice {}", "音色 {}"),
    "style": ("style {}", "风格 {}"),
    "audio_seconds": ("{} s of sound", "音频 {} 秒"),
    "guidance_scale": ("guidance {}", "引导强度 {}"),
    "compression": ("{:.0%} of the length", "篇幅 {:.0%}"),
    "repainted_pixels": ("{} pixels repainted", "重绘 {} 像素"),
    "unsupported": ("{} unsupported", "{} 处无依据"),
    "dropped_messages": ("{} old messages left out", "略去 {} 条旧消息"),
    "draft_acceptance": ("{:.0%} of the drafts stood", "草稿接受率 {:.0%}"),
    "width": ("{} px wide", "宽 {} 像素"),
    "height": ("{} px high", "高 {} 像素"),
}
"""The facts of a pipeline that the status line tells, in both languages; the recipe has them all."""


def _as_is(value: Any) -> Any:
    return value


_VALUES_ZH: Mapping[str, Callable[[Any], Any]] = {
    "key": lambda key: names.key_zh(str(key)),
    "style": lambda style: names.STYLES_ZH.get(style, style),
    "instrument": lambda instrument: names.INSTRUMENTS_ZH.get(instrument, instrument),
}
"""Values that are words, in Chinese."""


def finished(result: Result) -> str:
    """The status line: model · seconds · seed · what else the pipeline says."""
    made = result.recipe
    title = both_text(*registry.find(str(made["model"])).titles)
    facts = [(key, *_FACTS[key], value) for key, value in result.info.items() if key in _FACTS]
    parts = [
        f"<b>{title}</b>",
        f"{result.seconds:.2f} s",
        both(f"seed {made['seed']}", f"种子 {made['seed']}"),
    ]
    parts += [
        both_text(en.format(value), zh.format(_VALUES_ZH.get(key, _as_is)(value))) for key, en, zh, value in facts
    ]
    return f'<div class="status" role="status"><span>{" · ".join(parts)}</span></div>'
