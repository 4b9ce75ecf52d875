"""Every task without a browser: options from the request's fields, progress, files, and errors of one line."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from toys import Squares, row

from aigc_core import cli, recipe, registry
from aigc_core.errors import InvalidRequestError
from aigc_core.recipe.__main__ import main as recipe_main
from aigc_core.tasks import REQUESTS
from aigc_core.types import Progress

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_table", lambda: {"faces-toy": row("faces-toy")})


def run(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aigc_core", *args]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", timeout=120, **options
    )


@pytest.mark.usefixtures("toy")
def test_files_take_the_name_asked_for_and_carry_the_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["faces", "--count", "2", "--seed", "7", "--out", str(tmp_path / "new" / "faces.png")]) == 0
    names = sorted(f.name for f in (tmp_path / "new").iterdir())
    assert names == ["faces-00-seed7.png", "faces-01-seed8.png", "faces.png"]
    assert recipe.read(tmp_path / "new" / "faces.png")["parameters"]["count"] == 2
    assert "faces-toy" in capsys.readouterr().err


@pytest.mark.usefixtures("toy")
def test_an_ending_that_is_not_written_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["faces", "--count", "1", "--out", str(tmp_path / "a.jpg")]) == 0
    assert (tmp_path / "a.png").exists() and not (tmp_path / "a.jpg").exists()
    assert "a.jpg cannot be written, this task makes .png" in capsys.readouterr().err


@pytest.mark.usefixtures("toy")
def test_stopping_closes_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(event: Progress) -> str:
        if event.stage == "run":
            raise KeyboardInterrupt
        return ""

    Squares.closed.clear()
    monkeypatch.setattr(cli, "bar", interrupt)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.guarded(lambda: cli.main(["faces", "--count", "16", "--prompt", "stopped"])) == 130
    assert Squares.closed == ["stopped"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["faces", "--count", "99"], "count must be between 1 and 16; got 99."),
        (["faces", "--model", "nope"], "There is no model 'nope' for faces."),
        (["stylize", "--image", "nowhere.png"], "There is no file nowhere.png."),
        (["inpaint", "--image", "README.md", "--mask", "README.md"], "could not be read as a picture"),
        (["chat", "--message", "hi", "--history", "README.md"], "README.md is not JSON"),
        (["continue_text"], "prompt is missing."),
        (["speak", "--text", "a" * 2001], "text may have at most 2000 characters; got 2001."),
    ],
)
def test_bad_input_is_one_line_and_status_2(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.guarded(lambda: cli.main(args)) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and message in said and said.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "in.png")
    args = ["inpaint", "--image", str(tmp_path / "in.png"), "--mask", str(tmp_path / "in.png"), "--invert"]
    done = run(*args, "--model", "inpaint-telea", "--out", "/proc/nowhere/out.png")
    assert done.returncode == 2 and "error: " in done.stderr and "Traceback" not in done.stderr


def test_help_names_every_field_with_its_range() -> None:
    assert run("--help").returncode == 0
    for cls in REQUESTS:
        text = run(cls.task, "--help").stdout
        assert "--seed" in text and "0–4294967295" in text and "--model" in text, cls.task


def test_models_of_one_task_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "inpaint"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [spec.name for spec in registry.list_models("inpaint")]


def test_a_task_runs_from_start_to_file_in_its_own_process(tmp_path: Path) -> None:
    text = "A cat sat on the mat. The dog saw the cat. The cat and the dog ran. Rain fell on the town."
    done = run(
        "summarize",
        "--text",
        text,
        "--model",
        "summarize-lead",
        "--max-sentences",
        "2",
        "--out",
        str(tmp_path / "s.json"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "A cat sat on the mat. The dog saw the cat."
    record = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert record["recipe"]["model"] == "summarize-lead" and len(record["output"]["sentences"]) == 2
    assert recipe.read(tmp_path / "s.md") == record["recipe"]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Progress(step=12, total=48), "run   [######..................] 12/48 "),
        (Progress(step=0, total=None, message="x"), "run   0 x"),
        (Progress(step=93_000_000, total=93_000_000, stage="fetch"), "fetch [########################] 93/93 MB "),
        (Progress(step=9, total=3), "run   [########################] 9/3 "),
    ],
)
def test_the_bar_shows_steps_and_megabytes(event: Progress, line: str) -> None:
    assert cli.bar(event) == line


def test_inputs_of_a_replay_are_checked() -> None:
    made = {"task": "faces", "parameters": {}, "model": "", "seed": 0}
    for pair in ("nonsense", "nofield=x", "image="):
        with pytest.raises(InvalidRequestError, match="FIELD=FILE"):
            cli.replay(made, Path("x.png"), [pair])


# --- names: what is typed is what is meant, and nothing is overwritten unasked --------------------------------------------


def faces(*args: str, count: int = 1, seed: int = 7) -> int:
    return cli.guarded(lambda: cli.main(["faces", "--count", str(count), "--seed", str(seed), *args]))


def files(folder: Path) -> set[str]:
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


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


# --- printing: after the file, and whatever standard output is ------------------------------------------------------------

LEAD = ["summarize", "--model", "summarize-lead", "--max-sentences", "1", "--text"]
CHINESE = "今天下雨了。河水上涨了三米。没有人睡着。"


def shell(line: str, *, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A command line of bash with ``$AIGC`` for the program; the status is that of the program in a pipe, too."""
    environment = {**os.environ, "AIGC": f"{sys.executable} -m aigc_core", "PYTHONPATH": str(ROOT), **env}
    command = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=120)  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "utf-8"])
def test_printing_replaces_what_it_cannot_show(encoding: str, tmp_path: Path) -> None:
    done = run(*LEAD, CHINESE, "--out", str(tmp_path / "摘要.json"), env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert ("今天下雨了。" if encoding == "utf-8" else "\\u4eca\\u5929") in done.stdout
    assert json.loads((tmp_path / "摘要.json").read_text("utf-8"))["output"]["sentences"][0]["text"] == "今天下雨了。"


@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        (">/dev/full", "standard output cannot be written: No space left on device"),
        (">&-", "standard output is closed"),
        ("| true", ""),
        (">/dev/full 2>&1", ""),
        (">&- 2>&- <&-", ""),
    ],
)
def test_the_file_is_written_even_if_nothing_can_be_printed(redirection: str, words: str, tmp_path: Path) -> None:
    text = CHINESE * 40  # more than one would read before hanging up
    done = shell(f"$AIGC {' '.join(LEAD)} '{text}' --out s.json {redirection}", cwd=tmp_path)
    assert done.returncode not in (0, 120) or redirection == "| true"
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert errors == ([f"error: {words}"] if words else [])
    assert json.loads((tmp_path / "s.json").read_text("utf-8"))["recipe"]["model"] == "summarize-lead"


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2>&1 | true"])
def test_remarks_that_cannot_be_made_are_left_out(redirection: str, tmp_path: Path) -> None:
    done = shell(f"$AIGC {' '.join(LEAD)} '{CHINESE}' --out s {redirection}", cwd=tmp_path)
    assert (done.returncode == 0 and "今天下雨了。" in done.stdout) or "| true" in redirection
    assert files(tmp_path) == {"s.json", "s.md"}


@pytest.mark.parametrize("program", ["aigc_core models", "aigc_core --help", "aigc_core.weights list", "aigc_core.recipe s.json", "aigc_core.evaluation"])  # fmt: skip
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "2>/dev/full | head -c 1", "2>&1 >&- | cat"])
def test_every_command_survives_its_output(program: str, redirection: str, tmp_path: Path) -> None:
    made = {"generated": "AI-generated", "task": "summarize", "note": "你好", "seed": 0}
    (tmp_path / "s.json").write_text(json.dumps({"recipe": made}), "utf-8")
    done = shell(f"{sys.executable} -m {program} {redirection}", cwd=tmp_path, PYTHONIOENCODING="cp1252")
    assert done.returncode != 120, "the interpreter found something to flush"
    assert all(words not in done.stdout + done.stderr for words in ("Traceback", "Exception ignored", "Error:"))


def test_a_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """On a terminal control characters are shown as escapes; a pipe gets the text as it was made."""
    import pty

    text = "A red\x1b[31m cat\x07 sat\x9b2J down.\tIt slept."
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "aigc_core", *LEAD, text]
    subprocess.run(command, cwd=ROOT, stdout=terminal, stderr=terminal, timeout=120, check=True)
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while part := os.read(main, 4096):
            shown += part
    os.close(main)
    assert b"\\x1b[31m cat\\x07 sat\\x9b2J" in shown
    assert b"\x1b[31m" not in shown and b"\x07" not in shown
    assert "\x1b[31m cat" in run(*LEAD, text).stdout
    said = run(*LEAD, "a b.", "--out", "\x1b]0;owned\x07/\n/").stderr
    shutil.rmtree(ROOT / "\x1b]0;owned\x07")
    assert "\x1b" not in said and "\\x1b]0;owned" in said


# --- seeds ----------------------------------------------------------------------------------------------------------------


def test_seeds_stay_in_range_and_every_one_named_can_be_asked_for(tmp_path: Path) -> None:
    last = str(2**32 - 1)
    model = ["faces", "--model", "faces-gan-128"]
    done = run(*model, "--seed", last, "--count", "2", "--out", str(tmp_path / "a"))
    assert done.returncode == 0, done.stderr
    assert files(tmp_path) == {"a.png", f"a-00-seed{last}.png", "a-01-seed0.png"}
    second = tmp_path / "a-01-seed0.png"
    assert recipe.read(second)["part"] == {"index": 1, "seed": 0}
    assert recipe_of(second, tmp_path / "again.png").returncode == 0
    assert (tmp_path / "again.png").read_bytes() == second.read_bytes()
    assert run(*model, "--seed", "0", "--count", "1", "--out", str(tmp_path / "b")).returncode == 0
    alone = Image.open(tmp_path / "b-00-seed0.png")
    assert alone.tobytes() == Image.open(second).tobytes(), "the face of seed 0, wherever it stands"


def recipe_of(file: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aigc_core.recipe", str(file), "--replay", str(out)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(("first", "count", "seeds"), [(0, 0, ()), (5, 3, (5, 6, 7)), (2**32 - 2, 4, (2**32 - 2, 2**32 - 1, 0, 1))])  # fmt: skip
def test_after_the_last_seed_comes_the_first(first: int, count: int, seeds: tuple[int, ...]) -> None:
    from aigc_core.tasks.fields import seeds_from

    assert seeds_from(first, count) == seeds


def test_no_other_place_counts_seeds_on() -> None:
    import re

    own = re.compile(r"seed \+ (i|len|at)\b|range\([a-z.]*seed\b")
    found = [f for f in (ROOT / "aigc_core").rglob("*.py") if any(own.search(line) for line in code(f))]
    assert not [f for f in found if "SHEET_SEED" not in f.read_text("utf-8")]


def code(file: Path) -> list[str]:
    """The lines of a file that are not documentation."""
    return [
        line for line in file.read_text("utf-8").splitlines() if "``" not in line and not line.strip().startswith("#")
    ]
