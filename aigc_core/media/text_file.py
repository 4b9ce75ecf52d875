"""Text files of unknown encoding: UTF-8, UTF-16 with its mark, or GB18030 (the encoding of most older Chinese files)."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from aigc_core import files
from aigc_core.errors import InvalidRequestError
from aigc_core.nlp.sentences import CJK

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_MIN_CHINESE = 0.2
"""Share of Chinese among a GB18030 file's letters; any two bytes above 127 are *some* rare character of it."""
_FREQUENT = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所"
    "民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那"
    "社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已"
    "這個國我們時來對會發動學經進過說為後還當從業開無與間將長問見點頭樣現實體電種氣義關機東"
)
"""Characters that make up half of any Chinese text, and a few in a hundred of other bytes taken for Chinese."""
_MIN_FREQUENT = 0.1
_MANY = 20
"""Fewest Chinese characters for their frequencies to be meaningful."""
_BYTES_PER_CHARACTER = 4  # at most, in each of the encodings


def read(file: str | Path, limit: int) -> str:
    """The text in a file; see :func:`decode`.

    Raises:
        InvalidRequestError: also where the file is missing, empty, or too large to hold ``limit`` characters.
    """
    return decode(files.read(file, _most_bytes(limit)), limit)


def decode(data: bytes, limit: int) -> str:
    """The text, line ends as ``\\n``; a last character of which bytes are missing is left out.

    Args:
        limit: Most characters allowed.

    Raises:
        InvalidRequestError: binary, of no encoding known here, or too long.
    """
    files.read(data, _most_bytes(limit), may_be_empty=True)
    text = _decoded(data)
    if text is None or "\x00" in text:
        why, why_zh = _reason(data)
        raise InvalidRequestError(
            f"This file is not text in UTF-8, UTF-16 or GB18030{why}. Save it as UTF-8 and try again.",
            f"该文件不是 UTF-8、UTF-16 或 GB18030 编码的文本{why_zh}，请另存为 UTF-8 后重试。",
        )
    if data and not text:
        raise InvalidRequestError(
            "The file is empty: it holds no text behind its byte-order mark. Check that it was saved completely.",
            "文件是空的：字节顺序标记之后没有任何文字，请检查是否已完整保存。",
        )
    if len(text) > limit:
        raise InvalidRequestError(
            f"The file has {len(text):,} characters; at most {limit:,} can be taken. Please cut it into parts.",
            f"文件共 {len(text):,} 个字符，最多 {limit:,} 个，请分段处理。",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _most_bytes(limit: int) -> int:
    return _BYTES_PER_CHARACTER * (limit + 1)  # and a byte-order mark


def _reason(data: bytes) -> tuple[str, str]:
    if b"\x00" not in data:
        return "", ""
    if not any(data[::2]) or not any(data[1::2]):
        return ": it seems to be UTF-16 without its byte-order mark", "（似为缺少字节顺序标记的 UTF-16）"
    return ": it holds zero bytes, as pictures and programs do", "（含零字节，像是图片或程序）"


def _decoded(data: bytes) -> str | None:
    for mark, name in _MARKS:
        if data.startswith(mark):
            text, cut = _begun(data[len(mark) :], name)
            return text or None if cut else text
    text, cut = _begun(data, "utf-8")
    if text is not None and _is_cut_utf8(text, cut):
        return text
    text, _ = _begun(data, "gb18030")
    return text if text is not None and _is_chinese(text) else None


def _begun(data: bytes, encoding: str) -> tuple[str | None, int]:
    """The text up to a last character that is not whole, and how many bytes of that there are; None for another encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(data)
    except UnicodeDecodeError:
        return None, 0
    return text, len(decoder.getstate()[0])


def _is_cut_utf8(text: str, cut: int) -> bool:
    """True if the text is likely UTF-8; a single stray byte after plain English may be an accented letter in
    Latin-1."""
    return cut == 0 or (bool(text) and (cut > 1 or not text.isascii()))


def _is_chinese(text: str) -> bool:
    """True if text decoded as GB18030 is plausible; other encodings come out as rare characters."""
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f\ue000-\uf8ff]", text):
        return False
    chinese, letters = re.findall(f"[{CJK}]", text), len(re.findall(r"[^\W\d_]", text))
    if not letters or len(chinese) / letters < _MIN_CHINESE:
        return False
    if 10 * len(re.findall("[\u3041-\u30ff]", text)) > len(chinese):  # EUC-JP has its kana where GB18030 has them
        return False
    frequent = sum(c in _FREQUENT for c in chinese)
    if len(chinese) >= _MANY:
        return frequent / len(chinese) >= _MIN_FREQUENT
    common = sum(_is_common(c) for c in chinese)
    return common / len(chinese) >= 0.5 and (frequent > 0 or len(chinese) < 4)


def _is_common(character: str) -> bool:
    """True for the 3,755 everyday characters of GB 2312's first level and frequent ones of older writing."""
    code = character.encode("gb2312", "ignore")
    return character in _FREQUENT or (len(code) == 2 and 0xB0 <= code[0] <= 0xD7)
