"""Our recipe is found in every legal place of a format, and nothing in a file is decoded, unfolded or followed to find it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from recipes import PICTURE, SOUND, made, midi_bytes

from aigc_core import export, recipe
from aigc_core.errors import InvalidRequestError
from aigc_core.media import audio, video
from aigc_core.recipe import KEY, reading
from aigc_core.recipe.formats import MAX_TEXT
from aigc_core.tasks.continue_text import Text

MADE = made("肖像 🎲")
TEXT = recipe.dumps(MADE)
BOUND_S = 20
"""For what takes a second at most: no bomb goes off."""


def found(file: Path, data: bytes) -> dict[str, Any]:
    file.write_bytes(data)
    return recipe.read(file)


def carries_none(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    begun = time.process_time()
    with pytest.raises(InvalidRequestError):
        recipe.read(file)
    assert time.process_time() - begun < BOUND_S


# --- PNG --------------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(*before: bytes, after: bytes = b"") -> bytes:
    head = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(before) + pixels + after + chunk(b"IEND", b"")


KEYED = KEY.encode() + b"\0"
PLACES = {
    "tEXt": chunk(b"tEXt", KEYED + TEXT.encode()),
    "tEXt in UTF-8": chunk(b"tEXt", KEYED + json.dumps(MADE, ensure_ascii=False).encode()),
    "zTXt": chunk(b"zTXt", KEYED + b"\0" + zlib.compress(TEXT.encode())),
    "iTXt": chunk(b"iTXt", KEYED + b"\0\0en\0Rezept\0" + TEXT.encode()),
    "iTXt compressed": chunk(b"iTXt", KEYED + b"\1\0\0\0" + zlib.compress(TEXT.encode())),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_text_chunk_before_and_after_the_pixels(place: str, tmp_path: Path) -> None:
    other = chunk(b"tEXt", b"Comment\0" + TEXT.encode()[:40])
    damaged = chunk(b"zTXt", KEYED + b"\0damaged")
    assert found(tmp_path / "a.png", png(other, damaged, PLACES[place])) == MADE
    assert found(tmp_path / "b.png", png(other, after=PLACES[place] + other)) == MADE


@pytest.mark.parametrize("compressed", [False, True])
def test_pillow_s_own_writer(compressed: bool, tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text(KEY, TEXT, zip=compressed)
    PICTURE.save(tmp_path / "a.png", pnginfo=info)
    assert recipe.read(tmp_path / "a.png") == MADE
    reopened = Image.open(tmp_path / "a.png")
    info = PngImagePlugin.PngInfo()
    info.add_itxt(KEY, reopened.text[KEY], zip=compressed)
    reopened.save(tmp_path / "b.png", pnginfo=info)
    assert recipe.read(tmp_path / "b.png") == MADE


def test_a_text_that_unpacks_without_end_is_not_unpacked(tmp_path: Path) -> None:
    bomb = zlib.compress(b" " * 400_000_000, 9)
    carries_none(tmp_path / "a.png", png(chunk(b"zTXt", KEYED + b"\0" + bomb)))
    carries_none(tmp_path / "b.png", png(*[chunk(b"iTXt", KEYED + b"\1\0\0\0" + bomb)] * 8))


def test_a_million_chunks_are_not_walked_without_end(tmp_path: Path) -> None:
    carries_none(tmp_path / "a.png", b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0junk\0\0\0\0" * 1_000_000)


# --- RIFF and FLAC ------------------------------------------------------------------------------------------------------


def riff(form: bytes, *chunks: tuple[bytes, bytes], order: str = "little", pad: bool = True) -> bytes:
    body = b"".join(
        kind + len(data).to_bytes(4, order) + data + b"\0" * (len(data) % 2 if pad else 0)  # type: ignore[arg-type]
        for kind, data in chunks
    )
    return form[:4] + (len(body) + 4).to_bytes(4, order) + form[4:] + body  # type: ignore[arg-type]


def info(*entries: tuple[bytes, bytes], order: str = "little", pad: bool = True) -> tuple[bytes, bytes]:
    return b"LIST", b"INFO" + riff(b"________", *entries, order=order, pad=pad)[12:]


FORMAT = (b"fmt ", bytes([1, 0, 1, 0, 0x80, 0xBB, 0, 0, 0, 0x77, 1, 0, 2, 0, 16, 0]))
SAMPLES = (b"data", bytes(6))
COMMENT = (b"ICMT", TEXT.encode() + b"\0")
ODD = TEXT.encode() + b"\0" * (1 - len(TEXT) % 2)
WAVES = {
    "comment first": riff(b"RIFFWAVE", FORMAT, info(COMMENT, (b"ISFT", b"Lavf1")), SAMPLES),
    "comment last": riff(b"RIFFWAVE", FORMAT, SAMPLES, info((b"ISFT", b"Lavf1"), (b"INAM", b"name"), COMMENT)),
    "another entry": riff(b"RIFFWAVE", FORMAT, SAMPLES, info((b"ICMT", b"hi"), (b"ISBJ", TEXT.encode()))),
    "two lists": riff(b"RIFFWAVE", info((b"IART", b"me")), FORMAT, (b"LIST", b"adtlabcd"), SAMPLES, info(COMMENT)),
    "odd sizes": riff(b"RIFFWAVE", (b"junk", b"abc"), FORMAT, (b"id3 ", b"ID3ab"), SAMPLES, info((b"IART", b"abc"), (b"ICMT", ODD))),
    "odd, not padded": riff(b"RIFFWAVE", FORMAT, (b"junk", b"abc"), info((b"IART", b"abc"), COMMENT, pad=False), SAMPLES, pad=False),
    "RIFX": riff(b"RIFXWAVE", FORMAT, SAMPLES, info((b"IART", b"a"), COMMENT, order="big"), order="big"),
    "RF64": riff(b"RF64WAVE", (b"ds64", bytes(8) + (6).to_bytes(8, "little") + bytes(12)), FORMAT)
    + b"data\xff\xff\xff\xff" + bytes(6) + riff(b"________", info(COMMENT))[12:],
}  # fmt: skip


@pytest.mark.parametrize("shape", WAVES)
def test_every_shape_of_a_wave_file(shape: str, tmp_path: Path) -> None:
    assert found(tmp_path / "a.wav", WAVES[shape]) == MADE


def vorbis(*comments: bytes) -> bytes:
    listed = b"".join(len(c).to_bytes(4, "little") + c for c in comments)
    return b"\4\0\0\0test" + len(comments).to_bytes(4, "little") + listed


@pytest.mark.parametrize("name", [b"COMMENT", b"comment", b"Description", b"DESCRIPTION", b"title", b"aigc-recipe"])
def test_every_vorbis_comment(name: bytes, tmp_path: Path) -> None:
    block = vorbis(b"ARTIST=me", b"broken", name + b"=" + TEXT.encode())
    head = b"fLaC" + b"\0\0\0\x22" + bytes(34) + b"\4" + len(block).to_bytes(3, "big") + block + b"\x81\0\0\2ab"
    assert found(tmp_path / "a.flac", head) == MADE
    assert found(tmp_path / "b.flac", b"ID3\4\0\0\0\0\1\2" + bytes(130) + head) == MADE


# --- ffmpeg's own rewrites --------------------------------------------------------------------------------------------


def ffmpeg(*arguments: str | Path) -> None:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=120, capture_output=True)


REWRITES = ["a.wav b.wav", "a.wav b.flac", "a.flac b.flac", "a.flac b.wav", "a.wav b.flac c.wav d.flac",
            "m.mp4 n.mp4", "m.mp4 n.mov", "m.mp4 n.mov o.mp4", "m.mp4 n.m4v"]  # fmt: skip


@pytest.mark.parametrize("way", REWRITES)
def test_files_that_ffmpeg_has_rewritten(way: str, tmp_path: Path) -> None:
    audio.write(tmp_path / "a.wav", SOUND, comment=TEXT)
    audio.write(tmp_path / "a.flac", SOUND, comment=TEXT)
    video.write_mp4(tmp_path / "m.mp4", [PICTURE] * 2, comment=TEXT)
    files = [tmp_path / name for name in way.split()]
    for source, target in itertools.pairwise(files):
        ffmpeg("-i", source, *(["-c", "copy"] if target.suffix in (".mp4", ".mov", ".m4v") else []), target)
        assert recipe.read(target) == MADE, target.name


@pytest.mark.parametrize("flags", ["use_metadata_tags", "frag_keyframe+empty_moov", "faststart"])
def test_the_ways_ffmpeg_lays_out_a_film(flags: str, tmp_path: Path) -> None:
    video.write_mp4(tmp_path / "m.mp4", [PICTURE] * 2, comment=TEXT)
    ffmpeg("-i", tmp_path / "m.mp4", "-c", "copy", "-movflags", flags, tmp_path / "n.mp4")
    assert recipe.read(tmp_path / "n.mp4") == MADE


def test_no_program_is_run_on_a_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that ffmpeg would take for an address or a list is a name."""
    video.write_mp4(tmp_path / "m.mp4", [PICTURE] * 2, comment=TEXT)
    data = (tmp_path / "m.mp4").read_bytes()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a program was run"))
    monkeypatch.setattr(os, "system", lambda *_: pytest.fail("a program was run"))
    monkeypatch.chdir(tmp_path)
    for name in ("concat:m.mp4|m.mp4", "-i m.mp4", "subfile,,start,0,end,0,,:m.mp4"):
        assert found(Path(name), data) == MADE


def test_boxes_that_claim_too_much_are_refused(tmp_path: Path) -> None:
    start = (20).to_bytes(4, "big") + b"ftypisom" + bytes(8)
    for claimed in (0, 1, 4, 2**31, 2**32 - 1):
        carries_none(tmp_path / "a.mp4", start + claimed.to_bytes(4, "big") + b"moov" + TEXT.encode())
    nested = b""
    for _ in range(2000):
        nested = (len(nested) + 8).to_bytes(4, "big") + b"udta" + nested
    carries_none(tmp_path / "b.mp4", start + (len(nested) + 8).to_bytes(4, "big") + b"moov" + nested)
    carries_none(tmp_path / "c.mp4", start + b"\0\0\0\x08free" * 1_000_000)


# --- MIDI, GIF, WebP ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meta", [1, 2, 3, 5, 6, 7, 9])
def test_every_text_event_of_every_track(meta: int, tmp_path: Path) -> None:
    text = f"{KEY}:{TEXT}".encode()
    size = bytes([0x80 | len(text) >> 14, 0x80 | len(text) >> 7 & 0x7F, len(text) & 0x7F])
    track = b"\0\x90\x3c\x40\x60\x80\x3c\0\0\xff" + bytes([meta]) + size + text + b"\0\xff\x2f\0"
    song = midi_bytes() + b"MTrk" + len(track).to_bytes(4, "big") + track
    assert found(tmp_path / "a.mid", song) == MADE
    bad_key = song.replace(b"\0\xff", b"\0\xff\x59\2\x20\x20\0\xff", 1)  # 32 sharps: no reader takes it
    assert found(tmp_path / "b.mid", bad_key) == MADE
    assert found(tmp_path / "c.mid", riff(b"RIFFRMID", (b"data", song))) == MADE


def test_a_song_of_millions_of_events_is_not_unfolded(tmp_path: Path) -> None:
    track = b"\0\x90\x3c\x40" + b"\0\x3c\0" * 8_000_000
    song = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk" + len(track).to_bytes(4, "big") + track
    carries_none(tmp_path / "a.mid", song)


def test_comments_of_a_gif_stand_anywhere(tmp_path: Path) -> None:
    frames = [PICTURE.rotate(i) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    plain = (tmp_path / "a.gif").read_bytes()
    parts = [TEXT.encode()[i : i + 255] for i in range(0, len(TEXT), 255)]
    comment = b"!\xfe" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
    other = b"!\xfe\2hi\0"
    table = 3 << (plain[10] & 7) + 1 if plain[10] & 0x80 else 0
    assert found(tmp_path / "b.gif", plain[: 13 + table] + other + comment + plain[13 + table :]) == MADE
    assert found(tmp_path / "c.gif", plain[:-1] + comment + b";") == MADE


def test_exif_and_xmp_of_a_webp(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = TEXT  # ImageDescription
    PICTURE.save(tmp_path / "a.webp", exif=exif)
    assert recipe.read(tmp_path / "a.webp") == MADE
    packet = f"<x:xmpmeta><dc:description>{TEXT.replace(chr(34), '&quot;')}</dc:description></x:xmpmeta>"
    PICTURE.save(tmp_path / "b.webp", xmp=packet.encode())
    assert recipe.read(tmp_path / "b.webp") == MADE


# --- JSON and text ------------------------------------------------------------------------------------------------------

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("record", [MADE, {"output": {"text": "hi"}, "recipe": MADE}], ids=["bare", "nested"])
def test_json_in_every_encoding(encoding: str, record: dict[str, Any], tmp_path: Path) -> None:
    text = json.dumps(record, ensure_ascii=False, indent=1)
    assert found(tmp_path / "a.json", text.encode(encoding)) == MADE
    assert found(tmp_path / "b.json", text.replace("\n", "\r\n").encode(encoding)) == MADE
    marked = b"\xff\xfe" if encoding == "utf-16-le" else b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert found(tmp_path / "c.json", marked + text.encode(encoding)) == MADE


AROUND: dict[str, Callable[[str], str]] = {
    "as it was": lambda text: text,
    "text behind": lambda text: text + "\n\nAnother paragraph, written later. -- and > and -->.\n",
    "on one line": lambda text: text.replace("\n", " "),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "a mark": lambda text: "\ufeff" + text,
    "a mark, CRLF, text behind": lambda text: "\ufeff" + text.replace("\n", "\r\n") + "\r\nmore",
    "begins like a picture": lambda text: "GIF8 " + text + "later",
    "begins like a sound": lambda text: "RIFF" + text + "later",
    "in a page": lambda text: f"<!doctype html><p>{text}</p></html>",
    "quoted twice": lambda text: f"<!-- {KEY}: {{}} -->{text}<!-- {KEY}: broken -->",
}


@pytest.mark.parametrize("encoding", [*ENCODINGS[:2], "utf-16", "gb18030", "latin-1"])
@pytest.mark.parametrize("around", AROUND)
def test_a_block_with_text_around_it(around: str, encoding: str, tmp_path: Path) -> None:
    file = export.save(Text(text="a story"), made("a portrait"), tmp_path / "o")["text"]
    text = AROUND[around](file.read_text("utf-8"))
    if encoding == "latin-1":
        text = text.replace("\ufeff", "")
    assert found(tmp_path / "a.md", text.encode(encoding)) == made("a portrait")


DEEP = 100_000
HOSTILE = {
    "nested lists": "[" * DEEP,
    "nested objects": '{"a":' * DEEP,
    "nested in a recipe": json.dumps({**MADE, "info": 0}).replace('"info": 0', f'"info": {"[" * DEEP}{"]" * DEEP}'),
    "marks": f"<!-- {KEY}: " * 100_000,
    "marks of objects": f"<!-- {KEY}: {{" * 100_000,
    "too long": json.dumps({**MADE, "info": "x" * MAX_TEXT}),
    "not closed": TEXT[:-1],
    "surrogates": '{"\\ud800": "\\udfff"}',
    "no task": json.dumps({key: value for key, value in MADE.items() if key != "task"}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_texts_are_refused_at_once(case: str, tmp_path: Path) -> None:
    carries_none(tmp_path / "a.json", HOSTILE[case].encode())


def test_a_file_of_hundred_megabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "big.json").open("wb") as handle:
        handle.write(TEXT[:-1].encode())
        handle.truncate(150_000_000)
    with pytest.raises(InvalidRequestError, match="150 MB; files of at most 100 MB"):
        recipe.read(tmp_path / "big.json")


def test_values_that_json_can_but_a_page_cannot_hold(tmp_path: Path) -> None:
    text = TEXT[:-1] + ',"x":NaN,"y":-Infinity,"z":1' + "0" * 400 + ',"w":1' + "0" * 9000 + ',"v":"\\ud800"}'
    read = found(tmp_path / "a.json", text.encode())
    assert read["z"] == 10**400 and read["w"] == float("inf")
    shown = recipe.plain(read)
    json.dumps(shown, allow_nan=False).encode()
    assert shown["v"] == "?" and isinstance(shown["z"], str)


def test_deep_values_become_nothing_and_the_rest_is_read(tmp_path: Path) -> None:
    deep: Any = 1
    for _ in range(100):
        deep = {"a": deep}
    read = found(tmp_path / "a.json", json.dumps({**MADE, "info": deep}).encode())
    assert read["seed"] == MADE["seed"] and str(read).count("'a'") == reading.MAX_DEPTH - 1


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"RIFX\0\0\0\0WAVE", b"RF64\0\0\0\0WAVEds64", b"fLaC", b"ID3", b"MThd", b"\0\0\0\x14ftypisom", b"{", b"\xff\xfe", b""]))  # fmt: skip
def test_noise_after_any_signature_carries_none(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, head: bytes
) -> None:
    carries_none(tmp_path_factory.getbasetemp() / "noise", head + noise)
