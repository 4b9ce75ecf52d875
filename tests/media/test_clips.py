"""Short films from outside, frames between frames, and what is written for pages and game engines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aigc_core.errors import InvalidRequestError
from aigc_core.media import animation, clip, scenes, slow_motion, video

SIDE = 96


def moving(count: int, step: float = 6.0) -> list[Image.Image]:
    """A textured tile that moves to the right by ``step`` pixels a frame, over a scene that stands still."""
    noise = np.random.default_rng(1).integers(0, 256, (7, 7, 3), np.uint8)
    ground, tile = (
        scenes.lake(SIDE, SIDE).convert("RGB"),
        Image.fromarray(noise).resize((28, 28), Image.Resampling.BICUBIC),
    )
    frames = []
    for i in range(count):
        frame = ground.copy()
        frame.paste(tile, (round(10 + i * step), 34))
        frames.append(frame)
    return frames


def off(first: Image.Image, then: Image.Image) -> float:
    a, b = (np.asarray(one.convert("RGB"), float) for one in (first, then))
    return float(np.abs(a - b).mean())


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "film.mp4"
    video.write_mp4(file, moving(24, 2.0), fps=12)
    return file


def test_a_film_is_read_with_its_rate_size_and_stretch(film: Path) -> None:
    facts = clip.probe(film)
    assert (facts.codec, facts.width, facts.height, facts.fps, facts.seconds) == ("h264", SIDE, SIDE, 12, 2)
    whole = clip.read(film)
    assert len(whole.frames) == 24 and whole.fps == 12 and whole.seconds == 2
    assert max(off(made, given) for made, given in zip(whole.frames, moving(24, 2.0), strict=True)) < 6
    part = clip.read(film, start=1.0, seconds=0.5, side=48)
    assert len(part.frames) == 6 and part.frames[0].size == (48, 48)
    assert off(part.frames[0].resize((SIDE, SIDE)), whole.frames[12]) < off(
        part.frames[0].resize((SIDE, SIDE)), whole.frames[0]
    )


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.mp4", b"", "it is empty"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n", "no such kind"),
        ("list.mp4", b"ffconcat version 1.0\nfile '/etc/hostname'\n", "no such kind"),
        ("cut.mp4", b"\x00\x00\x00\x18ftypisom", "no film in it"),
        ("note.mp4", b"RIFF\x24\x00\x00\x00WAVEfmt ", "no such kind"),
    ],
)
def test_what_is_no_film_is_refused_in_words(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidRequestError, match=reason) as error:
        clip.read(tmp_path / name)
    assert str(tmp_path) not in str(error.value) and "无法" in error.value.zh


def test_limits_are_named_with_the_value(film: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="at most 5 s; got 9 s"):
        clip.read(film, seconds=9)
    with pytest.raises(InvalidRequestError, match="lasts 2.0 s; it cannot begin at 3 s"):
        clip.read(film, start=3)
    large = tmp_path / "large.mp4"
    video.write_mp4(large, [Image.new("RGB", (2048, 1200))] * 2, fps=12)
    with pytest.raises(InvalidRequestError, match="at most 1920×1080 pixels; got 2048×1200"):
        clip.read(large)
    film.write_bytes(film.read_bytes()[:1500])  # what the container tells is there, the frames are not
    with pytest.raises(InvalidRequestError, match="damaged or cut off"):
        clip.read(film)


def test_a_frame_between_two_is_nearer_to_the_truth_than_their_mean() -> None:
    first, truth, last = moving(3)
    (made,) = slow_motion.between(first, last, [0.5])
    assert off(made, truth) < 0.4 * off(Image.blend(first, last, 0.5), truth)
    ends = list(slow_motion.between(first, last, [0.0, 1.0]))
    assert off(ends[0], first) < 0.5 and off(ends[1], last) < 0.5


def test_slow_motion_keeps_the_frames_that_were_there_and_the_rate() -> None:
    frames = tuple(moving(3))
    slowed = slow_motion.slowed(clip.Clip(frames=frames, fps=12), 4)
    assert len(slowed.frames) == 9 and slowed.fps == 12
    assert all(off(made, given) == 0 for made, given in zip(slowed.frames[::4], frames, strict=True))
    assert slow_motion.slowed(clip.Clip(frames=frames[:1], fps=12), 4).frames == frames[:1]
    tiny = clip.Clip(frames=(Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8), "white")), fps=12)
    assert len(slow_motion.slowed(tiny, 2).frames) == 3


def sprites() -> list[Image.Image]:
    frames = []
    for i in range(5):
        frame = Image.new("RGBA", (16, 24))
        ImageDraw.Draw(frame).rectangle((i, 4, i + 6, 20), fill=(200, 40 * i, 60, 255))
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("write", "ending"), [(animation.write_gif, "gif"), (animation.write_webp, "webp")])
def test_an_animation_keeps_colours_transparency_time_and_its_loop(tmp_path: Path, write: object, ending: str) -> None:
    file = tmp_path / f"walk.{ending}"
    write(file, sprites(), fps=10, comment="made by hand")  # type: ignore[operator]
    again = tmp_path / f"again.{ending}"
    write(again, sprites(), fps=10, comment="made by hand")  # type: ignore[operator]
    assert file.read_bytes() == again.read_bytes() and b"made by hand" in file.read_bytes()
    with Image.open(file) as shown:
        assert shown.n_frames == 5 and shown.info["loop"] == 0  # type: ignore[attr-defined]
        for i, given in enumerate(sprites()):
            shown.seek(i)
            shown.load()
            assert shown.info["duration"] == 100
            made = np.asarray(shown.convert("RGBA"), int)
            opaque = np.asarray(given)[..., 3] > 0
            assert ((made[..., 3] > 0) == opaque).all()
            assert np.abs(made - np.asarray(given, int))[opaque].max() <= 4


def test_a_gif_is_read_as_a_film(tmp_path: Path) -> None:
    animation.write_gif(tmp_path / "walk.gif", sprites(), fps=10)
    made = clip.read(tmp_path / "walk.gif")
    assert len(made.frames) == 5 and made.fps == 10 and made.frames[0].size == (16, 24)


def test_a_sprite_sheet_says_where_every_frame_is(tmp_path: Path) -> None:
    described = animation.write_sprite_sheet(tmp_path / "walk.png", sprites(), fps=8, tag="walk")
    told = json.loads(described.read_text("utf-8"))
    sheet = Image.open(tmp_path / told["meta"]["image"])
    assert sheet.size == tuple(told["meta"]["size"].values()) == (48, 48)
    for given, placed in zip(sprites(), told["frames"], strict=True):
        x, y, w, h = placed["frame"].values()
        assert sheet.crop((x, y, x + w, y + h)).tobytes() == given.tobytes() and placed["duration"] == 125
    assert told["meta"]["frameTags"] == [{"name": "walk", "from": 0, "to": 4, "direction": "forward"}]


def test_decoding_that_takes_too_long_is_ended(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("ffmpeg", clip.TIMEOUT_S)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(InvalidRequestError, match="longer than 60 s"):
        clip.probe(film)
