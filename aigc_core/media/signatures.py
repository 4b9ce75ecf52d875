"""Identify a file that is not a picture by its first bytes."""

from __future__ import annotations

from contextlib import suppress

from PIL import Image

from aigc_core.tasks.fields import MAX_PIXELS

Signatures = tuple[tuple[bytes, int, str], ...]
"""``(bytes, at, name)``."""
_OURS: Signatures = (
    (b"\x89PNG", 0, "PNG"), (b"\xff\xd8\xff", 0, "JPEG"), (b"GIF8", 0, "GIF"), (b"WEBP", 8, "WebP"),
    (b"BM", 0, "BMP"), (b"II*\0", 0, "TIFF"), (b"MM\0*", 0, "TIFF"), (b"II+\0", 0, "TIFF"), (b"MM\0+", 0, "TIFF"),
)  # fmt: skip
_OTHERS: Signatures = (
    (b"ftypavi", 4, "AVIF"), (b"ftyphe", 4, "HEIC"), (b"ftypmif1", 4, "HEIC"), (b"ftypmsf1", 4, "HEIC"),
    (b"ftypcrx", 4, "CR3"), (b"ftyp", 4, "MP4"), (b"%!PS", 0, "PostScript"), (b"\xc5\xd0\xd3\xc6", 0, "EPS"),
    (b"%PDF", 0, "PDF"), (b"\0\0\1\0", 0, "ICO"), (b"\0\0\2\0", 0, "CUR"), (b"8BPS", 0, "PSD"), (b"gimp xcf", 0, "XCF"),
    (b"\0\0\0\x0cjP", 0, "JPEG 2000"), (b"\xff\x4f\xff\x51", 0, "JPEG 2000"), (b"\xff\x0a", 0, "JPEG XL"),
    (b"\0\0\0\x0cJXL ", 0, "JPEG XL"), (b"\x8aMNG", 0, "MNG"), (b"DDS ", 0, "DDS"), (b"qoif", 0, "QOI"),
    (b"icns", 0, "ICNS"), (b"v/1\x01", 0, "OpenEXR"), (b"#?RADIANCE", 0, "Radiance HDR"), (b"SIMPLE  =", 0, "FITS"),
    (b"P1\n", 0, "PBM"), (b"P2\n", 0, "PGM"), (b"P3\n", 0, "PPM"), (b"P4\n", 0, "PBM"), (b"P5\n", 0, "PGM"),
    (b"P6\n", 0, "PPM"), (b"PF\n", 0, "PFM"), (b"\x0a\x05\x01", 0, "PCX"), (b"AT&TFORM", 0, "DjVu"),
    (b"PK\x03\x04", 0, "ZIP"), (b"RIFF", 0, "RIFF"), (b"MThd", 0, "MIDI"), (b"fLaC", 0, "FLAC"), (b"OggS", 0, "Ogg"),
    (b"ID3", 0, "MP3"), (b"\x1f\x8b", 0, "gzip"), (b"Rar!", 0, "RAR"), (b"7z\xbc\xaf", 0, "7z"), (b"\x7fELF", 0, "ELF"),
)  # fmt: skip
_MARKUP = (
    (b"<!doctype html", "it is a web page; save the picture itself", "这是网页，请保存图片本身"),
    (b"<html", "it is a web page; save the picture itself", "这是网页，请保存图片本身"),
    (b"<svg", "it is SVG, which is not taken here", "文件为 SVG 格式，此处不支持"),
)


def reason(data: bytes, error: Exception) -> tuple[str, str]:
    """Explain in English and Chinese why ``data`` could not be read as a picture."""
    if isinstance(error, Image.DecompressionBombError):
        return (
            f"it has more than the {MAX_PIXELS // 1_000_000} megapixels that can be taken, please make it smaller",
            f"超过 {MAX_PIXELS // 1_000_000} 百万像素的上限，请缩小后再试",
        )
    for mark, what, what_zh in _MARKUP:
        if mark in data[:300].lower():
            return what, what_zh
    if _is_text(data[:1000]):
        return "it is text, not a picture", "这是文本，不是图片"
    if (kind := _kind(data, _OURS)) == "TIFF":
        return "this TIFF file is damaged or of an unusual kind", "该 TIFF 文件已损坏，或属于不常见的类型"
    if kind is not None:
        return (
            f"this {kind} file breaks off too early or is damaged ({len(data):,} bytes)",
            f"该 {kind} 文件不完整或已损坏（{len(data):,} 字节）",
        )
    if (kind := _kind(data, _OTHERS)) is not None:
        return f"it is {kind}, which is not taken here", f"文件为 {kind} 格式，此处不支持"
    return "it is not a picture", "这不是图片"


def _kind(data: bytes, signatures: Signatures) -> str | None:
    return next((name for mark, at, name in signatures if data.startswith(mark, at)), None)


def _is_text(head: bytes) -> bool:
    """True for readable UTF-8; EPS and similar formats also begin like text and are recognised before."""
    if _kind(head, _OTHERS) is not None or head.startswith(b"GIF8"):
        return False
    with suppress(UnicodeDecodeError):
        text = head[: max(1, len(head) - 3)].decode("utf-8")  # the last character may be cut
        return all(c.isprintable() or c in "\r\n\t" for c in text)
    return False
