"""What ``pip install .`` would bring: the requirements, every file of the packages, checkpoints, gallery, and commands that exist."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from setuptools import Distribution

import aigc_core
from aigc_core import resources

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def distribution() -> Iterator[Distribution]:
    """The project as setuptools reads it."""
    from distutils.core import run_setup  # setuptools' own, since it was imported first

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield run_setup("setup.py", stop_after="config")


def requirements() -> set[Requirement]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()]
    return {Requirement(line) for line in lines if line}


def test_dependencies_are_the_requirements(distribution: Distribution) -> None:
    assert {Requirement(line) for line in distribution.install_requires} == requirements()
    assert distribution.metadata.version == aigc_core.__version__


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_each_package_is_pinned_once_for_every_python(python: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    pinned = [r.name for r in requirements() if r.marker is None or r.marker.evaluate(environment)]
    assert sorted(pinned) == sorted({requirement.name for requirement in requirements()})


def test_one_test_command_is_documented_and_run() -> None:
    commands = []
    for readme in ("README.md", "README.zh-CN.md"):
        lines = (ROOT / readme).read_text("utf-8").splitlines()
        commands.append([line for line in lines if line.startswith("python3 ") and "-m pytest" in line])
    finding = next(
        line for line in (ROOT / ".ci/run").read_text("utf-8").splitlines() if line.startswith("test_command=")
    )
    script = f'{finding}; echo "$test_command"'
    run = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [run.stdout.strip()] == commands[0] == commands[1]


def test_every_file_of_the_packages_is_taken_along(distribution: Distribution) -> None:
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    taken = {Path(folder, name) for _, folder, _, names in build.data_files for name in names}
    taken |= {Path(file) for _, _, file in build.find_all_modules()}
    for folder in ("aigc_core", "demos", "checkpoints", "docs/gallery"):
        files = {
            f.relative_to(ROOT) for f in (ROOT / folder).rglob("*") if f.is_file() and f.parent.name != "__pycache__"
        }
        assert files and files <= taken, sorted(files - taken)[:5]


def test_commands_are_functions(distribution: Distribution) -> None:
    commands = dict(line.split("=") for line in distribution.entry_points["console_scripts"])
    assert {name.strip() for name in commands} == {"aigc", "aigc-studio"}
    for target in commands.values():
        module, _, function = target.strip().partition(":")
        assert callable(getattr(import_module(module), function))


def test_data_are_found_installed_first_then_in_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "aigc_core"
    monkeypatch.setattr(resources, "PACKAGE", package)
    assert resources.folder("checkpoints") == tmp_path / "checkpoints"
    (package / "shipped" / "checkpoints").mkdir(parents=True)
    assert resources.folder("checkpoints") == package / "shipped" / "checkpoints"
