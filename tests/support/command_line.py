"""The command line: in a process of its own, and in this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from aigc_core import cli

ROOT = Path(__file__).resolve().parents[2]


def run(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aigc_core", *args]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", timeout=120, **options
    )


def faces(*args: str, count: int = 1, seed: int = 7) -> int:
    return cli.guarded(lambda: cli.main(["faces", "--count", str(count), "--seed", str(seed), *args]))


def files(folder: Path) -> set[str]:
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
