"""The app's own folder: nothing else is deleted or served, nobody else's is used, and uploads do not push results out."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from aigc_core.errors import InvalidRequestError
from demos.ui import folders
from demos.ui.folders import Folders, prepare
from demos.ui.uploads import FILES, Ledger

RUN, COPY = "a" * 32, "b" * 64


def put(folder: Path, *, age_s: float = 0, size: int = 3) -> Path:
    folder.mkdir(parents=True)
    with (folder / "a.png").open("wb") as handle:
        handle.truncate(size)  # sparse
    os.utime(folder, (time.time() - age_s,) * 2)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Folders:
    return prepare(tmp_path / "outputs")


def test_it_is_marked_and_private(own: Folders) -> None:
    assert own.root.name == "aigc-studio" and (own.root / folders.MARKER).is_file()
    for folder in (own.root, own.uploads, own.root / "runs", own.new_run()):
        assert folder.stat().st_mode & 0o077 == 0
    assert prepare(own.root.parent).root == own.root, "it can be used again"


def test_the_default_is_private_to_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(folders.tempfile, "gettempdir", lambda: str(tmp_path))
    made = prepare()
    assert made.root.parent == tmp_path and made.root.stat().st_mode & 0o077 == 0
    squatted = tmp_path / "squatted"
    squatted.mkdir()
    monkeypatch.setattr(folders.tempfile, "gettempdir", lambda: str(squatted))
    (squatted / made.root.name).symlink_to("/")
    monkeypatch.setattr(folders.tempfile, "tempdir", str(squatted))
    other = prepare()
    assert other.root.name != made.root.name and other.root.stat().st_mode & 0o077 == 0


def test_what_others_put_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "aigc-studio").symlink_to(tmp_path)
    put(tmp_path / "full" / "aigc-studio")
    (tmp_path / "file").mkdir()
    (tmp_path / "file" / "aigc-studio").write_text("")
    for name in ("link", "full", "file"):
        with pytest.raises(InvalidRequestError, match="--outputs"):
            prepare(tmp_path / name)
    assert (tmp_path / "full" / "aigc-studio" / "a.png").exists()
    (tmp_path / "theirs").mkdir()
    prepare(tmp_path / "theirs")
    monkeypatch.setattr(folders.os, "getuid", lambda: 123456)
    with pytest.raises(InvalidRequestError, match="belongs to somebody else"):
        prepare(tmp_path / "theirs")


def test_only_old_folders_of_our_own_names_go(own: Folders) -> None:
    day = 25 * 3600
    gone = [
        put(own.root / "runs" / RUN, age_s=day),
        put(own.root / COPY, age_s=day),
        put(own.uploads / COPY, age_s=day),
    ]
    kept = [
        put(own.root / "runs" / ("c" * 32), age_s=3600), put(own.root / "holiday", age_s=day),
        put(own.root / "runs" / "holiday", age_s=day), put(own.root.parent / RUN, age_s=day),
    ]  # fmt: skip
    own.kept.add(put(own.root / ("d" * 64), age_s=day))
    (own.root / "runs" / ("e" * 32)).symlink_to(own.root.parent)
    own.tidy()
    assert not any(folder.exists() for folder in gone)
    assert all((folder / "a.png").exists() for folder in [*kept, *own.kept])


def test_runs_in_quick_succession_tidy_once(own: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[int] = []
    monkeypatch.setattr(Folders, "tidy", lambda self: tidied.append(1))
    for _ in range(3):
        own.tidy_now_and_then()
    assert len(tidied) == 1
    monkeypatch.setattr(folders, "TIDY_S", 0)
    own.tidy_now_and_then()
    assert len(tidied) == 2


def test_the_oldest_results_beyond_two_gigabytes_go_whatever_was_uploaded(own: Folders) -> None:
    made = [put(own.root / "runs" / (f"{i}" * 32), age_s=i * 60, size=800_000_000) for i in range(4)]
    uploaded = put(own.uploads / COPY, size=900_000_000)
    own.tidy()
    assert [f.exists() for f in made] == [True, True, False, False] and uploaded.exists()


def test_broken_off_uploads_go_after_an_hour(own: Folders) -> None:
    for name, age in (("tmpabc12345", 4000), ("tmpnew12345", 10), ("notes", 4000)):
        (own.uploads / name).write_text("x")
        os.utime(own.uploads / name, (time.time() - age,) * 2)
    own.tidy()
    assert sorted(p.name for p in own.uploads.iterdir()) == ["notes", "tmpnew12345"]


def test_what_is_owned(own: Folders) -> None:
    run, copy, upload = own.root / "runs" / RUN, own.root / COPY, own.uploads / COPY
    for folder in (run, copy, upload):
        put(folder)
        assert own.owns(folder / "a.png") and own.owns(str(folder / "a.png"))
    (run / "link.png").symlink_to("/etc/passwd")
    outside = put(own.root.parent / "private")
    (own.root / "runs" / ("f" * 32)).symlink_to(outside)
    foreign = [
        run / "link.png", own.root / "runs" / ("f" * 32) / "a.png", outside / "a.png", own.root / folders.MARKER, run,
        run / ".." / RUN / "a.png", run / "absent.png", "/etc/passwd", "", "runs", f"{run}/a.png\0", "http://x/a.png",
    ]  # fmt: skip
    assert not any(own.owns(path) for path in foreign)


def test_runs_never_meet(own: Folders) -> None:
    names = {own.new_run().name for _ in range(50)}
    assert len(names) == 50 and all(len(name) == 32 for name in names)


def upload(own: Folders, name: str, size: int) -> str:
    return str(put(own.uploads / (name * 64)[:64], size=size) / "a.png")


def test_a_visitors_own_oldest_uploads_go_first_and_nobody_elses(own: Folders) -> None:
    ledger = Ledger(visitor_bytes=250, total_bytes=1000)
    theirs, shared = upload(own, "0", 100), upload(own, "1", 100)
    ledger.record("b", [theirs, shared])
    ledger.record("a", [shared])
    mine = [upload(own, name, 100) for name in "234"]
    for path in mine:
        ledger.record("a", [path])
    assert [Path(p).exists() for p in (theirs, shared, *mine)] == [True, True, False, True, True]


def test_all_uploads_together_have_a_limit(own: Folders) -> None:
    ledger = Ledger(total_bytes=1000)
    ledger.record("a", [upload(own, "0", 600)])
    with pytest.raises(InvalidRequestError, match="no room"), ledger.room_for(500):
        pass
    with ledger.room_for(300), pytest.raises(InvalidRequestError), ledger.room_for(300):
        pass
    with ledger.room_for(400):
        pass


def test_many_small_uploads_are_too_many(own: Folders) -> None:
    ledger = Ledger()
    paths = [upload(own, f"{i:03x}", 1) for i in range(FILES + 5)]
    for path in paths:
        ledger.record("a", [path])
    assert sum(Path(path).exists() for path in paths) == FILES


def test_an_unwritable_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidRequestError, match="cannot be written"):
        prepare(tmp_path / "file" / "below")
