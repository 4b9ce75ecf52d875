"""The container: what its files say, which files it is given, and that its very steps make an app that starts read-only."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from demos.ui import page, service
from scripts import dockerfile

ROOT = Path(__file__).resolve().parents[1]
STEPS = dockerfile.instructions(ROOT / "Dockerfile")
APP: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["app"]


def texts(name: str) -> list[str]:
    return [one.text for one in STEPS if one.name == name]


def environment() -> dict[str, str]:
    return {name: value for text in texts("ENV") for name, value in dockerfile.assignments(text).items()}


def test_it_runs_as_an_ordinary_user_and_writes_in_its_volume_alone() -> None:
    (volume,), (user,) = texts("VOLUME"), texts("USER")
    assert user.partition(":")[0] not in ("0", "root")
    assert STEPS.index(dockerfile.Instruction("USER", user)) < [one.name for one in STEPS].index("CMD")
    written = {"HOME", "TMPDIR", "XDG_CACHE_HOME", "AIGC_HOME", "HF_HOME", "MPLCONFIGDIR"}
    assert all(environment()[name].startswith(volume) for name in written)


def test_its_command_is_one_that_the_app_takes_and_its_health_is_asked_for_where_it_listens() -> None:
    python, script, *flags = dockerfile.command(texts("CMD")[0])
    args = page.parser().parse_args(flags)
    assert (python, script) == ("python", "app.py") and (ROOT / script).is_file()
    assert str(args.outputs) == texts("VOLUME")[0] and page._is_public(args)
    asked = dockerfile.command(texts("HEALTHCHECK")[0])[-1]
    assert f"127.0.0.1:{args.port}{service.HEALTH}" in asked and texts("EXPOSE") == [str(args.port)]
    assert args.grace < float(APP["stop_grace_period"].removesuffix("s")), "running jobs are given their time"


def test_its_compose_file_takes_every_right_away_and_sets_every_limit() -> None:
    assert APP["read_only"] is True and APP["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in APP["security_opt"]
    assert APP["volumes"] == [f"data:{texts('VOLUME')[0]}"]
    assert all(APP[name] for name in ("cpus", "mem_limit", "pids_limit"))
    assert APP["ports"][0].startswith("${AIGC_BIND:-127.0.0.1}:"), "nobody else unless it is asked for"
    arguments = {name for text in texts("ARG") for name in dockerfile.assignments(text)}
    assert set(APP["build"]["args"]) <= arguments


def test_the_image_is_given_the_app_and_nothing_else() -> None:
    given = set(dockerfile.context(ROOT))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {
        Path(name)
        for name in tracked.splitlines()
        if Path(name).parts[0] in ("aigc_core", "demos", "checkpoints", "docs") and "screenshots" not in name
    }
    assert wanted <= given
    assert {path.parts[0] for path in given} <= {"aigc_core", "demos", "checkpoints", "docs", "app.py", "LICENSE"} | {
        path.name for path in ROOT.glob("requirements*.txt")
    }
    assert not [path for path in given if path.suffix == ".pyc"]


@pytest.mark.parametrize(
    ("rules", "given"),
    [
        ("*\n!a", {"a/b.py", "a/b.pyc", "a/__pycache__/c.pyc"}),
        ("*\n!a\n**/*.pyc", {"a/b.py"}),
        ("*\n!a\n**/__pycache__", {"a/b.py", "a/b.pyc"}),
        ("a/*.py\n# !a", {"a/b.pyc", "a/__pycache__/c.pyc", "top.py"}),
        ("/top.py\na", set()),
        ("?op.py", {"a/b.py", "a/b.pyc", "a/__pycache__/c.pyc"}),
    ],
)
def test_patterns_leave_out_what_docker_leaves_out(rules: str, given: set[str], tmp_path: Path) -> None:
    for name in ("a/b.py", "a/b.pyc", "a/__pycache__/c.pyc", "top.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text(rules)
    found = {path.as_posix() for path in dockerfile.context(tmp_path)}
    assert found - {".dockerignore"} == given


def test_instructions_are_read_as_docker_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(
        'FROM a\n# why\nENV A=1 \\\n    B="two words"\nRUN x \\\n  && y\nHEALTHCHECK --timeout=1s \\\n CMD ["c", "d"]\n'
    )
    steps = dockerfile.instructions(file)
    assert [one.name for one in steps] == ["FROM", "ENV", "RUN", "HEALTHCHECK"]
    assert dockerfile.assignments(steps[1].text) == {"A": "1", "B": "two words"}
    assert shlex.split(steps[2].text) == ["x", "&&", "y"] and dockerfile.command(steps[3].text) == ["c", "d"]
    assert dockerfile.expanded("$A ${B}/c $D", {"A": "1", "B": "2"}) == "1 2/c "
    file.write_text("FROM a\nONBUILD x\n")
    with pytest.raises(ValueError, match="ONBUILD"):
        dockerfile.instructions(file)


def test_the_linter_finds_nothing() -> None:
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if linter is None:
        pytest.skip("needs hadolint: pip install -r requirements-dev.txt")
    found = subprocess.run([linter, "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None, reason="makes namespaces, as root"
)
def test_its_steps_make_an_app_that_starts_read_only_and_ends_well() -> None:
    """With this interpreter's packages; ``.ci/run`` installs them as the Dockerfile does."""
    command = [sys.executable, "scripts/check_image.py", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "healthy after" in done.stdout and "files in /data" in done.stdout
