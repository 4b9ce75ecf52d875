"""The app's side of Ray Serve: sends requests to the workers of their task and streams what they answer.

A request whose worker ends before it has shown a step (``kill -9``, a machine that fails) is sent once more; one that has shown
something is not, and its error says so. Whoever keeps a ledger of jobs therefore sees one job with one result.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from aigc_core import registry, support
from aigc_core.backends.protocol import Pool
from aigc_core.backends.ray_cluster import Cluster
from aigc_core.engine import HEARTBEAT_S
from aigc_core.errors import WorkerError
from aigc_core.tasks.request import Request
from aigc_core.types import Events, Progress, Result

log = logging.getLogger(__name__)
TRIES = 2
"""A request is sent so often at most."""


class RayBackend:
    """Runs requests in the workers of a cluster.

    Args:
        offered: Names of the rows that may be run; None for all.
    """

    def __init__(self, cluster: Cluster, *, offered: frozenset[str] | None = None) -> None:
        self._cluster, self._offered = cluster, offered
        self.deadline_s = cluster.deadline_s
        with registry.offering(offered):
            cluster.warm(list(dict.fromkeys(spec.task for spec in registry.list_models())))

    def admit(self, request: Request) -> Request:
        """See :func:`aigc_core.support.admit`."""
        return support.admit(request, self._offered)

    def pool(self, task: str) -> Pool:
        """The workers that a task may have at most: jobs that wait make Ray Serve start them."""
        return Pool(task, self._cluster.settings.of(task).max_replicas)

    def close(self) -> None:
        """Leave the cluster."""
        self._cluster.close()

    def run(self, request: Request, *, date: str = "") -> Events:
        """Stream one request from a worker. Closing the stream stops the work at its next step.

        Raises:
            WorkerError: the worker ended before the job did, after it had shown something or twice.
            AigcError: as the worker's engine says.
        """
        request = self.admit(request)
        for left in reversed(range(TRIES)):
            shown = False
            try:
                with closing(self._answer(request, date)) as events:
                    for event in events:
                        shown = shown or isinstance(event, Result) or event.stage == "run"
                        yield event
                return
            except WorkerError:
                if shown or not left:
                    raise
                log.warning("a worker of %s ended before its job had begun; it is sent to another one", request.task)

    def _answer(self, request: Request, date: str) -> Events:
        """One try; beats while the request has not arrived at a worker."""

        def ask() -> Any:
            handle = self._cluster.handle(request.task)
            return handle.options(stream=True, multiplexed_model_id=request.model).stream.remote(request, date)

        call = Call(ask)
        try:
            arrived = False
            while not isinstance(heard := call.listen(None if arrived else HEARTBEAT_S), Over):
                arrived = arrived or heard is not None
                yield heard or Progress(step=0, total=None, stage="load", message=request.model)
        finally:
            call.stop()


class Over:
    """The end of an answer."""


class Call:
    """One streaming call. A thread of its own reads the answer, so that whoever listens can go on, or leave, while nothing comes.

    Args:
        ask: Makes the call; returns Ray Serve's generator of messages, which can be cancelled.
    """

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self._heard: SimpleQueue[Progress | Result | Over | BaseException] = SimpleQueue()
        self._lock = Lock()
        self._answer: Any = None
        self._stopped = False
        Thread(target=self._read, name="ray call", daemon=True).start()

    def listen(self, timeout_s: float | None = None) -> Progress | Result | Over | None:
        """The next event, or the end; None where nothing came in time.

        Raises:
            WorkerError: the worker has ended, or there is none.
            Exception: as the worker says.
        """
        try:
            heard = self._heard.get(timeout=timeout_s)
        except Empty:
            return None
        if isinstance(heard, BaseException):
            raise heard
        return heard

    def stop(self) -> None:
        """Cancel what still runs."""
        with self._lock:
            self._stopped = True
            answer = self._answer
        if answer is not None:
            answer.cancel()

    def _read(self) -> None:
        try:
            for message in self._messages():
                self._heard.put(message)
            self._heard.put(Over())
        except BaseException as error:
            self._heard.put(_explained(error))
        finally:
            with self._lock:
                self._answer = None

    def _messages(self) -> Iterator[Any]:
        answer = self._ask()
        with self._lock:
            self._answer = answer
            stopped = self._stopped
        if stopped:  # while workers were started
            answer.cancel()
        yield from answer


def _explained(error: BaseException) -> BaseException:
    """Put what Ray says of a worker that is no more into words for the user; any other error stays as it is."""
    from ray import exceptions
    from ray.serve.exceptions import RayServeException

    lost = (
        exceptions.RayActorError,
        exceptions.WorkerCrashedError,
        exceptions.ObjectLostError,
        exceptions.NodeDiedError,
    )
    if not isinstance(error, (*lost, RayServeException)):
        return error
    log.warning("ray: %s", type(error).__name__)
    explained = WorkerError(
        "The process that worked on this has ended before it was done, and left nothing behind. Please try again.",
        "处理该任务的工作进程中途退出，没有产生结果，请重试。",
    )
    explained.__cause__ = error
    return explained
