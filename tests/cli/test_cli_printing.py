"""Printing comes after the file, and whatever standard output is."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, files, run

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
