"""Sound: read within limits, write WAV or FLAC with a comment, resample. Samples are float32 in [-1, 1]."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np

from aigc_core import files
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.audio import MAX_AUDIO_S, Audio

FORMATS = ("WAV", "WAVEX", "FLAC", "OGG", "MP3")
"""File formats of libsndfile that are decoded."""
MAX_SAMPLES_PER_S = 2 * 192_000


def read(file: str | Path | bytes, *, max_seconds: float = MAX_AUDIO_S) -> Audio:
    """A sound file; its size and length are checked before decoding.

    Raises:
        InvalidRequestError: empty, above 30 MB, not a sound file, longer than ``max_seconds``, or of too many samples.
    """
    import soundfile

    data = files.read(file)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as handle:
            if handle.format not in FORMATS:
                raise soundfile.SoundFileError(f"{handle.format} is not taken")
            duration = handle.frames / handle.samplerate
            if duration > max_seconds:
                raise InvalidRequestError(
                    f"The sound may last at most {max_seconds:.0f} s; got {duration:.1f} s. Please cut it.",
                    f"音频最长 {max_seconds:.0f} 秒，收到 {duration:.1f} 秒，请剪短。",
                )
            if handle.frames * handle.channels > max_seconds * MAX_SAMPLES_PER_S:
                raise InvalidRequestError(
                    f"The sound may have at most {MAX_SAMPLES_PER_S:,} samples a second, all channels together; got "
                    f"{handle.samplerate * handle.channels:,}, and lasts {duration:.1f} s. Please convert it.",
                    f"音频各声道合计每秒最多 {MAX_SAMPLES_PER_S:,} 个采样，收到 {handle.samplerate * handle.channels:,} 个，"
                    f"时长 {duration:.1f} 秒，请转换后再试。",
                )
            return Audio(samples=handle.read(dtype="float32"), sample_rate=handle.samplerate)
    except (soundfile.SoundFileError, ZeroDivisionError) as error:
        raise InvalidRequestError(
            "The file could not be read as sound. Use WAV, FLAC, OGG or MP3.",
            "无法将该文件作为音频读取，请使用 WAV、FLAC、OGG 或 MP3。",
        ) from error


def write(file: Path, audio: Audio, *, comment: str = "") -> None:
    """16-bit WAV or FLAC, by the file's ending, with ``comment`` as its comment tag."""
    import soundfile

    samples = np.clip(audio.samples, -1.0, 1.0)
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    kind = "FLAC" if file.suffix == ".flac" else "WAV"
    with soundfile.SoundFile(str(file), "w", audio.sample_rate, channels, "PCM_16", format=kind) as handle:
        if comment and kind == "FLAC":
            handle.comment = comment
        handle.write(samples)
    if comment and kind == "WAV":
        _append_comment(file, comment.encode())


def _append_comment(file: Path, comment: bytes) -> None:
    """Add a RIFF ``LIST INFO`` chunk after the sound; libsndfile's own writer stops at 16 kB."""
    comment += b"\0" * (1 + (len(comment) + 1) % 2)  # ends in a zero, padded to an even size
    info = b"INFOICMT" + struct.pack("<I", len(comment)) + comment
    with file.open("r+b") as handle:
        size = handle.seek(0, 2)
        handle.write(b"\0" * (size % 2) + b"LIST" + struct.pack("<I", len(info)) + info)
        total = handle.tell() - 8
        handle.seek(4)
        handle.write(struct.pack("<I", total))
