"""Pictures of every kind are read as they are meant, or refused with the true reason, and never anything else happens."""

from __future__ import annotations

import ast
import io
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_pictures import NOISE, RAMP, pixels, png16, saved
from PIL import Image, ImageCms, ImageFile

from aigc_core.errors import InvalidRequestError
from aigc_core.files import MAX_FILE_BYTES, PICTURE_FORMATS
from aigc_core.media import image

ROOT = Path(__file__).parents[2]


# --- one reader -------------------------------------------------------------------------------------------------------


def test_pillow_opens_files_of_six_formats_only() -> None:
    """EPS starts Ghostscript and ICO is decoded before its size is known: each call names the formats it is for."""
    calls = []
    for folder in ("aigc_core", "demos"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Image.open"):
                    calls.append((file.name, {k.arg: ast.unparse(k.value) for k in node.keywords}))
    assert len(calls) >= 4
    for name, keywords in calls:
        given = keywords.get("formats", "")
        assert given == "PICTURE_FORMATS" or set(ast.literal_eval(given or "('?',)")) <= set(PICTURE_FORMATS), name
    assert {name for name, _ in calls if name in ("image.py", "mask.py", "inputs.py")} == set(), "decode.py alone opens"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is PostScript"),
        (saved(Image.new("RGB", (64, 64)), "ICO"), "it is ICO"),
        (saved(Image.new("RGB", (8, 8)), "PPM"), "it is PPM"),
        (saved(Image.new("RGB", (8, 8)), "PCX"), "it is PCX"),
        (saved(Image.new("RGB", (8, 8)), "PDF"), "it is PDF"),
        (saved(Image.new("RGB", (8, 8)), "JPEG2000"), "it is JPEG 2000"),
        (b"\0\0\0\x1cftypheic\0\0\0\0", "it is HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "it is AVIF"),
        (b"\n<svg xmlns='http://www.w3.org/2000/svg'/>", "it is SVG"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "it is a web page"),
        ("今天天气很好".encode(), "it is text"),
        (b"MThd\0\0\0\6", "it is MIDI"),
        (b"PK\3\4....", "it is ZIP"),
        (bytes(range(256)), "it is not a picture"),
        (saved(Image.fromarray(NOISE))[:40], "breaks off too early"),
        (saved(Image.fromarray(NOISE), "JPEG")[:200], "breaks off too early"),
        (saved(Image.fromarray(NOISE), "WEBP")[:900], "breaks off too early"),
        (b"II*\0\x08\0\0\0\0\0", "this TIFF file is damaged or of an unusual kind"),
    ],
)
def test_the_true_reason_is_said_in_both_languages(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequestError, match="could not be read as a picture: .*" + reason) as caught:
        image.read(data)
    assert "无法将该文件作为图片读取" in caught.value.zh


@pytest.mark.parametrize("kind", PICTURE_FORMATS)
@pytest.mark.parametrize("source", ["bytes", "path", "text", "stream"])
def test_every_format_from_every_source(kind: str, source: str, tmp_path: Path) -> None:
    data = saved(Image.fromarray(NOISE), kind)
    file = tmp_path / "picture"
    file.write_bytes(data)
    given: Any = {"bytes": data, "path": file, "text": str(file), "stream": io.BytesIO(data)}[source]
    assert image.read(given).size == (96, 64)


@pytest.mark.parametrize("name", ["http://example.org/a.png", "https:/x", "file:///etc/passwd", "ftp://a/b", "data:image/png;base64,AAAA"])  # fmt: skip
def test_addresses_are_refused(name: str) -> None:
    for source in (name, Path(name)):
        with pytest.raises(InvalidRequestError, match="is an address; a file is wanted"):
            image.read(source)


def test_messages_do_not_tell_where_files_lie(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    with (tmp_path / "large.png").open("wb") as handle:
        handle.truncate(MAX_FILE_BYTES + 1)
    cases = {"folder": "is a folder", "empty.png": "is empty", "text.png": "it is text", "none.png": "There is no file none.png", "large.png": r"large\.png has 30\.1 MB; at most 30 MB", "\0": "no file", "x" * 300: "no file"}  # fmt: skip
    for name, words in cases.items():
        with pytest.raises(InvalidRequestError, match=words) as caught:
            image.read(str(tmp_path / name))
        assert str(tmp_path) not in str(caught.value) + caught.value.zh
    with pytest.raises(InvalidRequestError, match="is a device or a pipe"):
        image.read("/dev/zero")


# --- bombs ------------------------------------------------------------------------------------------------------------


def test_a_jpeg_of_thousands_of_scans_is_refused_before_they_are_decoded() -> None:
    """Each scan passes over every block of the picture for a handful of bytes."""
    data = saved(Image.fromarray(NOISE).resize((960, 640)), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    bomb = data[:at] + data[at:-2] * 500 + b"\xff\xd9"
    start = time.process_time()
    with pytest.raises(InvalidRequestError, match=r"a JPEG of 5\d\d scans; at most 100"):
        image.read(bomb)
    assert time.process_time() - start < 5
    assert image.read(data).size == (960, 640)


def test_a_tiff_of_one_pixel_in_a_huge_tile_is_refused() -> None:
    tags = [(256, 4, 1), (257, 4, 1), (258, 3, 8), (259, 3, 8), (262, 3, 1), (277, 3, 1), (322, 4, 40_000), (323, 4, 40_000), (324, 4, 8), (325, 4, 8)]  # fmt: skip
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    data = b"II*\0\x10\0\0\0" + b"\0" * 8 + struct.pack("<H", len(tags)) + table + b"\0" * 4
    with pytest.raises(InvalidRequestError, match=r"40000×40000|unusual kind"):
        image.read(data)


@pytest.mark.parametrize(("kind", "size"), [("BMP", (8000, 3000)), ("GIF", (5000, 4000)), ("WEBP", (5000, 4000)), ("TIFF", (8000, 3000))])  # fmt: skip
def test_every_format_is_measured_first(kind: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(Image.new("1" if kind in ("BMP", "TIFF") else "RGB", size), kind)
    for owner in (Image.Image, ImageFile.ImageFile):
        monkeypatch.setattr(owner, "load", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(InvalidRequestError, match=f"16 megapixels; got {size[0]}×{size[1]}"):
        image.read(data)


# --- modes ------------------------------------------------------------------------------------------------------------


RANGES = [(0.0, 1.0), (0.0, 255.0), (0.0, 65535.0), (-3.0, 5.0), (1e4, 1e9)]


@pytest.mark.parametrize(
    ("low_high", "dtype"), [*((r, d) for r in RANGES for d in (np.float32, np.int32)), ((1e-6, 1e-3), np.float32)]
)
def test_deep_grey_is_never_black_or_flat(low_high: tuple[float, float], dtype: Any) -> None:
    values = (np.linspace(*low_high, 96 * 64).reshape(64, 96)).astype(dtype)
    shown = pixels(saved(Image.fromarray(values), "TIFF"))[..., 0].ravel()
    assert shown.max() >= 250 and shown.min() <= 5 and (np.diff(shown) >= 0).all()


@pytest.mark.parametrize(("value", "level"), [(0.5, 128), (1.0, 255), (0.0, 0), (0.05, 13), (100.0, 100)])
def test_a_flat_float_picture_keeps_its_level(value: float, level: int) -> None:
    assert (pixels(saved(Image.new("F", (4, 4), value), "TIFF")) == level).all()


def test_floats_that_are_no_numbers_do_not_spoil_the_rest() -> None:
    values = np.linspace(0, 1, 96 * 64, dtype=np.float32).reshape(64, 96).copy()
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    shown = pixels(saved(Image.fromarray(values), "TIFF"))[..., 0]
    assert shown[0, 0] <= 5 and shown[0, 1] == 255 and shown[0, 2] == 0 and 100 < shown[32].mean() < 160


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bit_grey_tiff_of_either_byte_order(order: str) -> None:
    values = (RAMP.astype(np.uint16) * 257).astype(f"{order}u2")
    tags = [(256, 4, 96), (257, 4, 64), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 200), (277, 3, 1), (278, 4, 64), (279, 4, values.nbytes)]  # fmt: skip
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    table = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1)
        + (struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value))
        for tag, kind, value in tags
    )
    data = (head + struct.pack(f"{order}H", len(tags)) + table + b"\0" * 4).ljust(200, b"\0") + values.tobytes()
    assert Image.open(io.BytesIO(data)).mode.startswith("I;16")
    assert (pixels(data)[..., 0] == RAMP).all()
    if order == ">":
        return  # Pillow does not know the next kind in this order
    white_is_zero = data.replace(struct.pack(f"{order}HHIHH", 262, 3, 1, 1, 0), struct.pack(f"{order}HHIHH", 262, 3, 1, 0, 0))  # fmt: skip
    assert (pixels(white_is_zero)[..., 0] == 255 - RAMP).all()


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bit_png_of_every_colour_type(colour_type: int, channels: int) -> None:
    samples = np.repeat(RAMP[..., None].astype(np.uint16) * 257, channels, -1)
    if channels in (2, 4):
        samples[..., -1] = 65535
    assert (pixels(png16(colour_type, samples))[..., 0] == RAMP).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "La", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16", "I;16B"])  # fmt: skip
def test_pictures_in_memory_of_every_mode_become_rgb(mode: str) -> None:
    source = Image.fromarray(RAMP)
    route = {"La": "LA", "RGBa": "RGBA", "PA": "P", "HSV": "RGB", "LAB": "RGB", "YCbCr": "RGB", "I;16B": "I;16"}.get(
        mode
    )
    picture = source.convert(route) if route else source.convert(mode) if not mode.startswith("I;") else None
    if mode.startswith("I;16"):
        picture = Image.fromarray(RAMP.astype(np.uint16) * 257)
    if mode == "LAB":
        to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        assert picture is not None
        picture = ImageCms.applyTransform(picture, to_lab)
    elif picture is not None and mode not in ("I;16", "I;16B"):
        picture = picture.convert(mode)
    elif mode == "I;16B":
        picture = Image.frombytes("I;16B", (96, 64), (RAMP.astype(np.uint16) * 257).astype(">u2").tobytes())
    assert picture is not None and picture.mode == mode
    flat = image.flatten(picture)
    shown = np.asarray(flat).astype(int)[..., 0]
    assert flat.mode == "RGB" and abs(shown.mean() - RAMP.mean()) < 4
    assert mode == "1" or np.abs(shown - RAMP).max() <= 4, "one bit is dithered"


def test_transparent_palettes_lie_over_white() -> None:
    for kind in ("PNG", "GIF", "WEBP", "TIFF"):
        picture = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
        picture.paste((200, 0, 0, 255), (0, 0, 4, 8))
        data = saved(picture, kind, **({"lossless": True} if kind == "WEBP" else {}))
        shown = pixels(data)
        assert (shown[:, 4:] == 255).all() and (np.abs(shown[:, :4] - (200, 0, 0)) < 3).all(), kind


def test_a_cmyk_jpeg_is_read_with_and_without_adobes_mark() -> None:
    data = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)
    assert (np.abs(pixels(data) - (255, 0, 0)) < 6).all()
    at = data.index(b"\xff\xee")  # Adobe's segment says that the values are inverted
    plain = data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] :]
    assert (np.abs(pixels(plain) - (0, 0, 0)) < 6).all(), "without the mark the same values are mostly black ink"


def test_animations_give_their_first_picture() -> None:
    frames = [Image.new("RGB", (20, 10), c) for c in ("red", "blue", "green")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        assert (np.abs(pixels(data) - (255, 0, 0)) < 6).all(), kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_cameras_rotation_is_applied(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert image.read(saved(Image.fromarray(NOISE), kind, exif=exif)).size == (64, 96)


def test_a_damaged_camera_record_is_no_reason_to_refuse() -> None:
    data = saved(Image.fromarray(NOISE), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * 30)
    assert image.read(data).size == (96, 64)
