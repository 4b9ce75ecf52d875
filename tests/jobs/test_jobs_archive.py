"""Jobs leave the ledger whole: as requests, as a zip file, through the command line."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.jobs import __main__ as command
from aigc_core.jobs import archive, inputs
from aigc_core.jobs.ledger import Job, Wanted
from aigc_core.jobs.place import NAME, data_home
from aigc_core.jobs.sqlite import FILE, SqliteLedger
from aigc_core.recipe.record import asked as settings
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.faces import EditFaceRequest, FacesRequest
from aigc_core.tasks.fields import Message
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.tasks.request import Request

MODEL = "inpaint-telea"


def picture() -> Image.Image:
    made = Image.linear_gradient("L").resize((48, 40)).convert("RGB")
    ImageDraw.Draw(made).ellipse((8, 8, 30, 30), fill="tomato")
    return made


def mask() -> Image.Image:
    made = Image.new("RGBA", (48, 40), (0, 0, 0, 0))
    ImageDraw.Draw(made).rectangle((20, 10, 30, 20), fill=(255, 255, 255, 255))
    return made


def entered(request: Request, runs: Path, **values: Any) -> Job:
    """A job as the app enters it, with its pictures on disk."""
    spec = registry.find(request.model, request.task)
    job = Job(
        task=request.task,
        kind=request.kind,
        model=spec.name,
        request=settings(request, spec),
        folder="f" * 32,
        size=1,
        **values,
    )
    (runs / job.folder).mkdir(parents=True, exist_ok=True)
    return Job(**{**vars(job), "inputs": inputs.write(inputs.pictures(request), runs / job.folder)})


@pytest.fixture
def asked() -> InpaintRequest:
    return InpaintRequest(image=picture(), mask=mask(), model=MODEL, seed=3)


@pytest.mark.parametrize(
    "request_",
    [
        InpaintRequest(image=picture(), mask=mask(), model=MODEL, seed=3),
        FacesRequest(prompt="“猫”", count=3, seed=2**32 - 1),
        ChatRequest(message="Hi", history=(Message(role="user", content="a"), Message(role="assistant", content="b"))),
    ],
    ids=lambda request: request.kind,
)
def test_a_request_comes_back_as_it_was(request_: Request, tmp_path: Path) -> None:
    job = entered(request_, tmp_path)
    job = Job(**{**vars(job), "request": json.loads(json.dumps(job.request))})
    found = inputs.request_of(job, tmp_path)
    assert settings(found, registry.find(job.model)) == settings(request_, registry.find(job.model))


def test_a_photo_that_is_not_kept_is_not_written(tmp_path: Path) -> None:
    photo = EditFaceRequest(image=picture())
    assert inputs.pictures(photo) == {}
    spec = registry.list_models("faces")[0]
    job = Job(task="faces", kind="edit_face", model=spec.name, request=settings(photo, spec))
    with pytest.raises(InvalidRequestError):
        inputs.request_of(job, tmp_path)


def test_an_exported_job_and_a_listed_one_are_made_again(
    asked: InpaintRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "app" / NAME
    job = entered(asked, root / "runs", state="cut")
    ledger = SqliteLedger(root / FILE)
    ledger.add(job)
    flags = ["--outputs", str(tmp_path / "app")]
    assert command.main([*flags, "list"]) == 0
    assert job.id in capsys.readouterr().out
    done = Job(**{**vars(job), "id": "0" * 16, "state": "done", "request": drain(Engine().run(asked)).recipe})
    expected = drain(Engine().run(asked)).output.tobytes()
    assert command.main([*flags, "run", job.id, "--out", f"{tmp_path}/by-id.png"]) == 0
    packed = tmp_path / "jobs.zip"
    ledger.add(done)
    assert command.main([*flags, "export", str(packed), done.id, job.id]) == 0
    assert command.main([*flags, "prune", "--keep", "0"]) == 0
    assert ledger.count(Wanted()) == 0 and not (root / "runs" / job.folder).exists()
    assert command.main(["--outputs", "/nowhere", "run", str(packed), "--out", f"{tmp_path}/by-zip/"]) == 0
    made_again = [tmp_path / "by-id.png", *(tmp_path / "by-zip").glob("*.png")]
    assert len(made_again) == 3
    for file in made_again:
        with Image.open(file) as made:
            assert made.convert("RGB").tobytes() == expected
    with pytest.raises(InvalidRequestError, match="no job"):
        command.main([*flags, "run", job.id])


def test_a_zip_of_somebody_writes_nowhere_else(asked: InpaintRequest, tmp_path: Path) -> None:
    job = entered(asked, tmp_path / "runs")
    good = tmp_path / "good.zip"
    archive.write(good, [job], tmp_path / "runs")
    with zipfile.ZipFile(good) as opened:
        told = json.loads(opened.read(archive.LIST))[0]
    for change in (
        {"id": "../../evil"},
        {"inputs": {"image": "../evil.png"}},
        {"inputs": {"image": "/tmp/evil.png"}},
        {"inputs": {"image": "missing.png"}},
        {"inputs": 7},
        {"request": None},
    ):
        bad = tmp_path / "bad.zip"
        with zipfile.ZipFile(bad, "w") as made:
            made.writestr(archive.LIST, json.dumps([{**told, **change}]))
            made.writestr("../evil.png", b"x")
        (tmp_path / "into").mkdir(exist_ok=True)
        with pytest.raises(InvalidRequestError):
            archive.read(bad, tmp_path / "into")
    for content in (b"", b"PK", io.BytesIO().getvalue() + b"x" * 100):
        (tmp_path / "bad.zip").write_bytes(content)
        with pytest.raises(InvalidRequestError):
            archive.read(tmp_path / "bad.zip", tmp_path / "into")
    assert not list(tmp_path.rglob("evil*"))


def test_without_a_ledger_the_command_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_home() == tmp_path
    with pytest.raises(InvalidRequestError, match="no jobs in"):
        command.main(["list"])
