"""The text collections that models train on: ``.jsonl.xz`` files, one record a line, each with its ``split``."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aigc_core.errors import InvalidRequestError

SIMPLE = ("asp", "pb")
"""Sources of ``text_en`` in simple language: African Storybook, Pratham Books."""


_IMPRINT = "\n* License"
"""Heading after which a story's text gives way to facts about the book."""


def records(file: Path, split: str) -> Iterator[dict[str, Any]]:
    """Records of one split, in the file's order.

    Raises:
        InvalidRequestError: no such file, or not one of these.
    """
    if not file.is_file():
        raise InvalidRequestError(f"{file} does not exist.", f"找不到 {file}。")
    try:
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                record: dict[str, Any] = json.loads(line)
                if record["split"] == split:
                    yield record
    except (lzma.LZMAError, json.JSONDecodeError, KeyError, UnicodeDecodeError) as error:
        raise InvalidRequestError(
            f"{file} is not a .jsonl.xz file of records with a 'split' field: {error}",
            f"{file} 不是带 split 字段的 .jsonl.xz 文件：{error}",
        ) from error


def english(file: Path, split: str) -> tuple[list[str], list[str]]:
    """Read ``text_en`` as two lists of texts: those in simple language, and the novels."""
    simple: list[str] = []
    novels: list[str] = []
    for record in records(file, split):
        (simple if record["src"] in SIMPLE else novels).append(record["text"].split(_IMPRINT)[0].rstrip() + "\n")
    return simple, novels
