"""Quotas for uploads: each visitor has a quota, and all uploads together have one."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from aigc_core.errors import InvalidRequestError

VISITOR_BYTES = 200_000_000
TOTAL_BYTES = 1_000_000_000
FILES = 200
"""Files kept a visitor."""


@dataclass
class _Upload:
    size: int
    visitors: set[str] = field(default_factory=set)


class Ledger:
    """Uploads by path, oldest first. Beyond a visitor's quota his own oldest go; others' are never touched."""

    def __init__(self, *, visitor_bytes: int = VISITOR_BYTES, total_bytes: int = TOTAL_BYTES) -> None:
        self._files: OrderedDict[Path, _Upload] = OrderedDict()
        self._reserved = 0
        self._lock = Lock()
        self._visitor_bytes, self._total_bytes = visitor_bytes, total_bytes

    @contextmanager
    def room_for(self, size: int) -> Iterator[None]:
        """Hold ``size`` bytes while an upload arrives.

        Raises:
            InvalidRequestError: the server keeps as many uploads as it may.
        """
        with self._lock:
            used = sum(upload.size for upload in self._files.values()) + self._reserved
            if used + size > self._total_bytes:
                raise InvalidRequestError(
                    f"The server has no room for more uploads ({self._total_bytes // 1_000_000} MB in all). Try again later.",
                    f"服务器的上传空间已满（共 {self._total_bytes // 1_000_000} MB），请稍后再试。",
                )
            self._reserved += size
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= size

    def record(self, visitor: str, paths: Sequence[str]) -> None:
        """Note files that arrived; the visitor's oldest beyond his quota are deleted."""
        with self._lock:
            for path in map(Path, paths):
                size = path.stat().st_size if path.exists() else 0
                upload = self._files.pop(path, _Upload(size))
                upload.visitors.add(visitor)
                self._files[path] = upload
            own = [(path, upload) for path, upload in self._files.items() if visitor in upload.visitors]
            total, count = sum(upload.size for _, upload in own), len(own)
            for path, upload in own[: max(0, count - len(paths))]:  # what has just arrived stays
                if total <= self._visitor_bytes and count <= FILES:
                    break
                total, count = total - upload.size, count - 1
                upload.visitors.discard(visitor)
                if not upload.visitors:  # the same file from two visitors lies in one place
                    del self._files[path]
                    shutil.rmtree(path.parent, ignore_errors=True)

    def forget_missing(self) -> None:
        """Drop what was deleted meanwhile."""
        with self._lock:
            for path in [path for path in self._files if not path.exists()]:
                del self._files[path]
