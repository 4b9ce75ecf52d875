"""Find the recipe in a file of any kind, within bounds of size, number and depth; nothing in the file is decoded or run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from aigc_core.errors import InvalidRequestError
from aigc_core.recipe.formats import MAX_TEXT, flac, gif, midi, mp4, png, riff, size_of, text
from aigc_core.recipe.record import GENERATED

MAX_BYTES = 100_000_000
"""Largest file that is searched for a recipe."""
MAX_DEPTH = 32
"""Levels of a recipe that are kept; a deeper value reads as None."""
_MAX_DIGITS = 1000
Texts = Callable[[BinaryIO], Iterator[str]]


class Document(NamedTuple):
    """A recipe and what surrounds it in a text file."""

    recipe: dict[str, Any]
    record: dict[str, Any]
    """The whole object of a JSON file; empty in any other."""
    before: str
    """The text before the recipe block of a Markdown or text export; empty for any other file."""


def read(file: str | Path) -> dict[str, Any]:
    """The recipe inside a file.

    Raises:
        InvalidRequestError: the file carries none.
    """
    return read_document(file).recipe


def read_document(file: str | Path) -> Document:
    """The recipe inside a file, and the text around it.

    Raises:
        InvalidRequestError: the file carries none, or is larger than what is looked into.
    """
    path = Path(file)
    if not path.is_file():
        raise InvalidRequestError(f"There is no file {path}.", f"文件 {path} 不存在。")
    with path.open("rb") as handle:
        size = size_of(handle)
        if size > MAX_BYTES:
            raise InvalidRequestError(
                f"{path.name} has {size / 1e6:.0f} MB; files of at most {MAX_BYTES / 1e6:.0f} MB are searched for a recipe.",
                f"{path.name} 有 {size / 1e6:.0f} MB；最多在 {MAX_BYTES / 1e6:.0f} MB 的文件中查找配方。",
            )
        try:
            found = next(_documents(handle), None)
        except (ValueError, IndexError, OSError, RecursionError) as error:  # of a damaged file
            raise _no_recipe(path) from error
    if found is None:
        raise _no_recipe(path)
    return found


def read_record(file: str | Path) -> dict[str, Any]:
    """The object of a JSON file, within the same bounds; empty where it is none."""
    with Path(file).open("rb") as handle:
        value = parsed(text.content(handle))
    return value if isinstance(value, dict) else {}


def _no_recipe(path: Path) -> InvalidRequestError:
    if not path.stat().st_size:
        return InvalidRequestError(f"{path.name} is empty; it carries no recipe.", f"{path.name} 是空的，没有配方。")
    return InvalidRequestError(f"{path.name} carries no recipe of this app.", f"{path.name} 中没有本应用的配方。")


def _documents(file: BinaryIO) -> Iterator[Document]:
    """Every recipe of a file, likeliest first: a text may begin like any other format, so its block is looked for too."""
    file.seek(max(0, size_of(file) - 16))
    written = file.read().rstrip(b" \t\r\n\0").endswith(b"-->")
    file.seek(0)
    reader = _reader(file.read(16))
    if written:
        yield from _of_text(file)
    if reader is not None:
        for candidate in reader(file):
            if recipe := _recipe(parsed(candidate)):
                yield Document(recipe, {}, "")
    if not written:
        yield from _of_text(file)


def _reader(head: bytes) -> Texts | None:
    if head.startswith(png.SIGNATURE[:4]):
        return png.texts
    if head.startswith(b"GIF8"):
        return gif.texts
    if head[:4] in riff.FORMS and head[8:12] != b"RMID":
        return riff.texts
    if head.startswith((b"fLaC", b"ID3")):
        return flac.texts
    if head.startswith((b"MThd", b"RIFF")):
        return midi.texts
    if head[4:8] in (b"ftyp", b"moov", b"wide", b"mdat", b"free", b"skip"):
        return mp4.texts
    return None


def _of_text(file: BinaryIO) -> Iterator[Document]:
    whole = text.content(file)
    for at, block in text.blocks(whole):
        if recipe := _recipe(parsed(block)):
            yield Document(recipe, {}, whole[:at])
    value = parsed(whole)
    if recipe := _recipe(value):
        yield Document(recipe, value, "")


def parsed(candidate: str) -> Any:
    """The JSON value that a text begins with; None where it begins with none, or is larger or deeper than any recipe."""
    start = candidate[:1000].lstrip("\ufeff \t\r\n\0")
    if not start.startswith(("{", "[")) or len(candidate) > MAX_TEXT:
        return None
    try:
        return _DECODER.raw_decode(candidate, candidate.index(start[0]))[0]
    except (ValueError, RecursionError):
        return None


def _number(digits: str) -> int | float:
    """Python refuses to convert thousands of digits; such a number is out of every limit anyway."""
    return int(digits) if len(digits) <= _MAX_DIGITS else float("inf")


_DECODER = json.JSONDecoder(parse_int=_number)


def _recipe(value: Any) -> dict[str, Any] | None:
    """The recipe that ``value`` is or has as its ``recipe``."""
    if isinstance(value, dict) and isinstance(value.get("recipe"), dict):
        value = value["recipe"]
    if not isinstance(value, dict) or value.get("generated") != GENERATED or "task" not in value:
        return None
    kept: dict[str, Any] = _pruned(value, MAX_DEPTH)
    return kept


def _pruned(value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(inner, depth - 1) for key, inner in value.items()} if depth else None
    if isinstance(value, list):
        return [_pruned(inner, depth - 1) for inner in value] if depth else None
    return value
