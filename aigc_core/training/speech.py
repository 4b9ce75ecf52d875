"""Shared pieces of the speech trainings: sentences in memory, and the settings of a run."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aigc_core.datasets import speech
from aigc_core.datasets.speech import Sentence
from aigc_core.models.fastspeech import ENERGY_SCALE, Prosody
from aigc_core.models.features.log_mel import HOP, PITCH_CENTRE, PITCH_SCALE, log_mel
from aigc_core.tokenizers.phoneme_tokens import LANGUAGES
from aigc_core.training import command
from aigc_core.training.journal import Journal
from aigc_core.types import Events

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Config:
    """One run; each training adds its own fields."""

    data: tuple[Path, ...]
    """Archives ``speech_*_kokoro.zip``, the alignments beside them."""
    cache: Path
    """Folder for the decoded sound and its spectra, about 600 MB for both languages."""
    out: Path
    """Folder of the run: ``state.safetensors``, ``model/``, ``log.jsonl``."""
    steps: int = 1_000_000
    batch: int = 8
    lr: float = 1e-3
    """Peak, of AdamW, betas (0.9, 0.98)."""
    weight_decay: float = 0.01
    warmup: int = 200
    """Steps."""
    cooldown: int = 0
    """Last steps, over which the rate falls to 0 in a line; 0: never, a run without an end."""
    clip: float = 1.0
    ema: float = 0.995
    """Decay of the average that is saved, at its slowest."""
    every: int = 100
    """Steps between two savings."""
    minutes: float | None = None
    """Time that this call may take; it then saves, and the same command goes on later."""
    branch: Path | None = None
    """Folder of another run, whose last state this one begins with; that folder is only read."""
    seed: int = 0
    bfloat16: bool = False
    """Multiply in bfloat16."""

    def __post_init__(self) -> None:
        if self.batch < 1 or self.steps < 1 or self.every < 1 or self.lr <= 0:
            raise ValueError(f"batch, steps, every >= 1, lr > 0; got {self}")

    def rate(self, step: int) -> float:
        """Learning rate of a step."""
        left = min(1.0, (self.steps - step) / self.cooldown) if self.cooldown else 1.0
        return self.lr * min(1.0, (step + 1) / max(1, self.warmup)) * left

    @property
    def begun(self) -> Path:
        """The folder whose state this call goes on from, if there is one."""
        if self.branch is None or (self.out / "state.safetensors").exists():
            return self.out
        return self.branch

    def decay(self, step: int) -> float:
        """Decay of the average after a step: it forgets its random beginning."""
        return min(self.ema, (1 + step) / (10 + step))


C = TypeVar("C", bound=Config)


class Sentences(NamedTuple):
    """Sentences, filled up with zeros to the longest."""

    ids: Tensor
    """(B, L)"""
    language: Tensor
    """(B,)"""
    durations: Tensor
    """(B, L)"""
    prosody: Prosody
    mel: Tensor
    """(B, M, N_MELS)"""


class Segments(NamedTuple):
    """Stretches of sound."""

    samples: Tensor
    """(B, 300 M)"""
    mel: Tensor
    """(B, M, N_MELS)"""
    f0: Tensor
    """(B, M)"""


class Corpus:
    """One split of the sentences, with sound and log-mel spectra as files mapped into memory.

    Attributes:
        frames: Where each sentence begins, and the end, in frames.
    """

    def __init__(self, data: Sequence[Path], cache: Path, split: str) -> None:
        self.sentences: list[Sentence] = []
        self._samples: list[NDArray[np.int16]] = []
        self._mels: list[NDArray[np.float16]] = []
        for archive in data:
            found = speech.read(archive, archive.with_name(archive.name.replace("_kokoro.zip", "_alignment.npz")))
            samples, mels = cached(archive, found, cache)
            ends = np.cumsum([len(sentence.f0) for sentence in found])
            for sentence, end in zip(found, ends.tolist(), strict=True):
                if sentence.split == split:
                    begin = end - len(sentence.f0)
                    self.sentences.append(sentence)
                    self._samples.append(samples[HOP * begin : HOP * end])
                    self._mels.append(mels[begin:end])
        self._by_length = np.argsort([len(sentence.f0) for sentence in self.sentences], kind="stable")

    def draw(self, rng: np.random.Generator, count: int) -> Sentences:
        """Sentences of similar length, so that little is filled up."""
        near = 4 * count
        first = int(rng.integers(max(1, len(self.sentences) - near + 1)))
        pool = self._by_length[first : first + near]
        return self.batch(rng.choice(pool, size=count, replace=len(pool) < count).tolist())

    def batch(self, numbers: Sequence[int]) -> Sentences:
        """The sentences of these numbers, as one batch."""
        chosen = [self.sentences[i] for i in numbers]
        f0 = _padded([s.f0 for s in chosen])
        pitch = (f0.clamp(min=20).log() - PITCH_CENTRE) / PITCH_SCALE
        voiced = (f0 > 0).float()
        return Sentences(
            ids=_padded([s.ids for s in chosen]),
            language=torch.tensor([LANGUAGES.index(s.language) for s in chosen]),
            durations=_padded([s.durations for s in chosen]),
            prosody=Prosody(voiced, pitch * voiced, _padded([s.energy for s in chosen]) / ENERGY_SCALE),
            mel=_padded([np.asarray(self._mels[i], np.float32) for i in numbers]),
        )

    def segments(self, rng: np.random.Generator, count: int, frames: int) -> Segments:
        """Stretches of ``frames`` frames, each of a sentence drawn at random."""
        cut = []
        for i in rng.integers(len(self.sentences), size=count).tolist():
            size = len(self.sentences[i].f0)
            cut.append((i, int(rng.integers(max(1, size - frames + 1)))))
        return Segments(
            samples=_padded([self._samples[i][HOP * at : HOP * (at + frames)] / np.float32(32768) for i, at in cut]),
            mel=_padded([np.asarray(self._mels[i][at : at + frames], np.float32) for i, at in cut]),
            f0=_padded([self.sentences[i].f0[at : at + frames] for i, at in cut]),
        )


def cached(archive: Path, sentences: Sequence[Sentence], cache: Path) -> tuple[NDArray[np.int16], NDArray[np.float16]]:
    """Sound (T,) and log-mel spectra (M, N_MELS) of all sentences in a row; made once, a minute or two a language."""
    files = [cache / f"{archive.stem}-{kind}.npy" for kind in ("samples", "mel")]
    if not all(file.exists() for file in files):
        log.info("decoding %s", archive.name)
        cache.mkdir(parents=True, exist_ok=True)
        found = list(speech.sounds(archive, sentences))
        mels = [log_mel(torch.from_numpy(samples)[None])[0].numpy().astype(np.float16) for samples in found]
        np.save(files[1], np.concatenate(mels))
        np.save(files[0], np.concatenate([np.round(samples.clip(-1, 1) * 32767).astype(np.int16) for samples in found]))
    samples, mel = (np.load(file, mmap_mode="r") for file in files)
    return samples, mel


def _padded(rows: Sequence[NDArray[Any]]) -> Tensor:
    """Rows of different lengths as one tensor, zeros at their ends."""
    return torch.nn.utils.rnn.pad_sequence([torch.from_numpy(np.array(row)) for row in rows], batch_first=True)


def journal_of(config: Config, terms: Sequence[str], seconds: float) -> Journal:
    """The journal of a run that has trained for some seconds."""
    total, every = config.steps, config.every
    return Journal(config.out, terms, seconds, total=total, every=every, minutes=config.minutes)


def train_as_asked(
    parser: argparse.ArgumentParser,
    argv: Sequence[str] | None,
    config: type[C],
    train: Callable[[C], Events],
    *,
    out: str,
) -> None:
    """Add the options of :class:`Config` to a training's own, parse them all, and train to the end."""
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="speech_en_kokoro.zip speech_zh_kokoro.zip")
    parser.add_argument("--cache", type=Path, default=Path("runs/speech-cache"))
    parser.add_argument("--out", type=Path, default=Path(out))
    command.add_fields(parser, config, int, "steps", "batch", "warmup", "cooldown", "every")
    command.add_fields(parser, config, float, "lr", "weight_decay", "clip", "ema")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16")
    parser.add_argument("--branch", type=Path, help="folder of a run to begin with the last state of")
    command.add_minutes(parser)
    command.add_seed_and_threads(parser)

    def configured(args: dict[str, Any]) -> C:
        return config(**args | {"data": tuple(args["data"])})

    command.train_as_asked(parser, argv, configured, train)
