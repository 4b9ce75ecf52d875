"""The connection to a Ray cluster: a running one, or one of this machine alone that is started here and ends with the app.

Ray Serve's own web servers, Ray's dashboard and its usage statistics stay off: the app is the only way in.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

from aigc_core.backends.ray_settings import RaySettings
from aigc_core.errors import WorkerError

log = logging.getLogger(__name__)
HERE = "127.0.0.1"


class Cluster:
    """The workers of each task, deployed when the first request for them comes or :meth:`warm` is called.

    Args:
        address: ``host:port`` of the head of a running cluster that this machine is part of, or ``auto``; empty for one of our own.
        deadline_s: Longest time a loaded model may work on one request; None for no bound.
        offline: No worker opens a connection to another machine.

    Raises:
        WorkerError: the cluster cannot be reached or started.
    """

    def __init__(
        self, settings: RaySettings, *, address: str = "", deadline_s: float | None = None, offline: bool = False
    ) -> None:
        self.settings, self.deadline_s, self._offline = settings, deadline_s, offline
        self._handles: dict[str, Any] = {}
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
                logging_level=logging.WARNING,
                _node_ip_address=HERE,
            )
        elif not ray.is_initialized():
            ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
        logging.getLogger("ray.serve").setLevel(logging.WARNING)
        serve.start(proxy_location="Disabled", logging_config={"enable_access_log": False})
        return owned

    def handle(self, task: str) -> Any:
        """The handle of a task's workers. Requests may be sent to it at once: they wait until a worker is there.

        Raises:
            WorkerError: they cannot be deployed.
        """
        with self._lock:  # Serve builds one application at a time
            if task not in self._handles:
                self._handles[task] = self._deployed(task)
            return self._handles[task]

    def warm(self, tasks: Iterable[str]) -> None:
        """Begin to deploy the workers of tasks, in a thread."""

        def deploy() -> None:
            for task in tasks:
                with suppress(WorkerError):  # the log has it, and a request is told
                    self.handle(task)

        Thread(target=deploy, name="deploy", daemon=True).start()

    def _deployed(self, task: str) -> Any:
        from ray import serve

        from aigc_core.backends.ray_worker import application

        try:
            made = application(task, self.settings.of(task), self.deadline_s, self._offline)
            target = serve.RunTarget(made, name=f"aigc-{task}", route_prefix=None)
            return serve.run_many([target], wait_for_applications_running=False)[0]
        except Exception as error:
            log.warning("the workers for %s could not be started", task, exc_info=True)
            raise WorkerError(
                f"The workers for {task} could not be started; the server's log says why. Try again in a minute.",
                f"无法启动任务 {task} 的工作进程，原因见服务器日志，请一分钟后再试。",
            ) from error

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
            f"The Ray cluster at {address} cannot be reached: {error}. This machine must be part of it (ray start --address …); "
            "where the cluster asks for its token, set RAY_AUTH_MODE=token.",
            f"无法连接 {address} 上的 Ray 集群：{error}。本机须先加入该集群（ray start --address …）；若集群要求令牌，请设置 RAY_AUTH_MODE=token。",
        )
    return WorkerError(f"Ray cannot be started on this machine: {error}", f"无法在本机启动 Ray：{error}")
