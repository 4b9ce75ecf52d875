"""Listening while the speech is made: each new part goes to the page, whose script plays them one after another."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from aigc_core.media import audio
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.speak import Speech


def part(speech: Speech) -> str:
    """HTML that hands the script what a preview has that the one before it had not, as FLAC."""
    fresh = Audio(samples=speech.audio.samples[speech.fresh_from :], sample_rate=speech.audio.sample_rate)
    sound = base64.b64encode(encoded(fresh, ".flac")).decode()
    return f'<span data-key="{speech.fresh_from}-{hash(sound) & 0xFFFFFFFF}" data-sound="{sound}"></span>'


def encoded(sound: Audio, suffix: str) -> bytes:
    """The content of a sound file of an unfinished job; its comment says that it was generated."""
    with tempfile.TemporaryDirectory() as folder:
        audio.write(Path(folder) / f"part{suffix}", sound, comment="AI-generated, unfinished")
        return (Path(folder) / f"part{suffix}").read_bytes()
