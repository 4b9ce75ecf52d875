"""What all tabs of one running app share: the engine, the output folder, the rate limit. Made once, passed to every tab."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from aigc_core import export, recipe, registry
from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError
from aigc_core.requests import Request
from aigc_core.types import Events, Result

OUTPUT_AGE_S = 24 * 3600
OUTPUT_BYTES = 2_000_000_000


class TokenBucket:
    """Per-visitor rate limit: ``burst`` requests at once, then ``per_minute``."""

    def __init__(self, *, per_minute: float = 20, burst: int = 10, visitors: int = 10_000) -> None:
        self._rate, self._burst, self._visitors = per_minute / 60, burst, visitors
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, visitor: str) -> None:
        """Spend one token.

        Raises:
            InvalidRequestError: none is left; says when the next one comes.
        """
        now = time.monotonic()
        with self._lock:
            tokens, then = self._left.pop(visitor, (float(self._burst), now))
            tokens = min(float(self._burst), tokens + (now - then) * self._rate)
            enough = tokens >= 1
            self._left[visitor] = (tokens - 1 if enough else tokens, now)
            if len(self._left) > self._visitors:
                self._left.popitem(last=False)
        if not enough:
            wait = (1 - tokens) / self._rate
            raise InvalidRequestError(
                f"Too many requests from your address: {self._rate * 60:.0f} a minute are allowed. Try again in {wait:.0f} s.",
                f"请求过于频繁：每分钟最多 {self._rate * 60:.0f} 次，请在 {wait:.0f} 秒后重试。",
            )


@dataclass(kw_only=True)
class Studio:
    """One running app."""

    engine: Engine = field(default_factory=Engine)
    outputs: Path = field(default_factory=lambda: Path(tempfile.gettempdir()) / "aigc-studio")
    bucket: TokenBucket | None = None
    """None on a private machine."""
    broken: dict[str, str] = field(default_factory=dict)
    """Tabs that failed to build, with their errors."""

    def run(self, request: Request) -> Events:
        """Stream a request, on a ZeroGPU Space inside a GPU lease where the row wants one."""
        events: Events = _gpu(self.engine.run, request)(request)
        return events

    def save(self, result: Result) -> dict[str, str]:
        """Write a result's files into the output folder; the paths by role, the main file first."""
        self.tidy()
        digest = hashlib.sha256(recipe.dumps(result.recipe).encode()).hexdigest()[:10]
        made = result.recipe
        stem = self.outputs / f"{made['task']}-{digest}" / f"{made['task']}-{made['model']}-{made['seed']}"
        return {role: str(path) for role, path in export.save(result.output, made, stem).items()}

    def tidy(self) -> None:
        """Delete outputs older than a day, and the oldest ones beyond two gigabytes."""
        if not self.outputs.exists():
            return
        found = []
        for folder in self.outputs.iterdir():
            with suppress(OSError):  # Gradio tidies its own files here at the same time
                if folder.is_dir():
                    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
                    found.append((folder.stat().st_mtime, size, folder))
        total = 0
        for made, size, folder in sorted(found, reverse=True):
            total += size
            if time.time() - made > OUTPUT_AGE_S or total > OUTPUT_BYTES:
                shutil.rmtree(folder, ignore_errors=True)


def _gpu(run: Callable[[Request], Events], request: Request) -> Any:
    if not registry.find(request.model, request.task).needs_gpu:
        return run
    try:
        import spaces
    except ImportError:
        return run
    return spaces.GPU(duration=120)(run)
