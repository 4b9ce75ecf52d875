"""Limits of one visitor: identity, seconds of work, jobs that wait, and small events at a time."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

from aigc_core.errors import DeadlineError, InvalidRequestError
from demos.ui.studio import TokenBucket

T = TypeVar("T")
WAITING = 6
"""Jobs of one visitor that may wait or run at a time."""
LIGHT_S = 20.0
"""Longest time of a small event: a picture decoded, a file read, a view redrawn."""
LIGHT_AT_ONCE = 4
LIGHT_WAITING = 24
"""Small events of one visitor that may wait or run at a time."""
LIGHT_TOKEN_S = 0.05


def visitor_of(host: str, forwarded: str = "") -> str:
    """The name a visitor's limits are held against: his IPv4 address, or the /64 network of his IPv6 address.

    A proxy names the real address last in ``x-forwarded-for``: believed on a Space and from this machine (a tunnel or
    reverse proxy) only, as anybody else can write the header himself.
    """
    proxied = os.environ.get("SPACE_ID") or host in ("127.0.0.1", "::1")
    named = (forwarded.split(",")[-1].strip() if proxied else "") or host
    try:
        address = ipaddress.ip_address(named.strip("[]").partition("%")[0])
    except ValueError:
        return named[:100]
    address = getattr(address, "ipv4_mapped", None) or address
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:  # a home gets 2⁶⁴ addresses at least
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)


class LightGate:
    """Small events: a few at a time, each with a deadline, and in public under a budget of seconds of their own.

    Python cannot end a thread: an event past its deadline is answered at once and keeps its place until it is done.
    """

    def __init__(self, *, public: bool = False, deadline_s: float = LIGHT_S, at_once: int = LIGHT_AT_ONCE) -> None:
        self._bucket = TokenBucket(per_minute=600, burst=400, token_s=LIGHT_TOKEN_S) if public else None
        self._deadline_s = deadline_s
        self._free = asyncio.Semaphore(at_once)
        self._busy: Counter[str] = Counter()

    async def run(self, visitor: str, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of ``work``.

        Raises:
            InvalidRequestError: the visitor has too many events at once, or spent his seconds.
            DeadlineError: it took too long.
        """
        try:
            self._check(visitor)
        except InvalidRequestError:
            work.close()
            raise
        self._busy[visitor] += 1
        task = asyncio.ensure_future(self._metered(visitor, work))
        task.add_done_callback(lambda done: self._leave(visitor, done))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._deadline_s)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            raise DeadlineError(
                f"This took longer than {self._deadline_s:.0f} s and was given up. Try a smaller input.",
                f"处理超过 {self._deadline_s:.0f} 秒，已放弃。请换用更小的输入。",
            )
        return task.result()

    def _check(self, visitor: str) -> None:
        if self._busy[visitor] >= LIGHT_WAITING:
            raise InvalidRequestError(
                f"Too many events at once from your address: {LIGHT_WAITING} may wait. Try again in a moment.",
                f"来自您地址的操作过多：最多同时等待 {LIGHT_WAITING} 个，请稍后再试。",
            )
        if self._bucket is not None:
            self._bucket.take(visitor)

    async def _metered(self, visitor: str, work: Coroutine[Any, Any, T]) -> T:
        clock = asyncio.get_running_loop().time
        try:
            await self._free.acquire()
        except BaseException:
            work.close()
            raise
        start = clock()
        try:
            return await work
        except SystemExit as error:  # out of a task it would end the event loop, and with it the server
            raise RuntimeError("a handler tried to end the program") from error
        finally:
            self._free.release()
            if self._bucket is not None:
                self._bucket.settle(visitor, clock() - start)

    def _leave(self, visitor: str, done: asyncio.Future[Any]) -> None:
        self._busy[visitor] -= 1
        if self._busy[visitor] <= 0:
            del self._busy[visitor]
        if not done.cancelled():
            done.exception()  # looked at, so that a late failure is not reported as forgotten
