"""The server's side of a reload: runs are kept for one browser, within bounds, and end when nobody comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from aigc_core.jobs.sqlite import FILE, SqliteLedger
from demos.ui import history, kept, presence
from demos.ui.kept import Kept, Page
from demos.ui.lanes import Lanes
from demos.ui.presence import Presence

ANNA, BERT = "a" * 32, "b" * 32
WINDOW, OTHER = "1" * 32, "2" * 32


def ledger(kept_in: SqliteLedger | None = None) -> Kept:
    made = Kept(kept_in)
    assert made.open("anna", ANNA, WINDOW) and made.open("bert", BERT, WINDOW)
    return made


def finished(made: Kept, session: str = "anna", tab: str = "faces", text: str = "x") -> kept.Run:
    run = made.begin(session, tab, {"prompt": text})
    assert run is not None
    made.end(run, "done", {"shown": text})
    return run


def ids(runs: list[kept.Run]) -> list[str]:
    return [run.id for run in runs]


def test_a_browser_gets_its_own_runs_alone() -> None:
    made = ledger()
    first, second = finished(made), finished(made)
    finished(made, "bert")
    assert ids(made.done(Page(ANNA, OTHER), "faces")) == [second.id, first.id], "another window of it has them, too"
    assert made.done(Page(ANNA, WINDOW), "speak") == []
    last = made.last(Page(ANNA, WINDOW), "faces")
    assert last is not None and (last.id, last.values, last.stored) == (second.id, {"prompt": "x"}, {"shown": "x"})
    assert made.last(Page(ANNA, OTHER), "faces") is None
    assert made.past(Page(BERT, WINDOW), "faces", first.id) is made.past(Page(ANNA, WINDOW), "speak", first.id) is None
    made.forget(Page(BERT, WINDOW), "faces", first.id)
    made.forget(Page(ANNA, WINDOW), "faces", second.id)
    assert ids(made.done(Page(ANNA, WINDOW), "faces")) == [first.id]
    made.forget(Page(ANNA, WINDOW), "faces")
    assert made.done(Page(ANNA, WINDOW), "faces") == [] and len(made.done(Page(BERT, WINDOW), "faces")) == 1


@pytest.mark.parametrize("names", [("", WINDOW), ("a" * 31, WINDOW), (ANNA, "../x"), (None, None), (3, [])])
def test_a_name_that_no_page_draws_opens_nothing(names: Any) -> None:
    made = Kept()
    assert made.open("session", *names) is None
    assert made.begin("session", "faces", {}) is None, "the runs of programs are not kept"


def test_a_tab_lists_its_newest_small_runs(tmp_path: Path) -> None:
    made, page = ledger(SqliteLedger(tmp_path / FILE)), Page(ANNA, WINDOW)
    large = finished(made, text="y" * kept.RUN_BYTES)
    assert made.done(page, "faces") == []
    runs = [finished(made) for _ in range(kept.PER_TAB + 3)]
    listed = ids(runs)[: -kept.PER_TAB - 1 : -1]
    assert ids(made.done(page, "faces")) == listed
    after = Kept(SqliteLedger(tmp_path / FILE))  # another start of the server
    assert ids(after.done(page, "faces")) == listed and after.done(Page(BERT, WINDOW), "faces") == []
    assert after.past(page, "faces", runs[0].id) and (found := after.past(page, "faces", large.id))
    assert found.stored == {}


def test_the_ledger_holds_no_key_of_a_browser(tmp_path: Path) -> None:
    finished(ledger(SqliteLedger(tmp_path / FILE)))
    files = list(tmp_path.iterdir())
    assert files and not [file for file in files if ANNA.encode() in file.read_bytes()]


def test_an_output_keeps_its_newest_value_and_what_else_was_changed() -> None:
    run = kept.Run("faces", Page(ANNA, WINDOW), "anna", {})
    for update in (
        {"a": "1", "b": gr.update(visible=True)},
        {"a": gr.skip(), "b": "2"},
        {"a": gr.update(visible=False)},
    ):
        run.note(update)
    assert run.shown == {"a": gr.update(value="1", visible=False), "b": gr.update(visible=True, value="2")}


# --- runs -----------------------------------------------------------------------------------------------------------


def tab_of(made: Kept) -> Any:
    report, outputs = SimpleNamespace(recipe="recipe", files="files"), ["sheet", "recipe"]
    studio = SimpleNamespace(kept=made, lanes=Lanes(), folders=SimpleNamespace(root=Path("/nowhere")))
    return SimpleNamespace(name="faces", studio=studio, report=report, history="strip", event={"outputs": outputs})


def steps(request: Any, count: int) -> Generator[dict[str, Any], None, None]:
    for step in range(count):
        yield {"sheet": step}
    yield {"sheet": "whole", "recipe": {"seed": 1}, "files": []}


def test_what_a_page_is_told_is_kept_and_a_program_is_told_the_same() -> None:
    made = ledger()
    run = history.recorded(tab_of(made), steps)
    of_page = list(run(SimpleNamespace(session_hash="anna"), count=2))
    of_program = list(run(SimpleNamespace(session_hash="client"), count=2))
    assert of_program == list(steps(None, 2))
    assert of_page == [*of_program[:-1], {**of_program[-1], "strip": of_page[-1]["strip"]}]
    (done,) = made.done(Page(ANNA, WINDOW), "faces")
    shown = {"sheet": "whole", "recipe": {"seed": 1}}
    assert (
        history._shown(tab_of(made), done) == shown and done.values == {"count": 2} and done.id in of_page[-1]["strip"]
    )


def test_the_last_message_holds_all_of_the_end_for_a_page_may_miss_the_one_before() -> None:
    def without_recipe(request: Any) -> Generator[dict[str, Any], None, None]:
        yield {"sheet": 1}
        yield {"go": gr.update(visible=True)}

    for handler, end in ((steps, {"sheet": "whole", "recipe": {"seed": 1}, "files": []}), (without_recipe, {"go": gr.update(visible=True)})):  # fmt: skip
        values = {"count": 2} if handler is steps else {}
        *_, last = history.recorded(tab_of(ledger()), handler)(SimpleNamespace(session_hash="anna"), **values)
        assert last == {**end, "strip": last["strip"]}


def test_a_result_is_not_lost_where_a_stop_or_more_comes_after_it() -> None:
    def twice(request: Any) -> Generator[dict[str, Any], None, None]:
        yield {"sheet": 1, "recipe": {"seed": 1}}
        yield {"sheet": 2}
        yield {"sheet": 3, "recipe": {"seed": 2}}

    made, asked = ledger(), SimpleNamespace(session_hash="anna")
    assert [one["sheet"] for one in history.recorded(tab_of(made), twice)(asked)] == [1, 2, 3]
    run = history.recorded(tab_of(made), twice)(asked)
    assert next(run)["sheet"] == 1
    history.stop(tab_of(made), asked)
    assert [one["sheet"] for one in run] == [2]


def test_a_run_that_is_stopped_or_fails_is_no_result() -> None:
    made, asked = ledger(), SimpleNamespace(session_hash="anna")
    closed = history.recorded(tab_of(made), steps)(asked, count=2)
    next(closed)
    assert made.running(session="anna")
    closed.close()
    stopped = history.recorded(tab_of(made), steps)(asked, count=5)
    next(stopped)
    history.stop(tab_of(made), asked)  # as a page does that was reloaded
    assert len(list(stopped)) < 5

    def fails(request: Any) -> Generator[dict[str, Any], None, None]:
        yield {"sheet": 1}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(history.recorded(tab_of(made), fails)(asked))
    assert not made.running() and not made.done(Page(ANNA, WINDOW), "faces")


# --- pages that come and go -----------------------------------------------------------------------------------------


class Queue:
    """Of Gradio's queue, what a presence looks at."""

    def __init__(self, *waiting: str) -> None:
        self.cleaned: list[str] = []
        self.pending_messages_per_session: dict[str, Any] = {}
        self.event_ids_to_events: dict[str, Any] = {}
        queued = [SimpleNamespace(session_hash=session) for session in waiting]
        self.event_queue_per_concurrency_id = {"model": SimpleNamespace(queue=queued)}

    async def clean_events(self, *, session_hash: str | None = None, event_id: str | None = None) -> None:
        self.cleaned.append(session_hash or "")

    async def push(self, body: Any) -> None: ...


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, ticks in (("LOST_S", 2), ("BUSY_S", 20), ("AWAY_S", 100_000)):
        monkeypatch.setattr(presence, name, ticks * 0.001)
    monkeypatch.setattr(presence, "TICK_S", 0.001)


async def ended(run: kept.Run, ticks: int = 400) -> bool:
    for _ in range(ticks):
        if run.stopping:
            return True
        await asyncio.sleep(0.001)
    return run.stopping


@pytest.mark.parametrize(
    ("goodbye", "waiting", "over"),
    [(False, [], True), (True, [], False), (True, ["bert"], True), (True, ["anna"], False)],
    ids=["killed", "left", "left while another waits", "left with a second job"],
)
def test_a_run_whose_page_is_gone(quick: None, goodbye: bool, waiting: list[str], over: bool) -> None:
    async def leave() -> None:
        made, queue = ledger(), Queue(*waiting)
        watched, run = Presence(made, queue, lambda: None), made.begin("anna", "faces", {})
        assert run is not None
        if goodbye:
            watched.said_goodbye(ANNA)
        await queue.clean_events(session_hash="anna")
        assert not run.stopping and not queue.cleaned, "nothing ends at once"
        queue.pending_messages_per_session["anna"].put_nowait("nobody reads it")
        assert await ended(run) == over
        assert queue.cleaned == (["anna"] if over else [])

    asyncio.run(leave())


def test_a_page_of_the_same_browser_takes_over_and_its_own_end_then_counts(quick: None) -> None:
    async def reload() -> None:
        made, queue = ledger(), Queue()
        watched, run = Presence(made, queue, lambda: None), made.begin("anna", "faces", {})
        assert run is not None
        watched.said_goodbye(ANNA)
        watched.went("anna")
        watched.came("bert", Page(BERT, WINDOW))
        assert run.session == "anna", "another browser takes nothing over"
        page = made.open("again", ANNA, WINDOW)
        assert page is not None
        watched.came("again", page)
        assert run.session == "again" and not await ended(run, 30)
        watched._goodbyes.clear()
        watched.went("again")
        assert await ended(run) and set(queue.cleaned) == {"anna", "again"}

    asyncio.run(reload())


def test_the_events_of_programs_end_with_their_connection() -> None:
    queue = Queue()
    Presence(ledger(), queue, lambda: None)
    asyncio.run(queue.clean_events(session_hash="client"))
    assert queue.cleaned == ["client"]


def test_a_program_whose_heartbeat_ends_still_gets_its_answer() -> None:
    async def beat() -> None:
        queue = Queue()
        messages: asyncio.Queue[str] = asyncio.Queue()
        queue.pending_messages_per_session["client"] = messages
        queue.event_ids_to_events["1"] = SimpleNamespace(session_hash="client")
        watched = Presence(ledger(), queue, lambda: None)
        watched.went("client")
        assert queue.pending_messages_per_session["client"] is messages and not watched._gone

    asyncio.run(beat())
