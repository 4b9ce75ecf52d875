"""The memory of jobs: the high-water mark is set back for a job that runs alone, and for none that runs beside another."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigc_core.jobs import memory
from aigc_core.jobs.memory import Memory


@pytest.fixture
def resets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file by which the kernel is asked to set its mark back; empty until that is done."""
    file = tmp_path / "clear_refs"
    file.touch()
    monkeypatch.setattr(memory, "_CLEAR", file)
    return file


def is_set_back(file: Path) -> bool:
    written = bool(file.read_text())
    file.write_text("")
    return written


def test_jobs_that_run_side_by_side_share_the_mark(resets: Path) -> None:
    measured = Memory()
    first = measured.begin()
    assert is_set_back(resets)
    second = measured.begin()
    assert not is_set_back(resets)
    assert first.end() == first.end(), "it ends once"
    third = measured.begin()
    assert not is_set_back(resets), "the second still runs"
    second.end()
    third.end()
    measured.begin()
    assert is_set_back(resets)
    other = Memory()
    other.begin()
    assert is_set_back(resets), "each measures for itself"


def test_what_a_job_needs_is_seen_and_forgotten_by_the_next() -> None:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the mark cannot be set back here")
    measured, size = Memory(), 300_000_000
    job = measured.begin()
    block = bytearray(b"x") * size
    with_block = job.end()
    del block
    job = measured.begin()
    without = job.end()
    assert with_block is not None and without is not None and with_block - without > 0.8 * size / 1e6
