"""Limits of a public launch: the rate per address, who that address is, and the room that outputs take."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aigc_core.errors import InvalidRequestError
from demos.ui import player, studio
from demos.ui.studio import Studio, TokenBucket


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(studio, "time", SimpleNamespace(monotonic=lambda: now[0], time=lambda: now[0]))
    return now


def test_a_burst_is_allowed_then_one_at_a_time(clock: list[float]) -> None:
    bucket = TokenBucket(per_minute=6, burst=3)
    for _ in range(3):
        bucket.take("a")
    with pytest.raises(InvalidRequestError, match=r"6 a minute are allowed\. Try again in 10 s") as caught:
        bucket.take("a")
    assert "10 秒" in caught.value.zh
    bucket.take("b")  # another address has its own
    clock[0] += 10
    bucket.take("a")
    with pytest.raises(InvalidRequestError):
        bucket.take("a")


def test_refused_requests_do_not_lengthen_the_wait(clock: list[float]) -> None:
    bucket = TokenBucket(per_minute=6, burst=1)
    bucket.take("a")
    for _ in range(50):
        clock[0] += 0.1
        with pytest.raises(InvalidRequestError):
            bucket.take("a")
    clock[0] += 5.1
    bucket.take("a")


def test_a_crowd_of_addresses_does_not_fill_the_memory(clock: list[float]) -> None:
    bucket = TokenBucket(visitors=100)
    for i in range(1000):
        bucket.take(str(i))
    assert len(bucket._left) == 100


def visitor(host: str, forwarded: str = "") -> str:
    request: Any = SimpleNamespace(client=SimpleNamespace(host=host), headers={"x-forwarded-for": forwarded})
    return player.visitor(request)


def test_a_visitor_cannot_name_an_address_of_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert visitor("203.0.113.5", "198.51.100.1") == "203.0.113.5"
    assert visitor("127.0.0.1", "198.51.100.1") == "198.51.100.1"  # the tunnel of a share link
    assert visitor("127.0.0.1") == "127.0.0.1"
    monkeypatch.setenv("SPACE_ID", "user/space")
    assert visitor("10.0.0.7", "spoofed, 198.51.100.1") == "198.51.100.1"


def folder(outputs: Path, name: str, *, age_s: float, size: int, now: float) -> Path:
    made = outputs / name
    made.mkdir(parents=True)
    with (made / "a.png").open("wb") as handle:
        handle.truncate(size)
    os.utime(made, (now - age_s, now - age_s))
    return made


def test_outputs_older_than_a_day_go(clock: list[float], tmp_path: Path) -> None:
    clock[0] = 1e9
    old = folder(tmp_path, "old", age_s=25 * 3600, size=10, now=clock[0])
    new = folder(tmp_path, "new", age_s=23 * 3600, size=10, now=clock[0])
    Studio(outputs=tmp_path).tidy()
    assert new.exists() and not old.exists()


def test_the_oldest_outputs_beyond_two_gigabytes_go(clock: list[float], tmp_path: Path) -> None:
    clock[0] = 1e9
    made = [folder(tmp_path, f"f{i}", age_s=i * 60, size=800_000_000, now=clock[0]) for i in range(4)]  # sparse files
    Studio(outputs=tmp_path).tidy()
    assert [f.exists() for f in made] == [True, True, False, False]


def test_tidying_an_absent_folder_is_nothing(tmp_path: Path) -> None:
    Studio(outputs=tmp_path / "absent").tidy()
    assert not (tmp_path / "absent").exists()
