"""Logs as one JSON object a line, for machines that collect them: when, how serious, where, what.

What visitors write is in none of them. A job's line names task, model, state and seconds; of an error that nobody foresaw the kind
and the places in the code are kept, and not its message, which may quote what was sent.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

FACTS = "facts"
"""Name of the attribute of a record that holds further fields, given as ``extra={"facts": {…}}``."""


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": when, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(),
            **getattr(record, FACTS, {}),
        }  # fmt: skip
        if record.exc_info:
            kind, _, trace = record.exc_info
            line |= {"error": kind.__name__ if kind is not None else "", "where": _places(trace)}
        return json.dumps(line, ensure_ascii=False, default=str)


def _places(trace: TracebackType | None) -> list[str]:
    """``file:line function`` of every frame, the innermost last."""
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def configure(*, as_json: bool) -> None:
    """Send the program's log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if as_json else plain)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
