"""Text files of unknown encoding: UTF-8, UTF-16 with its mark, or GB18030 (the encoding of most older Chinese files)."""

from __future__ import annotations

import codecs
import re

from aigc_core.data.sentences import CJK
from aigc_core.errors import InvalidRequestError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MIN_CHINESE = 0.2
"""Share of Chinese among a GB18030 file's letters; any two bytes above 127 are *some* rare character of it."""


def decode(data: bytes, limit: int) -> str:
    """The text, line ends as ``\\n``.

    Args:
        limit: Most characters allowed.

    Raises:
        InvalidRequestError: binary, of no encoding known here, or too long.
    """
    text = _decoded(data)
    if text is None or "\x00" in text:
        raise InvalidRequestError(
            "This file is not text in UTF-8, UTF-16 or GB18030. Save it as UTF-8 and try again.",
            "该文件不是 UTF-8、UTF-16 或 GB18030 编码的文本，请另存为 UTF-8 后重试。",
        )
    if len(text) > limit:
        raise InvalidRequestError(
            f"The file has {len(text):,} characters; at most {limit:,} can be taken. Please cut it into parts.",
            f"文件共 {len(text):,} 个字符，最多 {limit:,} 个，请分段处理。",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str | None:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strict(data, name)
    text = _strict(data, "utf-8")
    if text is not None:
        return text
    text = _strict(data, "gb18030")
    if text is None:
        return None
    chinese, letters = len(re.findall(f"[{CJK}]", text)), len(re.findall(r"[^\W\d_]", text))
    return text if letters and chinese / letters >= _MIN_CHINESE else None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
