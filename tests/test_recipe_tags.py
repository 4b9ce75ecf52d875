"""Our tags beside mutagen, the library most tagging programs are made of: it reads what we write, we read what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutagen.flac import FLAC
from mutagen.id3 import TIT2
from mutagen.mp4 import MP4
from mutagen.wave import WAVE
from recipes import PICTURE, SOUND, made

from aigc_core import recipe
from aigc_core.media import audio, video

MADE = made("肖像 🎲 a=b; c#d\\e")
TEXT = recipe.dumps(MADE)


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    audio.write(tmp_path / "a.flac", SOUND, comment=TEXT)
    return tmp_path / "a.flac"


@pytest.fixture
def mp4(tmp_path: Path) -> Path:
    video.write_mp4(tmp_path / "a.mp4", [PICTURE] * 2, comment=TEXT)
    return tmp_path / "a.mp4"


def test_mutagen_reads_our_comments(flac: Path, mp4: Path) -> None:
    assert FLAC(flac)["comment"] == [TEXT]
    assert MP4(mp4)["\xa9cmt"] == [TEXT]


def test_a_title_added_by_mutagen_leaves_the_recipe(flac: Path, mp4: Path, tmp_path: Path) -> None:
    sound, film = FLAC(flac), MP4(mp4)
    sound["title"], film["\xa9nam"] = "Song", "Film"
    sound.save()
    film.save()
    assert recipe.read(flac) == recipe.read(mp4) == MADE
    audio.write(tmp_path / "a.wav", SOUND, comment=TEXT)
    wave = WAVE(tmp_path / "a.wav")  # puts its tags into a chunk of their own, and passes over ours
    wave.add_tags()
    wave.tags.add(TIT2(text="Song"))
    wave.save()
    assert recipe.read(tmp_path / "a.wav") == MADE
    assert audio.read(tmp_path / "a.wav").samples.shape == SOUND.samples.shape


def test_comments_that_mutagen_has_written_are_read(flac: Path, mp4: Path) -> None:
    other = recipe.dumps(made("another"))
    sound, film = FLAC(flac), MP4(mp4)
    sound["comment"], film["\xa9cmt"] = other, other
    sound.save()
    film.save()
    assert recipe.read(flac) == recipe.read(mp4) == made("another")
