"""Files from outside, read whole and within limits before anything is decoded.

Messages name a file as it was given, an absolute path by its last part only: they may reach people who must not learn
how the server's disk is laid out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO

from aigc_core.errors import InvalidRequestError

MAX_FILE_BYTES = 30_000_000
"""Largest file of a picture, a sound or a chat history, in bytes."""
PICTURE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
"""Formats that Pillow may open; of its 43, some start other programs or decode before their size is known."""
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]+:/|data:)", re.IGNORECASE)  # two letters at least: C:/ is a disk


def read(file: str | Path | bytes | IO[bytes], limit: int = MAX_FILE_BYTES, *, may_be_empty: bool = False) -> bytes:
    """The content of a regular file, of at most ``limit`` bytes.

    Raises:
        InvalidRequestError: an address, a folder, missing, unreadable, empty, or too large.
    """
    name, name_zh = shown(file) if isinstance(file, (str, Path)) else "The file", "文件"
    if isinstance(file, (str, Path)):
        name_zh = f"文件 {name} "
        size = _size(file, name)
        data = _content(Path(file), limit, name) if size <= limit else b""
    elif isinstance(file, bytes):
        size, data = len(file), file
    else:
        data = file.read(limit + 1)
        size = len(data)
    if size > limit:
        raise InvalidRequestError(
            f"{name} has {_megabytes(size)}; at most {_megabytes(limit)} can be taken. Please make it smaller.",
            f"{name_zh}大小为 {_megabytes(size)}，最多 {_megabytes(limit)}，请缩小后再试。",
        )
    if not data and not may_be_empty:
        raise InvalidRequestError(
            f"{name} is empty. Check that it was saved or copied completely.",
            f"{name_zh}是空的，请检查是否已完整保存或复制。",
        )
    return data


def shown(file: str | Path) -> str:
    """The name a message may show: the path as given where it is relative, else its last part."""
    given = str(file).replace("\0", "")
    if _ADDRESS.match(given):
        return given if len(given) <= 60 else given[:57] + "…"
    path = Path(given)
    return path.name or "/" if path.is_absolute() else given


def _size(file: str | Path, name: str) -> int:
    """Size of a regular file in bytes."""
    try:
        path = Path(file)
        if path.is_file():
            return path.stat().st_size
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:  # a name too long, or with a zero in it
        raise _missing(name) from error
    if _ADDRESS.match(str(file)):
        raise InvalidRequestError(
            f"{name} is an address; a file is wanted here. Save it on your machine and give that file.",
            f"{name} 是网址，此处需要文件。请先保存到本机，再提供该文件。",
        )
    if is_folder:
        raise InvalidRequestError(f"{name} is a folder; please give a file.", f"{name} 是文件夹，请提供一个文件。")
    if exists:
        raise InvalidRequestError(
            f"{name} is a device or a pipe; please give a file.", f"{name} 是设备或管道，请提供一个文件。"
        )
    raise _missing(name)


def _content(path: Path, limit: int, name: str) -> bytes:
    try:
        with path.open("rb") as handle:
            return handle.read(limit)
    except OSError as error:
        raise InvalidRequestError(
            f"{name} could not be opened: {error.strerror or type(error).__name__}.",
            f"无法打开文件 {name}：{error.strerror or type(error).__name__}。",
        ) from error


def _missing(name: str) -> InvalidRequestError:
    short = name if len(name) <= 120 else name[:117] + "…"
    return InvalidRequestError(f"There is no file {short}.", f"文件 {short} 不存在。")


def _megabytes(size: int) -> str:
    if size < 1_000_000:
        return f"{-(-size // 1000):,} kB"
    return f"{-(-size // 100_000) / 10:,.1f} MB".replace(".0 MB", " MB")
