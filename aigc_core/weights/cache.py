"""The cache folder: complete or absent, never half; one writer at a time.

A folder appears under its final name only when it is complete and its manifest written: it is filled beside that place,
then renamed. A file lock makes a second process wait for the first; the system drops it when its holder dies.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_core.errors import CheckpointError

if TYPE_CHECKING:
    from filelock import FileLock

MANIFEST = "manifest.json"


def cache_root() -> Path:
    """Cache folder of fetched weights: ``$AIGC_HOME`` or ``~/.cache/aigc``."""
    return Path(os.environ.get("AIGC_HOME") or Path.home() / ".cache" / "aigc").expanduser()


def private_root() -> Path:
    """The cache folder, made if need be for this user alone; what it holds is loaded, so nobody else may write to it.

    Raises:
        CheckpointError: it cannot be made, or another user could change it.
    """
    root = cache_root()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = root.stat()
        if hasattr(os, "geteuid") and found.st_uid == os.geteuid() and found.st_mode & stat.S_IWOTH:
            root.chmod(found.st_mode & 0o7775)
            found = root.stat()
    except OSError as error:
        words = error.strerror or str(error)
        raise CheckpointError(
            f"The folder of the weights, {root}, cannot be used: {words}. Set AIGC_HOME to another folder.",
            f"权重目录 {root} 无法使用：{words}。请将 AIGC_HOME 设为其他目录。",
        ) from error
    if hasattr(os, "geteuid") and not _is_trusted(found, os.geteuid()):
        raise CheckpointError(
            f"Another user can change the weights in {root}. Set AIGC_HOME to a folder of your own.",
            f"其他用户可以修改 {root} 中的权重。请将 AIGC_HOME 设为您自己的目录。",
        )
    return root


def _is_trusted(found: os.stat_result, user: int) -> bool:
    """True if only its owner and the administrator can change a folder."""
    return user == 0 or (found.st_uid in (user, 0) and not found.st_mode & stat.S_IWOTH)


def is_complete(folder: Path) -> bool:
    """True if a cached folder still has every unpacked file; :func:`changed` compares contents."""
    manifest = _manifest(folder)
    return manifest is not None and all((folder / name).exists() for name in manifest)


def _manifest(folder: Path) -> Mapping[str, str] | None:
    try:
        manifest: Mapping[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return manifest


def lock_of(folder: Path) -> FileLock:
    """The lock for writing ``folder``; it belongs to the process, as a generator's steps may run on several threads."""
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(folder.parent / f".{folder.name}.lock", thread_local=False)


def acquire(lock: FileLock) -> Generator[int, None, None]:
    """Take the lock, yielding 0 (bytes) twice a second while another process holds it."""
    from filelock import Timeout

    while True:
        try:
            lock.acquire(timeout=0.5)
            return
        except Timeout:
            yield 0


def clear_stale(folder: Path, suffix: str) -> None:
    """Delete what a process that was killed left beside ``folder``. Needs its lock."""
    for stale in folder.parent.glob(f".{folder.name}.*{suffix}"):
        shutil.rmtree(stale)


class Staged:
    """A folder that takes its final name, manifest inside, only when the block ends well. Needs the lock of ``final``."""

    def __init__(self, final: Path) -> None:
        self.final = final
        self.staging = final.parent / f".{final.name}.{os.getpid()}.part"

    def __enter__(self) -> Path:
        clear_stale(self.final, ".part")
        self.staging.mkdir(parents=True)
        return self.staging

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            shutil.rmtree(self.staging, ignore_errors=True)
            return
        files = {str(f.relative_to(self.staging)): file_hash(f) for f in _files(self.staging)}
        (self.staging / MANIFEST).write_text(json.dumps(files, indent=1, sort_keys=True), "utf-8")
        if self.final.exists():
            shutil.rmtree(self.final)
        self.staging.replace(self.final)
        _verified[self.final] = _fingerprint(self.final, files)


_verified: dict[Path, tuple[tuple[int, ...], ...]] = {}
"""Folders whose files were hashed by this process, as their files were then."""


def changed(folder: Path) -> list[str]:
    """Files that are no longer what the manifest says; hashed once a process, and again when the system has seen a change."""
    manifest = _manifest(folder)
    if manifest is None:
        return [MANIFEST]
    if _verified.get(folder) == (seen := _fingerprint(folder, manifest)):
        return []
    bad = [name for name, digest in manifest.items() if file_hash(folder / name) != digest]
    if not bad:
        _verified[folder] = seen
    return bad


def _fingerprint(folder: Path, names: Iterable[str]) -> tuple[tuple[int, ...], ...]:
    """Changes whenever a file does; its time of change, unlike that of modification, cannot be set."""
    found = [(folder / name).stat() for name in sorted(names)]
    return tuple((s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for s in found)


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file() and f.name != MANIFEST)


def file_hash(file: Path) -> str:
    """SHA-256 of one file."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def folder_hash(folder: Path) -> str:
    """SHA-256 over the weights and configurations in a folder, in the order of their paths."""
    weights = [f for f in _files(folder) if f.suffix in (".safetensors", ".onnx") or f.name == "config.json"]
    return hashlib.sha256("".join(file_hash(f) for f in weights).encode()).hexdigest()


def verify() -> list[str]:
    """Hash every cached package and derived file again; the complaints, none when all is well."""
    bad = []
    for file in sorted(cache_root().glob(f"*/*/{MANIFEST}")):
        folder = file.parent
        manifest = _manifest(folder)
        if manifest is None:
            bad.append(f"{folder.name}/{MANIFEST} cannot be read")
            continue
        for name, digest in manifest.items():
            if not (folder / name).exists():
                bad.append(f"{folder.name}/{name} is missing")
            elif file_hash(folder / name) != digest:
                bad.append(f"{folder.name}/{name} has changed")
    return bad
