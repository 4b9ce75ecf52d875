"""The worker side of Ray Serve: one deployment a task, each replica a process that runs an engine for every model it keeps.

Requests arrive, and events leave, as the project's own dataclasses; Ray pickles them (protocol 5), pictures and sound inside.
An error is the last message of a stream, so that it arrives as what it is, with its text in both languages.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ray import serve

from aigc_core import runtime
from aigc_core.backends.ray_settings import Workers
from aigc_core.engine import Engine
from aigc_core.tasks.request import Request
from aigc_core.types import Events, Progress, Result

log = logging.getLogger(__name__)
EVENT_S = 0.05
"""Steps that follow each other faster than this are not all told to another process."""
PREVIEW_S = 0.25
"""A preview is sent so often at most, as a page is told."""

Message = Progress | Result | BaseException
"""A part of the answer to a request; an error is the last one."""


class Replica:
    """One process that works on the requests of a task.

    Args:
        workers: Its settings.
        deadline_s: Longest time a loaded model may work on one request; None for no bound.
        offline: It opens no connection to another machine.
    """

    def __init__(self, workers: Workers, deadline_s: float | None, offline: bool) -> None:
        # Ray takes it from the cores that it reserves. With another number sums are added up in another order.
        os.environ["OMP_NUM_THREADS"] = str(workers.threads or runtime.threads())
        if offline:
            runtime.go_offline()

        async def engine_of(model: str) -> Engine:
            """An engine for one model: Ray Serve drops the least recently used, and tells its routers which there are."""
            return Engine(max_loaded=1, deadline_s=deadline_s)

        multiplexed = serve.multiplexed(max_num_models_per_replica=workers.models)
        self._engine_of: Callable[[str], Awaitable[Engine]] = multiplexed(engine_of)
        self._threads = ThreadPoolExecutor(workers.jobs_at_once, "job")

    async def stream(self, request: Request, date: str) -> AsyncGenerator[Message, None]:
        """Messages of one run. Ray cancels it where the caller has left: the work then stops at its next step, and this replica
        counts as busy until it has."""
        engine = await self._engine_of(request.model)
        loop, said, stop = asyncio.get_running_loop(), asyncio.Queue[Message | None](), threading.Event()

        def tell(message: Message | None) -> None:
            loop.call_soon_threadsafe(said.put_nowait, message)

        work = loop.run_in_executor(self._threads, _work, engine.run(request, date=date), tell, stop)
        try:
            while (message := await said.get()) is not None:
                yield message
        finally:
            stop.set()
            await asyncio.wait([work])


def _work(events: Events, tell: Callable[[Message | None], None], stop: threading.Event) -> None:
    """Run to the end, to an error, or until it is to stop; None follows the last message."""
    try:
        for event in thinned(events):
            if stop.is_set():
                break
            tell(event)
    except BaseException as error:
        log.warning("a job failed: %s", type(error).__name__)
        tell(_sendable(error))
    finally:
        events.close()
        tell(None)


def thinned(events: Events, clock: Callable[[], float] = time.monotonic) -> Iterator[Progress | Result]:
    """The events that are worth sending: the first of each stage, then those that are not too close behind the last one sent, with
    their previews now and then, and the result."""
    stage, sent, shown = "", float("-inf"), float("-inf")
    for event in events:
        now = clock()
        if isinstance(event, Progress):
            if event.stage == stage and now - sent < EVENT_S:
                continue
            if now - shown < PREVIEW_S:
                event = replace(event, preview=None)  # nobody makes it
            elif event.preview is not None:
                shown = now
            stage, sent = event.stage, now
        yield event


def _sendable(error: BaseException) -> BaseException:
    """The error itself, or its name and words where it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
        return error
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")


def application(task: str, workers: Workers, deadline_s: float | None, offline: bool) -> Any:
    """The Serve application that runs the requests of a task."""
    options: dict[str, Any] = {
        "name": task,
        "max_ongoing_requests": workers.jobs_at_once,
        "ray_actor_options": _resources(workers),
        "graceful_shutdown_timeout_s": 30.0,
    }
    if workers.max_replicas > workers.replicas:
        options["autoscaling_config"] = {
            "min_replicas": workers.replicas,
            "max_replicas": workers.max_replicas,
            "target_ongoing_requests": workers.jobs_at_once,
            "upscale_delay_s": workers.upscale_delay_s,
            "downscale_delay_s": workers.downscale_delay_s,
        }
    else:
        options["num_replicas"] = workers.replicas
    return serve.deployment(**options)(Replica).bind(workers, deadline_s, offline)


def _resources(workers: Workers) -> dict[str, Any]:
    """The share of a machine that Ray reserves for one replica."""
    resources: dict[str, Any] = {"num_cpus": workers.cpus, "num_gpus": workers.gpus}
    if workers.memory_mb:
        resources["memory"] = workers.memory_mb * 1_000_000
    return resources
