"""Model repositories at one commit, through huggingface_hub, which resumes broken transfers and keeps its own cache.

``HF_ENDPOINT``, ``HF_HOME`` and ``HF_HUB_OFFLINE`` work as everywhere. A small marker file in our cache says that a
snapshot was fetched to its end, so that looking needs neither the library nor the network.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any

from aigc_core.errors import DownloadError
from aigc_core.types import Hub, Progress
from aigc_core.weights.cache import cache_root
from aigc_core.weights.offline import refuse_offline


def folder_of(source: Hub) -> Path | None:
    """The snapshot, if a fetch of it was completed."""
    marker = _marker(source)
    if marker.exists() and (folder := Path(marker.read_text("utf-8"))).is_dir():
        return folder
    return None


def _marker(source: Hub) -> Path:
    key = repr((source.repo_id, source.revision, source.patterns, source.ignore)).encode()
    return cache_root() / "hub" / f"{source.repo_id.replace('/', '--')}-{hashlib.sha256(key).hexdigest()[:12]}"


def fetch(source: Hub) -> Generator[Progress, None, list[Path]]:
    """See :func:`aigc_core.weights.ensure`. Closing it early ends the download at its next chunk."""
    if (folder := folder_of(source)) is not None:
        return [folder]
    if (found := _in_library_cache(source)) is not None:
        return [_remember(source, found)]
    refuse_offline(source.repo_id, source.size)
    counter = _Counter()
    outcome: queue.Queue[str | BaseException] = queue.Queue()
    threading.Thread(target=_download, args=(source, counter, outcome), daemon=True).start()
    answer: str | BaseException | None = None
    try:
        while answer is None:
            step = min(counter.bytes(), source.size)
            yield Progress(step=step, total=source.size, stage="fetch", message=source.repo_id)
            try:
                answer = outcome.get(timeout=0.5)
            except queue.Empty:
                continue
    finally:
        counter.stopped = True
    if isinstance(answer, BaseException):
        raise _failed(source, answer) from answer
    return [_remember(source, answer)]


def _options(source: Hub) -> dict[str, Any]:
    return {
        "repo_id": source.repo_id,
        "revision": source.revision,
        "allow_patterns": list(source.patterns),
        "ignore_patterns": list(source.ignore),
    }


def _in_library_cache(source: Hub) -> str | None:
    """A complete snapshot that another program has fetched."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return str(snapshot_download(**_options(source), local_files_only=True))
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None


def _download(source: Hub, counter: _Counter, outcome: queue.Queue[str | BaseException]) -> None:
    from huggingface_hub import snapshot_download

    try:
        outcome.put(snapshot_download(**_options(source), tqdm_class=counter.tqdm_class()))
    except BaseException as error:  # handed to the thread that waits
        outcome.put(error)


def _failed(source: Hub, error: BaseException) -> DownloadError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    what = f"{source.repo_id} ({source.size / 1e6:.0f} MB)"
    return DownloadError(
        f"Could not fetch {what}: {reason} If the hub is out of reach, set HF_ENDPOINT to a mirror or choose another "
        "model.",
        f"无法下载 {what}：{reason} 若无法访问模型站，请将 HF_ENDPOINT 设为镜像地址，或改用其他模型。",
    )


def _remember(source: Hub, folder: str) -> Path:
    marker = _marker(source)
    marker.parent.mkdir(parents=True, exist_ok=True)
    temporary = marker.with_name(f".{marker.name}.{os.getpid()}")
    temporary.write_text(folder, "utf-8")
    temporary.replace(marker)
    return Path(folder)


def remove(source: Hub) -> bool:
    """Delete this commit from the library's cache, with the files no other commit uses."""
    folder = folder_of(source)
    _marker(source).unlink(missing_ok=True)
    if folder is None:
        return False
    from huggingface_hub import scan_cache_dir

    scan_cache_dir(folder.parents[2]).delete_revisions(folder.name).execute()  # cache/models--…/snapshots/commit
    return True


class _Stopped(Exception):
    """Raised inside the library's download to end it."""


class _Counter:
    """Counts bytes through the library's progress bars; it keeps two of the same bytes (received, written)."""

    def __init__(self) -> None:
        self.stopped = False
        self._by_bar: defaultdict[int, int] = defaultdict(int)

    def bytes(self) -> int:
        return max(self._by_bar.values(), default=0)

    def tqdm_class(self) -> type:
        from tqdm.auto import tqdm

        counter = self

        class Counting(tqdm):  # type: ignore[misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                self._counts_bytes = kwargs.get("unit") == "B"
                kwargs.pop("name", None)
                super().__init__(*args, **{**kwargs, "disable": True})

            def update(self, n: float | None = 1) -> bool | None:
                if counter.stopped:
                    raise _Stopped
                if self._counts_bytes:
                    counter._by_bar[id(self)] += int(n or 0)
                return bool(super().update(n))

        return Counting
