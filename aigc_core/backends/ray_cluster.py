"""The connection to a Ray cluster: a running one, or one of this machine alone that is started here and ends with the app.

Ray Serve's own web servers, Ray's dashboard and its usage statistics stay off: the app is the only way in.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any

from aigc_core.backends.ray_settings import RaySettings
from aigc_core.errors import WorkerError

log = logging.getLogger(__name__)
HERE = "127.0.0.1"


class Cluster:
    """The workers of each task, deployed when the first request for it comes or :meth:`warm` is called.

    Args:
        address: ``host:port`` of the head of a running cluster that this machine is part of; empty for one of our own.
        deadline_s: Longest time a loaded model may work on one request; None for no bound.
        offline: No worker opens a connection to another machine.

    Raises:
        WorkerError: the cluster cannot be reached or started.
    """

    def __init__(
        self, settings: RaySettings, *, address: str = "", deadline_s: float | None = None, offline: bool = False
    ) -> None:
        self.settings, self.deadline_s, self._offline = settings, deadline_s, offline
        self._handles: dict[str, Future[Any]] = {}
        self._lock = Lock()
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when Ray is imported
        try:
            self._owned = self._connect(address)
        except Exception as error:
            log.debug("ray", exc_info=True)
            raise _out_of_reach(address, error) from error

    def _connect(self, address: str) -> bool:
        """Connect, unless the process is connected already; True if the cluster was started here."""
        import ray
        from ray import serve

        owned = not ray.is_initialized() and not address
        if owned:
            store = self.settings.object_store_mb * 1_000_000
            ray.init(
                address="local",  # whatever RAY_ADDRESS says
                include_dashboard=False,
                object_store_memory=store,
                log_to_driver=False,
                _node_ip_address=HERE,
            )
        elif not ray.is_initialized():
            ray.init(address=address, log_to_driver=False)
        serve.start(proxy_location="Disabled", logging_config={"enable_access_log": False})
        return owned

    def handle(self, task: str) -> Future[Any]:
        """The handle of a task's workers, once they are there; several requests at once deploy them once."""
        with self._lock:
            if task in self._handles:
                return self._handles[task]
            handle = self._handles[task] = Future[Any]()
        Thread(target=self._deploy, args=(task, handle), name=f"deploy {task}", daemon=True).start()
        return handle

    def warm(self, tasks: list[str]) -> None:
        """Begin to deploy the workers of tasks."""
        for task in tasks:
            self.handle(task)

    def _deploy(self, task: str, handle: Future[Any]) -> None:
        from ray import serve

        from aigc_core.backends.ray_worker import application

        try:
            made = application(task, self.settings.of(task), self.deadline_s, self._offline)
            handle.set_result(serve.run(made, name=f"aigc-{task}", route_prefix=None))
        except Exception:
            log.warning("the workers for %s could not be started", task, exc_info=True)
            with self._lock:
                del self._handles[task]
            handle.set_exception(
                WorkerError(
                    f"The workers for {task} could not be started; the server's log says why. Try again in a minute.",
                    f"无法启动任务 {task} 的工作进程，原因见服务器日志，请一分钟后再试。",
                )
            )

    def close(self) -> None:
        """Leave the cluster; one that was started here ends with all its workers."""
        import ray
        from ray import serve

        if self._owned:
            serve.shutdown()
            ray.shutdown()


def _out_of_reach(address: str, error: Exception) -> WorkerError:
    if address:
        return WorkerError(
            f"The Ray cluster at {address} cannot be reached: {error}. This machine must be part of it: ray start --address {address}",
            f"无法连接 {address} 上的 Ray 集群：{error}。本机须先加入该集群：ray start --address {address}",
        )
    return WorkerError(f"Ray cannot be started on this machine: {error}", f"无法在本机启动 Ray：{error}")
