"""A voice of a few seconds in the format of ``speech_*_kokoro.zip``: every phoneme is a tone with overtones, or a hiss."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import soundfile

HERTZ = {"a": 150.0, "i": 210.0, "u": 270.0, "s": 0.0}
"""F0 of the phonemes; 0 hisses."""
UNIT = 600


def save(folder: Path, language: str = "en", count: int = 22) -> Path:
    """Write archive and alignment; the archive's path."""
    rng = np.random.default_rng(5)
    archive = folder / f"speech_{language}_kokoro.zip"
    table, durations, f0, sounds = ["file|seconds|text|phonemes"], [], [], []
    for i in range(count):
        phonemes = "".join(rng.choice(list(HERTZ), size=3 + i % 3))
        units = [2, *rng.integers(3, 6, size=len(phonemes)).tolist(), 2]
        pitch = np.repeat([0.0, *(HERTZ[p] for p in phonemes), 0.0], np.array(units) * 2)
        loud = np.repeat([0, *([1] * len(phonemes)), 0], np.array(units) * UNIT)
        table.append(f"{i:05d}.ogg|{sum(units) * 0.025}|{phonemes}|{phonemes}")
        durations.append(units)
        f0.append(np.where(pitch > 0, pitch, 8.0))
        sounds.append(loud * _sound(np.repeat(pitch, UNIT // 2), rng))
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("metadata.csv", "\n".join(table) + "\n")
        for i, samples in enumerate(sounds):
            buffer = io.BytesIO()
            soundfile.write(buffer, samples, 24_000, format="FLAC")
            content.writestr(f"{i:05d}.ogg", buffer.getvalue())
    np.savez(
        folder / f"speech_{language}_alignment.npz",
        files=np.array([f"{i:05d}.ogg" for i in range(count)]),
        durations=np.concatenate(durations).astype(np.int16),
        durations_at=np.cumsum([0, *map(len, durations)]).astype(np.int32),
        f0=np.concatenate(f0).astype(np.float16),
        energy=np.concatenate([np.where(row > 50, 5.0, -9.0) for row in f0]).astype(np.float16),
        frames_at=np.cumsum([0, *map(len, f0)]).astype(np.int32),
    )
    return archive


def _sound(f0: np.ndarray, rng: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    phase = 2 * np.pi * np.cumsum(f0) / 24_000
    tone = sum(np.sin(k * phase) / k for k in range(1, 9))
    hiss = rng.standard_normal(len(f0)) * (f0 == 0)
    return 0.1 * (tone * (f0 > 0) + hiss)
