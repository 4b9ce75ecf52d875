"""Pictures with colour profiles, sound or not, and files that are cut or damaged: read with a note, or refused."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_pictures import BLUE, GREEN, NOISE, RAMP, RED, SRGB, SWAPPED, pixels, png16, rgb_profile, saved
from PIL import Image, ImageCms, ImageFile

from aigc_core import cli
from aigc_core.errors import InvalidRequestError
from aigc_core.media import colour, image, inputs, mask
from aigc_core.tasks.stylize import StylizeRequest

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
    start = time.process_time()
    for reader in (mask.load, image.read):
        refusal = None
        try:
            picture = reader(data)
            assert picture.mode in ("RGB", "RGBA") and picture.width * picture.height > 0
        except InvalidRequestError as error:
            refusal = error
        assert refusal is None or (str(refusal) and refusal.zh and refusal.zh != str(refusal))
    assert time.process_time() - start < 20


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
