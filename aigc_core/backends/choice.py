"""Make the backend that the command line or the environment names."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

from aigc_core.backends.protocol import Backend
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError, MissingDependencyError

Name = Literal["local", "ray"]
NAMES: tuple[Name, ...] = ("local", "ray")


def make(
    name: Name,
    *,
    deadline_s: float | None = None,
    offered: frozenset[str] | None = None,
    offline: bool = False,
    ray_address: str = "",
    ray_config: Path | None = None,
) -> Backend:
    """A backend.

    Args:
        offline: It opens no connection to another machine.
        ray_address: ``host:port`` of the head of a running cluster that this machine is part of; empty starts a cluster of this
            machine alone.
        ray_config: The file of its settings, see ``ray.toml`` beside this module; None for that file itself.

    Raises:
        InvalidRequestError: the settings are wrong, or contradict each other.
        MissingDependencyError: Ray is not installed.
        WorkerError: the cluster cannot be reached or started.
    """
    if name == "local":
        return Engine(deadline_s=deadline_s, offered=offered)
    if importlib.util.find_spec("ray") is None:
        raise MissingDependencyError(
            "The backend ray needs the Python package ray: pip install -r requirements-ray.txt",
            "ray 后端需要 Python 包 ray：pip install -r requirements-ray.txt",
        )
    if offline and ray_address:
        raise InvalidRequestError(
            f"--offline forbids the connection to the Ray cluster at {ray_address}. Leave one of the two out.",
            f"离线模式（--offline）不允许连接 {ray_address} 上的 Ray 集群，请去掉其中一项。",
        )
    from aigc_core.backends.ray_cluster import Cluster
    from aigc_core.backends.ray_front import RayBackend
    from aigc_core.backends.ray_settings import read

    settings = read(ray_config)
    cluster = Cluster(settings, address=ray_address, deadline_s=deadline_s, offline=offline)
    return RayBackend(cluster, offered=offered)
