"""The app's ledger of jobs behind the page: what is entered, what the list shows and to whom, and where it is kept."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from toys import Squares, row

from aigc_core import registry
from aigc_core.errors import InvalidRequestError
from aigc_core.jobs.ledger import Job, Limits, Wanted, owner_of
from aigc_core.jobs.place import NAME
from aigc_core.tasks.faces import EditFaceRequest, FacesRequest
from aigc_core.tasks.learn import LearnRequest, figures
from aigc_core.types import Result
from demos.jobs.tab import JobsPage
from demos.ui import page, player, recording
from demos.ui.kept import Run
from demos.ui.studio import Studio

ANNA, BERT = "a" * 32, "b" * 32
WINDOW = "1" * 32


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    monkeypatch.setattr(registry, "_table", lambda: {"faces-toy": row()})
    made = Studio(outputs=tmp_path, keep=Limits())
    made.kept.open("anna", ANNA, WINDOW)
    made.kept.open("bert", BERT, WINDOW)
    return made


def asked_by(session: str) -> Any:
    return SimpleNamespace(session_hash=session, client=None, headers={"x-gradio-user": "app"})


def play(studio: Studio, session: str, prompt: str = "", steps: int | None = None) -> Run | None:
    """A run of a page, or of a program, left after so many moments."""
    request = asked_by(session)
    run = studio.kept.begin(session, "faces", {"prompt": prompt}, request)
    moments = player.moments(studio, FacesRequest(prompt=prompt, count=2, seed=5), request)
    seen = list(moments) if steps is None else [next(moments) for _ in range(steps)]
    moments.close()
    if run is not None:
        studio.kept.end(run, "done" if seen[-1].result else "stopped", {"parts": {}, "look": "<i>look</i>"})
    return run


def listed(studio: Studio, session: str, *filters: str, **sent: Any) -> str:
    shown = JobsPage(studio, "shown", "packed")
    given = (*filters, "", "", "")[:3]
    return str(shown.look(asked_by(session), SimpleNamespace(_data=sent), *given).get("shown", ""))  # type: ignore[arg-type]


def act(studio: Studio, session: str, act: str, ids: list[str]) -> Any:
    event: Any = SimpleNamespace(_data={"act": act, "ids": ids})
    return JobsPage(studio, "shown", "packed").act(asked_by(session), event, "", "", "")["packed"]


def ids(found: str) -> list[str]:
    return re.findall(r'data-id="(\w+)"', found)


def owned(studio: Studio, key: str) -> list[Job]:
    return studio.jobs.ledger.jobs(Wanted(owner_of(key)))


def test_every_end_of_a_job_is_entered(studio: Studio) -> None:
    play(studio, "anna", "well")
    play(studio, "anna", "left early", steps=1)
    with pytest.raises(RuntimeError):
        play(studio, "anna", "bug")
    told = {job.request["parameters"]["prompt"]: job for job in owned(studio, ANNA)}
    assert {prompt: job.state for prompt, job in told.items()} == {
        "well": "done",
        "left early": "stopped",
        "bug": "failed",
    }
    done = told["well"]
    assert done.seconds and done.peak_rss_mb and done.size > 0 and done.request["generated"]
    assert (studio.jobs.runs / done.folder / done.files["sheet"]).is_file()
    assert "secret detail" not in told["bug"].message and "RuntimeError" in told["bug"].message
    assert not [job for job in told.values() if job.ended is None]


def test_what_a_program_asks_for_is_counted_and_its_files_are_not_kept(studio: Studio) -> None:
    play(studio, "program")
    (job,) = studio.jobs.ledger.jobs(Wanted(""))
    assert job.state == "done" and job.seconds and not job.folder and not studio.jobs.ledger.folders()
    assert [one.model for one in studio.jobs.ledger.observations(9)] == ["faces-toy"]


def test_a_figure_of_the_course_is_no_job(studio: Studio) -> None:
    with studio.jobs.begin(LearnRequest(figure=next(iter(figures())))) as job:
        assert job.folder is None
    assert studio.jobs.ledger.count(Wanted()) == 0


def test_a_browser_sees_its_own_jobs_alone(studio: Studio) -> None:
    for session, prompt in (("anna", "red"), ("anna", "blue"), ("bert", "green")):
        play(studio, session, prompt)
    assert len(ids(listed(studio, "anna"))) == 2 and "<i>look</i>" in listed(studio, "anna")
    assert "green" in listed(studio, "bert") and "green" not in listed(studio, "anna")
    assert ids(listed(studio, "stranger")) == [] and listed(studio, "stranger") == ""
    (theirs,) = ids(listed(studio, "bert"))
    act(studio, "anna", "delete", [theirs])
    act(studio, "anna", "pin", [theirs])
    assert not isinstance(act(studio, "anna", "export", [theirs]).get("value"), list)
    (left,) = owned(studio, BERT)
    assert left.id == theirs and not left.pinned
    assert ids(listed(studio, "anna", "RED")) == ids(listed(studio, "anna"))[1:]
    assert ids(listed(studio, "anna", "", "failed")) == [] == ids(listed(studio, "anna", "", "", "speak"))
    assert ids(listed(studio, "anna", limit=1)) == ids(listed(studio, "anna"))[:1]


def test_pin_export_and_delete(studio: Studio) -> None:
    play(studio, "anna", "<b>bold</b>")
    play(studio, "anna", "second")
    assert "<b>bold" not in listed(studio, "anna") and "&lt;b&gt;bold" in listed(studio, "anna")
    second, first = owned(studio, ANNA)
    act(studio, "anna", "pin", [first.id])
    file = act(studio, "anna", "export", [first.id, second.id])["value"][0]
    assert studio.folders.owns(file)
    with zipfile.ZipFile(file) as packed:
        names = packed.namelist()
    assert "jobs.json" in names and len(names) == 1 + len(first.files) + len(second.files)
    act(studio, "anna", "delete", [second.id])
    assert [job.id for job in owned(studio, ANNA)] == [first.id] and not (studio.jobs.runs / second.folder).exists()
    assert [run.values for run in studio.kept.done(studio.kept.page("anna"), "faces")] == [{"prompt": "<b>bold</b>"}]  # type: ignore[arg-type]


def test_the_history_of_a_tab_and_the_list_forget_together(studio: Studio) -> None:
    run, anna = play(studio, "anna"), studio.kept.page("anna")
    assert run is not None and anna is not None
    (job,) = owned(studio, ANNA)
    studio.folders.delete_runs(studio.kept.forget(anna, "faces", run.id))
    assert owned(studio, ANNA) == [] and not (studio.jobs.runs / job.folder).exists()


def test_files_of_jobs_outlive_the_day_and_go_with_the_budget(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    play(studio, "anna")
    play(studio, "program")
    (job,) = owned(studio, ANNA)
    monkeypatch.setattr("demos.ui.folders.AGE_S", -1)
    studio.tidy()
    assert [folder.name for folder in studio.jobs.runs.iterdir()] == [job.folder]
    studio.jobs._limits = Limits(total_bytes=0)
    studio.jobs.prune()
    assert list(studio.jobs.runs.iterdir()) == []


def test_a_picture_that_was_given_lies_with_the_job(studio: Studio, tmp_path: Path) -> None:
    from aigc_core.tasks.stylize import StylizeRequest

    run = studio.kept.begin("anna", "stylize", {"image": "/gone.png"})
    assert run is not None
    toy = row("style-toy", task="stylize", accepts=StylizeRequest.varies)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_table", lambda: {"style-toy": toy})
        with studio.jobs.begin(StylizeRequest(image=Image.new("RGB", (9, 7), "navy"), model="style-toy"), run):
            pass
    found = studio.jobs.pictures(run.owner, run.id)
    assert Image.open(found["image"]).size == (9, 7) and studio.folders.owns(found["image"])
    assert studio.jobs.pictures(owner_of(BERT), run.id) == {}


def test_neither_a_photo_that_is_not_kept_nor_what_was_cut_from_it_stays(studio: Studio) -> None:
    run = studio.kept.begin("anna", "faces-edit", {})
    file = studio.folders.new_run() / "aligned.png"
    file.write_bytes(b"x")
    with studio.jobs.begin(EditFaceRequest(image=Image.new("RGB", (9, 7)), model="faces-toy"), run) as job:
        job.done(Result(output=None, seconds=1.0), {"aligned": str(file)})
    assert [(one.state, one.folder) for one in owned(studio, ANNA)] == [("done", "")]
    assert not studio.jobs.ledger.folders()


def test_a_ledger_that_cannot_be_written_says_so_on_the_page(studio: Studio) -> None:
    play(studio, "anna", "before")
    studio.jobs.ledger._db.execute("PRAGMA query_only = 1")  # type: ignore[attr-defined]
    play(studio, "anna", "after")
    shown = listed(studio, "anna")
    assert "kept in memory" in shown and "before" in shown and "after" in shown


@pytest.mark.parametrize(
    ("flags", "environment", "kept"),
    [
        ([], {}, "home"),
        (["--public"], {}, None),
        (["--host", "0.0.0.0"], {}, None),
        ([], {"SPACE_ID": "user/space"}, None),
        ([], {"SPACE_ID": "user/space", "DISK": "1"}, "disk"),
    ],
    ids=["at home", "public", "network", "Space", "Space with a disk"],
)
def test_jobs_are_kept_unasked_at_home_and_on_a_disk_of_a_space_alone(flags: list[str], environment: dict[str, str], kept: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(page, "SPACE_DISK", tmp_path / "disk")
    if environment.pop("DISK", ""):
        (tmp_path / "disk").mkdir()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = page._usual_outputs(page.parser().parse_args(flags))
    assert found == (tmp_path / kept if kept else None)


def test_a_home_that_cannot_be_written_leaves_the_ledger_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert page._usual_outputs(page.parser().parse_args([])) is None
    made = Studio()
    assert made.jobs._limits == recording.IN_MEMORY and not (made.folders.root / "jobs.sqlite").exists()


def cut_short(studio: Studio, session: str, prompt: str, **values: Any) -> Job:
    """A job of a page that an earlier server has begun and not ended."""
    run = studio.kept.begin(session, "faces", {"prompt": prompt})
    assert run is not None
    studio.jobs.begin(FacesRequest(model="faces-toy", prompt=prompt, count=2, seed=5), run)
    studio.kept.end(run, "stopped")
    job = owned(studio, ANNA if session == "anna" else BERT)[0]
    studio.jobs.ledger.change(job.id, server="0" * 16, state="cut", **values)
    return job


def test_a_job_that_is_run_again_takes_the_place_of_the_one_that_was_cut(studio: Studio) -> None:
    cut, theirs = cut_short(studio, "anna", "red", pinned=True), cut_short(studio, "bert", "red")
    play(studio, "anna", "blue")
    assert {job.state for job in owned(studio, ANNA)} == {"cut", "done"}, "another request leaves it"
    play(studio, "anna", "red")
    states = {job.request["parameters"]["prompt"]: job.state for job in owned(studio, ANNA)}
    assert states == {"red": "done", "blue": "done"} and len(owned(studio, ANNA)) == 2
    assert studio.jobs.ledger.job(cut.id) is None and owned(studio, ANNA)[0].pinned
    assert [job.id for job in owned(studio, BERT)] == [theirs.id], "another browser's stays"


def test_the_picture_of_a_job_that_was_cut_is_the_next_ones(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    from aigc_core.tasks.stylize import StylizeRequest

    toy = row("style-toy", task="stylize", accepts=StylizeRequest.varies)
    monkeypatch.setattr(registry, "_table", lambda: {"style-toy": toy})
    asked = StylizeRequest(image=Image.new("RGB", (9, 7), "navy"), model="style-toy")

    def begun() -> Job:
        run = studio.kept.begin("anna", "stylize", {})
        assert run is not None
        with studio.jobs.begin(asked, run):
            return owned(studio, ANNA)[0]

    first = begun()
    studio.jobs.ledger.change(first.id, state="cut")
    second = begun()
    assert second.folder == first.folder and second.inputs == first.inputs and second.size == first.size
    assert Image.open(studio.jobs.pictures(owner_of(ANNA), second.snapshot)["image"]).size == (9, 7)
    studio.jobs.ledger.change(second.id, state="cut")
    studio.folders.delete_runs([second.folder])
    third = begun()
    assert third.folder != second.folder and (studio.jobs.runs / third.folder / third.inputs["image"]).is_file()


def test_a_cut_job_that_cannot_be_made_again_stays_cut(studio: Studio, tmp_path: Path) -> None:
    good, bad = (
        Job(task="faces", kind="faces", model="faces-toy", request=made, server="0" * 16, state="running", owner="o")
        for made in ({"task": "faces", "model": "faces-toy", "seed": 4, "parameters": {"count": 1}}, {"task": "gone"})
    )
    studio.jobs.ledger.add(good)
    studio.jobs.ledger.add(bad)
    again = Studio(outputs=tmp_path, keep=Limits())
    assert {job.id for job in again.jobs.cut} == {good.id, bad.id}
    again.jobs.resume(lambda asked: again.run(asked, "local"), again.save)
    states = {job.id: job.state for job in again.jobs.ledger.jobs(Wanted("o"))}
    assert states == {good.id: "done", bad.id: "cut"}
    assert (tmp_path / NAME / "runs").is_dir() and Squares.closed
    with pytest.raises(InvalidRequestError):
        again.ask(FacesRequest(model="faces-toy", count=99), "local")
