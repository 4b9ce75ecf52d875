"""Files for the fields of a request, for the page and the command line alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

from PIL import Image

from aigc_core import files
from aigc_core.errors import InvalidRequestError
from aigc_core.media import image, mask
from aigc_core.media.decode import Note
from aigc_core.tasks.fields import Limits
from aigc_core.tasks.request import Request

FILE_KINDS = ("image", "bytes", "messages")
"""Kinds of fields whose value a file can give."""


def read(lim: Limits, file: str | Path | IO[bytes]) -> Any:
    """The value for a field of one of :data:`FILE_KINDS`.

    Raises:
        InvalidRequestError: the file is missing, empty, too large, or not what the field is made of.
    """
    if lim.kind == "image":
        return mask.load(file) if lim.alpha else image.read(file)
    if lim.kind == "bytes":
        return files.read(file, int(lim.maximum or files.MAX_FILE_BYTES))
    name = files.shown(file) if isinstance(file, (str, Path)) else "The file"
    data = files.read(file)
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(f"{name} is not JSON: {error}.", f"{name} 不是有效的 JSON：{error}。") from error


def notes(request: Request) -> tuple[Note, ...]:
    """Remarks about the pictures of a request, each with the field's name."""
    found = []
    for name in request.__dataclass_fields__:
        if isinstance(value := getattr(request, name), Image.Image):
            found += [(f"{name}: {en}", f"{name}：{zh}") for en, zh in image.notes(value)]
    return tuple(found)
