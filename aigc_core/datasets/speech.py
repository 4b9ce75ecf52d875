"""Synthetic speech with the teacher's own alignment: ``speech_*_kokoro.zip`` and ``speech_*_alignment.npz``.

Each sentence comes with its phonemes, a duration for each of them and for the silence at either end (in frames of 600 samples at
24 kHz), and two values of pitch and energy a frame.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aigc_core.errors import InvalidRequestError
from aigc_core.tokenizers import phoneme_tokens

HELD_OUT = 20
"""Every so many-th row is held out."""
VOICED_HZ = 50.0
"""Below, the teacher's pitch means no voice."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence, without its sound.

    Attributes:
        ids: Phonemes as numbers, (L,).
        durations: Of each phoneme, in units of 25 ms, (L,).
        f0: Hz, 0 where unvoiced, (M,) at 80 a second, M = 2 Σ durations.
        energy: As the teacher has it, (M,).
    """

    file: str
    text: str
    phonemes: str
    language: str
    split: Literal["train", "val"]
    ids: NDArray[np.int64]
    durations: NDArray[np.int64]
    f0: NDArray[np.float32]
    energy: NDArray[np.float32]


def read(archive: Path, alignment: Path) -> list[Sentence]:
    """All sentences of an archive; the language is in the files' names, ``speech_zh_…``.

    Raises:
        InvalidRequestError: a file is missing, or the two do not belong together.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            table = content.read("metadata.csv").decode().splitlines()[1:]
        with np.load(alignment) as arrays:
            data = {name: arrays[name] for name in arrays.files}
        language = archive.name.split("_")[1]
        if len(table) != len(data["files"]) or language not in phoneme_tokens.LANGUAGES:
            raise ValueError(f"{len(table)} sentences in {language!r}, {len(data['files'])} alignments")
        return [_sentence(row.split("|"), data, i, language) for i, row in enumerate(table)]
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise InvalidRequestError(
            f"{archive} and {alignment} cannot be read together: {error}",
            f"无法配对读取 {archive} 与 {alignment}：{error}",
        ) from error


def _sentence(row: Sequence[str], data: dict[str, NDArray[np.generic]], i: int, language: str) -> Sentence:
    file, _, text, phonemes = row
    units = slice(*data["durations_at"][i : i + 2])
    frames = slice(*data["frames_at"][i : i + 2])
    ids, durations = phoneme_tokens.encode(phonemes), np.asarray(data["durations"][units], np.int64)
    f0 = np.asarray(data["f0"][frames], np.float32)
    if data["files"][i] != file or len(ids) != len(durations) or len(f0) != 2 * durations.sum():
        raise ValueError(f"{file} does not fit its alignment")
    return Sentence(
        file=file, text=text, phonemes=phonemes, language=language, split="train" if i % HELD_OUT else "val",
        ids=np.array(ids), durations=durations, f0=np.where(f0 < VOICED_HZ, 0, f0).astype(np.float32),
        energy=np.asarray(data["energy"][frames], np.float32),
    )  # fmt: skip


def sounds(archive: Path, sentences: Sequence[Sentence]) -> Iterator[NDArray[np.float32]]:
    """The sound of each sentence, 300 samples for each of its M frames."""
    import soundfile

    with zipfile.ZipFile(archive) as content:
        for sentence in sentences:
            samples, _ = soundfile.read(io.BytesIO(content.read(sentence.file)), dtype="float32")
            length = 300 * len(sentence.f0)
            yield np.pad(samples[:length], (0, max(0, length - len(samples))))
