"""The settings of workers in a Ray cluster, read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from aigc_core import tasks
from aigc_core.errors import InvalidRequestError

DEFAULT = Path(__file__).parent / "ray.toml"
_MOST = 100_000


@dataclass(frozen=True, kw_only=True)
class Workers:
    """The workers of one task.

    Raises:
        InvalidRequestError: a number is out of its limits.
    """

    replicas: int = 1
    """Processes that are always there."""
    max_replicas: int = 1
    """Processes at most: more are started while jobs wait."""
    jobs_at_once: int = 2
    """Jobs that one process runs side by side."""
    models: int = 3
    """Models that one process keeps in memory."""
    threads: int = 0
    """Threads of one job; 0 for all cores of the machine it runs on."""
    cpus: float = 0.1
    """Cores that the cluster reserves for one process, for placing only."""
    gpus: float = 0.0
    """GPUs reserved for one process, as a fraction."""
    memory_mb: int = 0
    """Memory reserved for one process; 0 for none."""
    upscale_delay_s: float = 10.0
    """Seconds that jobs wait before a process is added."""
    downscale_delay_s: float = 300.0
    """Seconds that a process is idle before it is taken away."""

    def __post_init__(self) -> None:
        for f in fields(self):
            least = 1 if f.name in ("replicas", "max_replicas", "jobs_at_once", "models") else 0
            object.__setattr__(self, f.name, _number(f.name, getattr(self, f.name), type(f.default), least))
        object.__setattr__(self, "max_replicas", max(self.replicas, self.max_replicas))


@dataclass(frozen=True, kw_only=True)
class RaySettings:
    """The workers of every task, and the cluster that the app starts where it finds none."""

    object_store_mb: int = 200
    """Shared memory for what workers send."""
    default: Workers = field(default_factory=Workers)
    tasks: Mapping[str, Workers] = field(default_factory=dict)
    """The tasks whose workers differ from the default."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "object_store_mb", _number("object_store_mb", self.object_store_mb, int, 80))

    def of(self, task: str) -> Workers:
        """The workers of a task."""
        return self.tasks.get(task, self.default)


def read(file: Path | None = None) -> RaySettings:
    """The settings in a file; by default those that come with the project.

    Raises:
        InvalidRequestError: the file cannot be read, or says something that has no meaning here.
    """
    file = file if file is not None else DEFAULT
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise InvalidRequestError(
            f"The settings of Ray in {file} cannot be read: {words}.", f"无法读取 Ray 配置文件 {file}：{words}。"
        ) from error
    _check_names(("table", "表"), content, ("ray", "default", *tasks.TASKS))
    for name, values in content.items():
        if not isinstance(values, dict):
            raise _wrong(name, values, "a table", "一个表")
        _check_names((f"value in [{name}] called", f"[{name}] 项"), values, _CLUSTER if name == "ray" else _WORKERS)
    default = Workers(**content.get("default", {}))
    own = {task: replace(default, **content[task]) for task in tasks.TASKS if task in content}
    return RaySettings(**content.get("ray", {}), default=default, tasks=own)


_WORKERS = tuple(f.name for f in fields(Workers))
_CLUSTER = ("object_store_mb",)


def _check_names(what: tuple[str, str], found: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in found:
        if name not in known:
            raise InvalidRequestError(
                f"The settings of Ray have no {what[0]} {name!r}. Known: {', '.join(known)}.",
                f"Ray 配置没有名为 {name!r} 的{what[1]}。可用：{'、'.join(known)}。",
            )


def _number(name: str, value: Any, kind: type, least: float) -> Any:
    whole = kind is int
    fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not fits or not least <= value <= _MOST:
        number, number_zh = ("a whole number", "整数") if whole else ("a number", "数字")
        raise _wrong(name, value, f"{number} from {least} to {_MOST}", f" {least} 到 {_MOST} 之间的{number_zh}")
    return kind(value)


def _wrong(name: str, value: Any, wanted: str, wanted_zh: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{name} in the settings of Ray must be {wanted}; got {value!r:.60}.",
        f"Ray 配置中的 {name} 应为{wanted_zh}，收到 {value!r:.60}。",
    )
