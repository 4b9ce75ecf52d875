"""Names of files: what is typed is what is meant, and nothing is overwritten unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import ROOT, faces, files
from PIL import Image

from aigc_core import cli, recipe
from aigc_core.errors import InvalidRequestError
from aigc_core.recipe.__main__ import main as recipe_main


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize(
    ("out", "main"),
    [
        ("res-0.8", "res-0.8.png"),
        ("res-0.9", "res-0.9.png"),
        ("v1.2.final", "v1.2.final.png"),
        ("x.PNG", "x.PNG"),
        ("x.Png", "x.Png"),
        ("2026.11.30", "2026.11.30.png"),
        ("a.b.png", "a.b.png"),
        ("人脸", "人脸.png"),
        ("mr. smith", "mr. smith.png"),
        ("walk.mp4", "walk.png"),  # a walk was not asked for
        ("x.tiff", "x.png"),
        (".", "faces-7.png"),
        ("./", "faces-7.png"),
        ("adir/", "adir/faces-7.png"),
        ("adir/.", "adir/faces-7.png"),
        ("new/deep/", "new/deep/faces-7.png"),
        ("there", "there/faces-7.png"),
        ("there.png", "there.png/faces-7.png"),
        ("new/x", "new/x.png"),
    ],
)
def test_only_what_the_task_writes_is_an_ending_and_a_folder_means_inside(out: str, main: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for folder in ("there", "there.png"):
        (tmp_path / folder).mkdir()
    assert faces("--out", out) == 0
    stem = main.rpartition(".")[0]
    assert files(tmp_path) == {main, f"{stem}-00-seed7.png"}
    assert recipe.read(tmp_path / main)["seed"] == 7


@pytest.mark.usefixtures("toy")
def test_no_name_or_a_folder_takes_the_next_free_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faces-7-2-00-seed7.png").write_text("mine")
    assert faces() == 0 and faces() == 0 and faces("--out", ".") == 0
    assert {"faces-7.png", "faces-7-3.png", "faces-7-4.png"} <= files(tmp_path)
    assert "faces-7-2.png" not in files(tmp_path)
    assert (tmp_path / "faces-7-2-00-seed7.png").read_text() == "mine"


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("there", ["x.png", "x-00-seed7.png", "a broken link", "a folder"])
def test_a_file_that_is_there_is_named_before_the_model_runs(there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(cli, "play", lambda *_: pytest.fail("the model ran"))
    if there == "a broken link":
        (tmp_path / "x.png").symlink_to(tmp_path / "nowhere")
    elif there == "a folder":
        (tmp_path / "x-00-seed7.png").mkdir()
    else:
        (tmp_path / there).write_text("mine")
    assert faces("--out", str(tmp_path / "x.png")) == 2
    said = capsys.readouterr().err
    assert "x" in said and "already" in said and said.count("\n") == 1
    assert "--force" in said or there == "a folder"
    assert not (tmp_path / "nowhere").exists() and len(list(tmp_path.iterdir())) == 1


@pytest.mark.usefixtures("toy")
def test_force_replaces_files_and_links_but_no_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / "x.png").symlink_to(tmp_path / "elsewhere")
    assert faces("--out", str(tmp_path / "x.png"), "--force") == 0
    assert (tmp_path / "elsewhere").read_text() == "mine" and not (tmp_path / "x.png").is_symlink()
    assert faces("--out", str(tmp_path / "x"), "--force", seed=9) == 0
    assert recipe.read(tmp_path / "x.png")["seed"] == 9
    (tmp_path / "y-00-seed7.png").mkdir()
    assert faces("--out", str(tmp_path / "y.png"), "--force") == 2
    assert not (tmp_path / "y.png").exists()


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("out", ["", " ", "-", "/dev/null", "/dev/full", "README.md/x.png", "README.md/", "/proc/x.png", "a" * 250, "字" * 90, "a" * 5000])  # fmt: skip
def test_a_name_that_cannot_be_written_is_one_line_before_the_model_runs(out: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(cli, "play", lambda *_: pytest.fail("the model ran"))
    assert faces("--out", out) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1


@pytest.mark.usefixtures("toy")
def test_a_folder_made_for_a_run_that_fails_goes_away(tmp_path: Path) -> None:
    assert faces("--out", str(tmp_path / "a" / "b" / "x.png"), "--model", "nope") == 2
    assert not (tmp_path / "a").exists()


@pytest.mark.usefixtures("toy")
def test_who_comes_second_overwrites_nothing_and_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Somebody else's file appears while the model runs."""
    real = cli.play

    def slow(request: Any, **options: Any) -> Any:
        result = real(request, **options)
        (tmp_path / "faces-7.png").write_text("theirs")
        return result

    monkeypatch.setattr(cli, "play", slow)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    assert faces("--out", str(tmp_path / "faces-7.png")) == 2
    assert files(tmp_path) - {"faces-7.png"} and "It is kept in " in capsys.readouterr().err
    assert all(name.startswith("kept/") for name in files(tmp_path) - {"faces-7.png"})
    (tmp_path / "faces-7.png").unlink()
    assert faces("--out", f"{tmp_path}/") == 0  # a name of our own choice: the next one
    assert (tmp_path / "faces-7.png").read_text() == "theirs"
    assert {"faces-7-2.png", "faces-7-2-00-seed7.png"} <= files(tmp_path)
    assert not list(tmp_path.glob(".aigc-*"))


@pytest.mark.usefixtures("toy")
def test_a_disk_that_fills_up_leaves_nothing_half_and_keeps_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    from aigc_core import destination

    real, linked = destination.os.link, []

    def link(source: Path, target: Path) -> None:
        linked.append(target)
        if len(linked) == 2:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(destination.os, "link", link)
    monkeypatch.setattr(destination.shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))  # fmt: skip
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert faces("--out", str(tmp_path / "out" / "x.png")) == 2
    said = capsys.readouterr().err
    assert "No space left on device. It is kept in " in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()
    kept = Path(said.rpartition("kept in ")[2].strip().rstrip("."))
    assert recipe.read(kept / "faces-7.png")["seed"] == 7


@pytest.mark.usefixtures("toy")
def test_a_file_system_without_links_is_written_to_and_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    from aigc_core import destination

    monkeypatch.setattr(destination.os, "link", lambda *_: (_ for _ in ()).throw(OSError(1, "not permitted")))
    assert faces("--out", str(tmp_path / "x.png")) == 0
    assert recipe.read(tmp_path / "x.png")["seed"] == 7
    (tmp_path / "y.png").write_text("mine")
    with pytest.raises(FileExistsError):
        destination._link(tmp_path / "x.png", tmp_path / "y.png")
    assert (tmp_path / "y.png").read_text() == "mine"


@pytest.mark.usefixtures("toy")
def test_a_replay_follows_the_same_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert faces("--out", "first", count=2) == 0
    before = (tmp_path / "first.png").read_bytes()

    def replay(*args: str) -> int:
        return cli.guarded(lambda: recipe_main(["first.png", "--replay", *args]))

    assert replay("first.png") == 2 and replay("first") == 2
    assert replay("res-0.8") == 0 and replay("res-0.9") == 0 and replay("in/") == 0 and replay("AGAIN.PNG") == 0
    assert {"res-0.8.png", "res-0.9.png", "in/faces-7.png", "AGAIN.PNG"} <= files(tmp_path)
    assert replay("first.png", "--force") == 0 and (tmp_path / "first.png").read_bytes() == before
    one = tmp_path / "first-01-seed8.png"
    assert cli.guarded(lambda: recipe_main([str(one), "--replay", "one.PNG"])) == 0
    assert (tmp_path / "one.PNG").read_bytes() == one.read_bytes() and "one.png" not in files(tmp_path)


def test_the_endings_foretold_are_those_written(tmp_path: Path) -> None:
    """Of every request that has a writer, with the outputs of the toys."""
    import numpy as np

    from aigc_core import export
    from aigc_core.tasks.audio import Audio
    from aigc_core.tasks.chat import ChatRequest, Reply
    from aigc_core.tasks.compose import ComposeRequest, Music
    from aigc_core.tasks.continue_text import ContinueTextRequest, Text, WatermarkRequest
    from aigc_core.tasks.faces import (
        EditFaceRequest,
        FaceEdit,
        Faces,
        FaceSketch,
        FacesRequest,
        NearestFaces,
        NearestFacesRequest,
        SketchFaceRequest,
    )
    from aigc_core.tasks.speak import SpeakRequest, Speech
    from aigc_core.tasks.stylize import AllStylesRequest, StyleSheet, StylizeRequest
    from aigc_core.tasks.summarize import SummarizeRequest, Summary

    picture, sound = Image.new("RGB", (8, 8)), Audio(samples=np.zeros(64, np.float32), sample_rate=8000)
    two = {"images": (picture, picture), "seeds": (2**32 - 1, 0)}
    pairs: list[tuple[Any, Any]] = [
        (FacesRequest(count=2, seed=2**32 - 1, seed_to=4), Faces(**two, frames=(picture, picture))),
        (SketchFaceRequest(count=2, seed=2**32 - 1, image=picture), FaceSketch(**two, drawing=picture, noisy=picture)),
        (EditFaceRequest(image=picture), FaceEdit(aligned=picture, reconstruction=picture, edited=picture, aligned_by="eyes", error=0.0)),
        (NearestFacesRequest(count=2), NearestFaces(**two, distances=(1.0, 1.0), held_out=(1.0,))),
        (StylizeRequest(image=picture), picture),
        (AllStylesRequest(image=picture), StyleSheet(images=(picture, picture), styles=("udnie", "ink"))),
        (ContinueTextRequest(prompt="a"), Text(text="b")),
        (ChatRequest(message="a"), Reply(text="b")),
        (SummarizeRequest(text="a"), Summary(sentences=(), source_sentences=())),
        (ComposeRequest(), Music(audio=sound, midi=MIDI, piano_roll=picture)),
        (SpeakRequest(text="a"), Speech(audio=sound)),
    ]  # fmt: skip
    for i, (request, output) in enumerate(pairs):
        made = {"task": request.task, "seed": request.seed, "parameters": {"history": [], "message": "", "system_prompt": ""}}  # fmt: skip
        saved = export.save(output, made, tmp_path / str(i) / "stem")
        assert {f.name.removeprefix("stem") for f in saved.values()} == set(export.endings(request)), request.task
    with pytest.raises(InvalidRequestError, match="cannot be written to a file"):
        export.endings(WatermarkRequest(text="a"))


MIDI = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0"
