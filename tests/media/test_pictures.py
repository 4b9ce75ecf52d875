"""Pictures of every kind are read as they are meant, or refused with the true reason, and never anything else happens."""

from __future__ import annotations

import ast
import io
import struct
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile

from aigc_core import cli
from aigc_core.errors import InvalidRequestError
from aigc_core.files import MAX_FILE_BYTES, PICTURE_FORMATS
from aigc_core.media import colour, image, inputs, mask
from aigc_core.requests import StylizeRequest

ROOT = Path(__file__).parents[2]
RAMP = np.linspace(0, 255, 96 * 64).round().astype(np.uint8).reshape(64, 96)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    picture = image.read(data)
    assert picture.mode == "RGB" and set(picture.info) <= {"notes"}
    return np.asarray(picture).astype(int)


def rgb_profile(*primaries: tuple[float, float, float], gamma: float = 1.0) -> bytes:
    """An ICC profile of three primaries in XYZ (D50) and one gamma."""

    def tag(kind: bytes, data: bytes) -> bytes:
        body = kind + b"\0\0\0\0" + data
        return body + b"\0" * (-len(body) % 4)

    def xyz(values: tuple[float, float, float]) -> bytes:
        return tag(b"XYZ ", struct.pack(">3i", *(round(v * 65536) for v in values)))

    curve = tag(b"curv", struct.pack(">IH", 1, round(gamma * 256)))
    text = tag(b"desc", struct.pack(">I", 5) + b"test\0" + b"\0" * 79)
    parts = {b"desc": text, b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    parts |= {name: xyz(p) for name, p in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    parts |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    at, table, body = 128 + 4 + 12 * len(parts), b"", b""
    for name, data in parts.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    head += struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(parts)) + table + body


RED, GREEN, BLUE = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)  # sRGB's, for D50
SWAPPED = rgb_profile(BLUE, GREEN, RED, gamma=2.2)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


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
    start = time.monotonic()
    with pytest.raises(InvalidRequestError, match=r"a JPEG of 5\d\d scans; at most 100"):
        image.read(bomb)
    assert time.monotonic() - start < 5
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


def png16(colour_type: int, samples: np.ndarray[Any, Any]) -> bytes:
    """A 16-bit PNG of (H, W, channels)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


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


# --- colour profiles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("TIFF", "RGB"), ("TIFF", "RGBA")])  # fmt: skip
def test_a_profile_that_swaps_red_and_blue_is_applied(kind: str, mode: str) -> None:
    data = saved(Image.new("RGB", (16, 16), (255, 0, 0)).convert(mode), kind, icc_profile=SWAPPED)
    assert (np.abs(pixels(data) - (0, 0, 255)) < 12).all()


def test_a_profile_in_memory_is_applied_too() -> None:
    picture = Image.open(io.BytesIO(saved(Image.new("RGB", (4, 4), (255, 0, 0)), icc_profile=SWAPPED)))
    flat = image.flatten(picture)
    assert flat.getpixel((0, 0)) == (0, 0, 255) and "icc_profile" not in flat.info


def test_srgb_itself_changes_no_byte() -> None:
    assert (pixels(saved(Image.fromarray(NOISE), icc_profile=SRGB)) == NOISE).all()


def test_grey_with_a_profile() -> None:
    linear = rgb_profile(RED, GREEN, BLUE, gamma=1.0)
    shown = pixels(saved(Image.new("L", (4, 4), 55), icc_profile=linear))
    assert abs(int(shown[0, 0, 0]) - 128) < 4, "a fifth of the light is middle grey"


def test_lab_and_cmyk_tiff() -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.new("RGB", (8, 8), (200, 60, 20)), to_lab)
    assert lab is not None
    assert (np.abs(pixels(saved(lab, "TIFF")) - (200, 60, 20)) < 8).all()
    assert (np.abs(pixels(saved(Image.new("CMYK", (8, 8), (255, 0, 255, 0)), "TIFF")) - (0, 255, 0)) < 6).all()


@pytest.mark.parametrize("profile", [b"rubbish", SWAPPED[:200], b"\0" * 400, SRGB[:128] + b"\xff" * 400])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_damaged_profile_is_left_aside_with_a_note(profile: bytes, mode: str) -> None:
    picture = image.read(saved(Image.new(mode, (4, 4), "red"), icc_profile=profile))
    assert picture.size == (4, 4)
    assert [en for en, zh in image.notes(picture) if "profile" in en and "配置文件" in zh]


def test_a_profile_of_another_kind_is_left_aside_with_a_note() -> None:
    picture = image.read(saved(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "TIFF", icc_profile=SWAPPED))
    assert (np.abs(np.asarray(picture).astype(int) - (255, 0, 0)) < 6).all() and len(image.notes(picture)) == 1


# --- files whose end is missing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("GIF", {}), ("BMP", {}), ("TIFF", {})])  # fmt: skip
def test_what_is_there_of_a_cut_file_is_read_with_a_note(kind: str, options: dict[str, Any]) -> None:
    whole = saved(Image.fromarray(np.repeat(np.repeat(NOISE, 3, 0), 3, 1)), kind, **options)
    complete = pixels(whole)
    picture = image.read(whole[: len(whole) * 7 // 10])
    assert picture.size == (288, 192) and any("incomplete" in en for en, _ in image.notes(picture))
    difference = np.abs(np.asarray(picture).astype(int) - complete).mean(axis=(1, 2))
    first = difference[::-1] if kind == "BMP" else difference  # its rows stand upside down in the file
    assert first[:60].max() < (40 if options else 2) and not ImageFile.LOAD_TRUNCATED_IMAGES
    assert image.notes(image.read(whole)) == ()


def test_a_jpeg_without_its_last_bytes_is_whole() -> None:
    whole = saved(Image.fromarray(NOISE), "JPEG")
    assert (pixels(whole[:-2]) == pixels(whole)).all()


def test_reading_cut_and_whole_files_at_once_confuses_neither() -> None:
    whole = saved(Image.fromarray(NOISE).resize((400, 300)), "JPEG")
    cut, wrong = whole[: len(whole) // 2], []

    def work(data: bytes, expected: int) -> None:
        for _ in range(25):
            if len(image.notes(image.read(data))) != expected:
                wrong.append(expected)

    threads = [threading.Thread(target=work, args=args) for args in ((whole, 0), (cut, 1), (whole, 0), (cut, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and not ImageFile.LOAD_TRUNCATED_IMAGES


def test_the_note_reaches_the_command_line_and_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from demos.ui import player

    (tmp_path / "cut.jpg").write_bytes(saved(Image.fromarray(NOISE), "JPEG")[:-900])
    hole = Image.new("L", (96, 64), 0)
    hole.paste(255, (9, 9, 30, 30))
    hole.save(tmp_path / "mask.png")
    arguments = ["inpaint", "--image", str(tmp_path / "cut.jpg"), "--mask", str(tmp_path / "mask.png")]
    assert cli.main([*arguments, "--out", str(tmp_path / "out.png")]) == 0
    assert "note: image: the file is incomplete" in capsys.readouterr().err
    request = StylizeRequest(image=image.read(tmp_path / "cut.jpg"))
    assert inputs.notes(request)[0][1].startswith("image：文件不完整")
    assert "文件不完整" in player.remarks(request)
    assert player.remarks(StylizeRequest(image=Image.new("RGB", (4, 4)))) == ""


# --- anything at all --------------------------------------------------------------------------------------------------

SMALL = Image.fromarray(NOISE[:16, :24])
SAMPLES = [
    saved(SMALL, kind, **options)
    for kind, options in (
        ("PNG", {"icc_profile": SWAPPED}), ("PNG", {}), ("JPEG", {"icc_profile": SRGB}), ("JPEG", {"progressive": True}),
        ("WEBP", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}),
    )
] + [saved(Image.new("F", (8, 8), 0.5), "TIFF"), saved(SMALL.quantize(8), "PNG", transparency=0), png16(0, RAMP[:8, :8, None] * np.uint16(257))]  # fmt: skip


def read_or_refused(data: bytes) -> None:
    start = time.monotonic()
    for reader in (mask.load, image.read):
        refusal = None
        try:
            picture = reader(data)
            assert picture.mode in ("RGB", "RGBA") and picture.width * picture.height > 0
        except InvalidRequestError as error:
            refusal = error
        assert refusal is None or (str(refusal) and refusal.zh and refusal.zh != str(refusal))
    assert time.monotonic() - start < 20


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from(SAMPLES),
    st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    st.binary(max_size=6),
)
def test_cut_and_damaged_files_are_read_or_refused(
    sample: bytes, cut: int, changes: list[tuple[int, int]], insert: bytes
) -> None:
    data = bytearray(sample)
    for at, value in changes:
        data[at % len(data)] = value
    at = cut % (2 * len(data))
    read_or_refused(bytes(data[:at]) + (insert if at % 2 else b""))


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"RIFF\0\0\0\0WEBPVP8 "]))  # fmt: skip
def test_any_bytes_are_read_or_refused(data: bytes, head: bytes) -> None:
    read_or_refused(head + data)


def test_a_picture_with_a_contradictory_transparent_colour_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colour, "split", lambda _: 1 / 0)
    with pytest.raises(InvalidRequestError, match="its colours are damaged"):
        image.read(saved(SMALL))
