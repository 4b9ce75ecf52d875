"""Read the part of Docker's formats that this project uses: a Dockerfile's instructions, and which files a build is given.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

KNOWN = {"FROM", "ARG", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class Instruction(NamedTuple):
    """One instruction, its lines joined."""

    name: str
    text: str


def instructions(file: Path) -> list[Instruction]:
    """The instructions of a Dockerfile, in order.

    Raises:
        ValueError: one of them is not among :data:`KNOWN`.
    """
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found = [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]
    if unknown := {one.name for one in found} - KNOWN:
        raise ValueError(f"{file.name} has instructions that are not known here: {', '.join(sorted(unknown))}")
    return found


def expanded(text: str, values: Mapping[str, str]) -> str:
    """The text with variables in it replaced, as in all instructions but ``RUN`` and ``CMD``, whose shell does that."""
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], ""), text)


def assignments(text: str) -> dict[str, str]:
    """``A=1 B="two words"`` of ``ENV`` and ``ARG``; a name alone has an empty value."""
    pairs = (word.partition("=") for word in shlex.split(text))
    return {name: value for name, _, value in pairs}


def command(text: str) -> list[str]:
    """The words of ``CMD``, and of the one after ``HEALTHCHECK``'s options, in their JSON form."""
    words: list[str] = json.loads(text[text.index("[") :])
    return words


def context(folder: Path) -> Iterator[Path]:
    """Files that a build of the folder is given, relative to it: all that ``.dockerignore`` does not leave out."""
    rules = list(_rules((folder / ".dockerignore").read_text("utf-8")))
    for place, folders, names in os.walk(folder):
        relative = Path(place).relative_to(folder)
        folders[:] = [name for name in folders if name not in (".git", ".venv")]
        yield from (relative / name for name in names if not _is_ignored((relative / name).as_posix(), rules))


def _rules(text: str) -> Iterator[tuple[bool, re.Pattern[str]]]:
    """Whether a pattern takes back what others leave out, and the pattern: it holds for a path and all below it."""
    for line in text.splitlines():
        pattern = line.strip().removeprefix("!").strip("/")
        if pattern and not pattern.startswith("#"):
            parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
            wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
            matched = "".join(wild.get(part, re.escape(part)) for part in parts)
            yield line.strip().startswith("!"), re.compile(f"{matched}(?:/.*)?")


def _is_ignored(path: str, rules: list[tuple[bool, re.Pattern[str]]]) -> bool:
    ignored = False
    for takes_back, pattern in rules:
        if pattern.fullmatch(path):
            ignored = not takes_back
    return ignored
