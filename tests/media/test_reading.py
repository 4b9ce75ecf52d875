"""Files from outside are measured before they are decoded, and refused in words."""

import io
import struct
import zlib
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aigc_core.errors import InvalidRequestError
from aigc_core.media import audio, image, midi
from aigc_core.tasks.audio import Audio


def png(width: int, height: int) -> bytes:
    """A valid PNG of one bit a pixel, black, a few kilobytes whatever its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_small_file_of_144_megapixels_is_refused_without_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = png(12_000, 12_000)
    assert len(bomb) < 30_000
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(InvalidRequestError, match=r"at most 16 megapixels; got 12000×12000"):
        image.read(bomb)


def test_pillows_own_bomb_check_is_put_in_words_too() -> None:
    with pytest.raises(InvalidRequestError, match="picture"):
        image.read(png(20_000, 20_000))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"hello", png(64, 64)[:50]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="could not be read as a picture"):
        image.read(data)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"])
def test_every_kind_of_picture_becomes_rgb(mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (5, 4)).save(buffer, "TIFF")
    assert image.read(buffer.getvalue()).mode == "RGB"


def test_transparency_lies_over_white() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(buffer, "PNG")
    assert image.read(buffer.getvalue()).getpixel((0, 0)) == (255, 255, 255)


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((2, 2), 32_768, np.uint16)).save(buffer, "PNG")
    assert image.read(buffer.getvalue()).getpixel((0, 0)) == (128, 128, 128)


def test_sound_above_the_limit_is_refused_by_its_length(tmp_path: Path) -> None:
    audio.write(tmp_path / "long.wav", Audio(samples=np.zeros(8000 * 31, np.float32), sample_rate=8000))
    with pytest.raises(InvalidRequestError, match=r"at most 30 s; got 31\.0 s"):
        audio.read(tmp_path / "long.wav")
    with pytest.raises(InvalidRequestError, match="could not be read as sound"):
        audio.read(b"RIFF....WAVE")


@pytest.mark.parametrize("shape", [(801,), (800, 2)])
@pytest.mark.parametrize("comment", ["", "x", "ab", "{}" * 50_000])
def test_a_wav_with_a_comment_is_still_the_same_sound(shape: tuple[int, ...], comment: str, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    audio.write(tmp_path / "a.wav", Audio(samples=samples, sample_rate=8000), comment=comment)
    np.testing.assert_allclose(audio.read(tmp_path / "a.wav").samples, samples, atol=2 / 2**15)
    size = (tmp_path / "a.wav").stat().st_size
    assert size % 2 == 0 and struct.unpack("<I", (tmp_path / "a.wav").read_bytes()[4:8])[0] == size - 8


def midi_file(notes: int) -> bytes:
    track = mido.MidiTrack()
    for _ in range(notes):
        track += [mido.Message("note_on", note=60, time=0), mido.Message("note_off", note=60, time=10)]
    buffer = io.BytesIO()
    mido.MidiFile(tracks=[track]).save(file=buffer)
    return buffer.getvalue()


def test_a_midi_file_has_notes_but_not_too_many() -> None:
    assert len(midi.parse(midi_file(3)).tracks) == 1
    for count in (0, midi.MAX_NOTES + 1):
        with pytest.raises(InvalidRequestError, match=f"got {count}"):
            midi.parse(midi_file(count))


@given(cut=st.integers(0, 80), at=st.integers(0, 79), byte=st.integers(0, 255), insert=st.binary(max_size=8))
def test_damaged_midi_is_refused_in_words(cut: int, at: int, byte: int, insert: bytes) -> None:
    whole = bytearray(midi_file(4))
    whole[at % len(whole)] = byte
    try:
        midi.parse(bytes(whole[:cut]) + insert + bytes(whole[cut:]))
    except InvalidRequestError as error:
        message = str(error)
    else:
        return
    assert message
