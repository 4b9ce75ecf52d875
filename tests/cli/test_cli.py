"""Every task without a browser: options from the request's fields, progress, files, and errors of one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, files, run
from PIL import Image
from toys import Squares

from aigc_core import cli, recipe, registry
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks import REQUESTS
from aigc_core.types import Progress


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
