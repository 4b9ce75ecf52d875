"""The settings of workers: what the shipped file says, what a file of one's own changes, and what is refused."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from aigc_core.backends import choice
from aigc_core.backends.ray_settings import DEFAULT, RaySettings, Workers, read
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError
from demos.ui import page


def written(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_shipped_file_names_every_setting_with_its_default() -> None:
    assert read() == RaySettings()
    named = {line.partition("=")[0].strip() for line in DEFAULT.read_text("utf-8").splitlines() if " = " in line}
    assert {f.name for f in fields(Workers)} | {"object_store_mb"} <= named


def test_a_task_has_what_its_table_says_and_the_default_for_the_rest(tmp_path: Path) -> None:
    settings = read(written(tmp_path, "[default]\nmodels = 5\n[faces]\nreplicas = 4\ngpus = 0.5\n"))
    assert settings.of("faces") == Workers(models=5, replicas=4, max_replicas=4, gpus=0.5)
    assert settings.of("chat") == Workers(models=5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[default]\nreplicas = 0", "replicas .* must be a whole number from 1"),
        ("[default]\nreplicas = true", "got True"),
        ("[default]\ngpus = -1", "gpus .* must be a number from 0"),
        ("[faces]\ngpu = 1", r"no value in \[faces\] called 'gpu'\. Known: replicas, "),
        ("[face]\ngpus = 1", r"no table 'face'\. Known: ray, default, faces, "),
        ("faces = 2", "faces .* must be a table"),
        ("[ray]\nobject_store_mb = 10", "from 80"),
        ("replicas", "cannot be read"),
    ],
)
def test_what_has_no_meaning_is_refused_with_what_has(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        read(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match=r"nowhere\.toml cannot be read: No such file"):
        read(tmp_path / "nowhere.toml")


def test_this_process_is_the_backend_unless_another_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(choice.make(page.parser().parse_args([]).backend), Engine)
    monkeypatch.setenv("AIGC_BACKEND", "ray")
    assert page.parser().parse_args([]).backend == "ray"
    with pytest.raises(SystemExit):
        page.parser().parse_args(["--backend", "other"])


def test_an_offline_app_refuses_a_cluster_of_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice.importlib.util, "find_spec", lambda name: name)
    with pytest.raises(InvalidRequestError, match=r"--offline forbids .* 192\.0\.2\.1:6379"):
        choice.make("ray", offline=True, ray_address="192.0.2.1:6379")
