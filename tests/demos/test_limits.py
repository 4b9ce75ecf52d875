"""Limits of a public launch: the rate per address, who that address is, and the room that outputs take."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from toys import row

from aigc_core import registry
from aigc_core.errors import DeadlineError, InvalidRequestError
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Result
from demos.ui import limits, player, studio
from demos.ui.limits import LightGate
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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True), ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.5", "203.0.113.5", True), ("203.0.113.5", "203.0.113.6", False), ("::1", "::2", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)  # fmt: skip
def test_a_home_has_one_bucket(one: str, other: str, same: bool) -> None:
    assert (limits.visitor_of(one) == limits.visitor_of(other)) is same


def test_seconds_are_charged_and_a_debt_is_paid_back(clock: list[float]) -> None:
    bucket = TokenBucket(per_minute=60, burst=10, token_s=1.5)
    bucket.take("a")
    bucket.settle("a", 30.0)  # twenty tokens, one of them paid
    with pytest.raises(InvalidRequestError, match="Try again in 11 s"):
        bucket.take("a")
    bucket.take("b")
    clock[0] += 11
    bucket.take("a")
    bucket.check("b", waiting=7)
    with pytest.raises(InvalidRequestError):
        bucket.check("b", waiting=10)


def test_every_run_is_paid_for_by_its_visitor(
    clock: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"faces-toy": row()}
    monkeypatch.setattr(registry, "_table", lambda: rows)
    studio_ = Studio(outputs=tmp_path, bucket=TokenBucket(per_minute=1, burst=2, token_s=1.5))
    assert inspect.signature(Studio.run).parameters["visitor"].default is inspect.Parameter.empty
    for event in studio_.run(FacesRequest(count=1), "a"):
        clock[0] += 1.5 if not isinstance(event, Result) else 0
    with pytest.raises(InvalidRequestError, match="Too many requests"):
        [studio_.ask(FacesRequest(count=1), "a") for _ in range(2)]
    studio_.ask(FacesRequest(count=1), "b")


def test_small_events_take_turns_and_end_in_time() -> None:
    running = peak = 0

    async def work(seconds: float) -> int:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(seconds)
        running -= 1
        return 1

    async def both() -> tuple[list[Any], list[Any]]:
        gate = LightGate(deadline_s=5, at_once=2)
        turns = await asyncio.gather(*(gate.run("a", work(0.02)) for _ in range(8)))
        short = LightGate(deadline_s=0.05)
        late = await asyncio.gather(short.run("a", work(1.0)), return_exceptions=True)
        return turns, late

    turns, late = asyncio.run(both())
    assert turns == [1] * 8 and peak == 2
    assert isinstance(late[0], DeadlineError) and "0 s" in str(late[0])


def test_one_visitor_cannot_take_all_small_places() -> None:
    async def work() -> int:
        await asyncio.sleep(0.02)
        return 1

    async def crowd() -> list[Any]:
        gate = LightGate()
        many = [gate.run("a", work()) for _ in range(limits.LIGHT_WAITING + 3)]
        return await asyncio.gather(*many, gate.run("b", work()), return_exceptions=True)

    *own, other = asyncio.run(crowd())
    assert own.count(1) == limits.LIGHT_WAITING and other == 1
    assert sum(isinstance(answer, InvalidRequestError) for answer in own) == 3


def test_public_small_events_have_a_budget_of_seconds() -> None:
    async def work() -> int:
        return 1

    async def flood() -> list[Any]:
        gate = LightGate(public=True)
        return [await asyncio.gather(gate.run("a", work()), return_exceptions=True) for _ in range(600)]

    answers = [answer for (answer,) in asyncio.run(flood())]
    assert answers[:300] == [1] * 300 and isinstance(answers[-1], InvalidRequestError)
