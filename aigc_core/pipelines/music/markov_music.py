"""Chorales in Bach's manner from an n-gram model, as MIDI, sound and picture: an honest baseline, no network in it.

The model is :mod:`aigc_core.pipelines.music.chorale_ngram`, the writing :mod:`aigc_core.pipelines.music.composer`. The counts are made
from the corpus at first use and kept in the cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core import weights
from aigc_core.datasets import chorales
from aigc_core.datasets.chorales import STEPS_PER_BAR, Mode, shift_to_home
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.media import midi, notes, piano_roll, synth
from aigc_core.media.notes import Note, Performance
from aigc_core.pipelines.music.chorale_ngram import VERSION, ChoraleNGram
from aigc_core.pipelines.music.composer import Score, compose
from aigc_core.sampling.music import primer
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.compose import ComposeRequest, Music
from aigc_core.types import Events, ModelSpec, Progress, Result

PRIMER_BARS = 8
"""Bars kept of a longer primer, its last ones."""
_PREVIEWS = 24
"""Most piano-roll previews of a run."""
_SHARPS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINORS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_SILENCE = Audio(samples=np.zeros(0, np.float32), sample_rate=synth.SAMPLE_RATE)


class ChoraleMarkov:
    """``settings``: ``soundfont``, ``corpus`` (paths in the packages), ``programs`` (instrument → MIDI programs of the voices)."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.spec = spec
        self.soundfont = _find(folders, spec.settings["soundfont"])
        corpus = _find(folders, spec.settings["corpus"])

        def count(folder: Path) -> None:
            pieces = list(chorales.read_folder(corpus))
            if not pieces:
                raise CheckpointError(f"{corpus} holds no chorales.", f"{corpus} 中没有可用的众赞歌。")
            ChoraleNGram.fit(pieces).save(folder)

        source = weights.sha256(spec.source)[:12]
        synth.warm_up(self.soundfont)
        self.model = ChoraleNGram.load(weights.cached_build(f"{spec.name}-{source}-{VERSION}", count))

    def stream(self, request: ComposeRequest) -> Events:
        """One event per attempt at a phrase; previews are the picture so far, with empty sound."""
        rng = np.random.default_rng(request.seed)
        tonic, mode = self.model.keys[int(rng.integers(len(self.model.keys)))]
        head = _primer(request.primer) if request.primer is not None else None
        if head is not None:
            tonic, mode = head.tonic, head.mode
        shift = -shift_to_home(tonic, mode)
        score = Score(minor=int(mode == "minor"), shift=shift)
        if head is not None:
            score.before = [tuple(p - shift if p else 0 for p in chord) for chord in head.chords]
        sheet = _Sheet(score, head, request.bars, _key_name(tonic, mode))
        yield Progress(step=0, total=request.bars, preview=sheet.preview())
        shown, stride = 0, -(-request.bars // _PREVIEWS)
        for steps in compose(self.model, score, request.bars, request.temperature, rng):
            bars = steps // STEPS_PER_BAR
            while shown < bars:
                shown = min(bars, shown + stride)
                yield Progress(step=shown, total=request.bars, preview=sheet.preview(shown * STEPS_PER_BAR))
            yield Progress(step=shown, total=request.bars)
        instrument = request.instrument or next(iter(self.spec.settings["programs"]))
        file = notes.write(sheet.notes(), sheet.performance(self.spec.settings["programs"][instrument], request.tempo))
        yield Progress(step=request.bars, total=request.bars, message="sound")
        rendering = synth.render(file, self.soundfont)
        while True:
            try:
                done = next(rendering)
            except StopIteration as finished:
                audio = finished.value
                break
            yield Progress(step=request.bars, total=request.bars, message=f"sound {done:.0%}")
        info = {"key": sheet.key, "bars": sheet.bars, "phrases": len(sheet.rests()), "attempts": score.attempts,
                "instrument": instrument}  # fmt: skip
        if head is not None:
            info |= {"primer_bars": head.bars, "primer_notes_left_out": head.left_out}
        yield Result(output=Music(audio=audio, midi=file, piano_roll=sheet.picture()), info=info)


class _Primer(NamedTuple):
    notes: list[Note]
    bars: int
    left_out: int
    tonic: int
    mode: Mode
    chords: list[tuple[int, int, int, int]]
    """Chord at each step, in the primer's own key."""


def _primer(data: bytes) -> _Primer:
    """The last bars of a MIDI file, and its key.

    Raises:
        InvalidRequestError: see :func:`aigc_core.media.midi.parse`; or only percussion.
    """
    found = notes.read(midi.parse(data))
    if not found:
        raise InvalidRequestError(
            "The primer holds percussion only; it needs at least one note with a pitch.",
            "引子只有打击乐，至少需要一个有音高的音符。",
        )
    last = max(n.start for n in found)
    bars = last // STEPS_PER_BAR + 1
    cut = max(0, bars - PRIMER_BARS) * STEPS_PER_BAR
    end = (bars - cut // STEPS_PER_BAR) * STEPS_PER_BAR
    kept = [
        Note(
            start=n.start - cut, length=min(n.length, end - n.start + cut), pitch=n.pitch, voice=4, velocity=n.velocity
        )
        for n in found
        if n.start >= cut
    ]
    played = [primer.Sounding(n.start, n.length, n.pitch) for n in kept]
    tonic, mode = primer.key(played)
    filled = primer.chords(played, end)
    for t in range(1, end):  # a rest at its end does not make the model forget what was heard
        filled[t] = filled[t] if any(filled[t]) else filled[t - 1]
    return _Primer(kept, end // STEPS_PER_BAR, len(found) - len(kept), tonic, mode, filled)


class _Sheet:
    """Primer and composed bars as notes, picture and performance."""

    def __init__(self, score: Score, head: _Primer | None, bars: int, key: str) -> None:
        self._score, self._head, self._new_bars = score, head, bars
        self.key = key
        self.bars = bars + (head.bars if head else 0)
        self._offset = head.bars * STEPS_PER_BAR if head else 0

    def notes(self, steps: int | None = None) -> list[Note]:
        """All notes, or those of the primer and the first ``steps`` composed steps."""
        pitches, attacks = self._score.grid()
        ours = voices_to_notes(pitches[:steps], attacks[:steps], self._offset)
        return [*(self._head.notes if self._head else ()), *ours]

    def rests(self) -> list[int]:
        """Steps where a phrase comes to rest, as planned."""
        fermatas = self._score.fermatas
        return [t + self._offset for t in np.flatnonzero(fermatas).tolist() if t == 0 or not fermatas[t - 1]]

    def picture(self, steps: int | None = None) -> Image.Image:
        limit = self._offset + (steps if steps is not None else self._new_bars * STEPS_PER_BAR)
        rests = [r for r in self.rests() if r < limit]
        return piano_roll.draw(self.notes(steps), self.bars, title=f"Chorale in {self.key}", rests=rests)

    def preview(self, steps: int = 0) -> Music:
        return Music(audio=_SILENCE, midi=b"", piano_roll=self.picture(steps))

    def performance(self, programs: Sequence[int], tempo: int) -> Performance:
        """A little slower under each fermata, and towards the end."""
        end = self.bars * STEPS_PER_BAR
        slower: list[tuple[int, float]] = []
        for rest in self.rests()[:-1]:
            slower += [(rest, 0.8), (rest + 2, 1.0)]
        slower += [(end - 8, 0.93), (end - 6, 0.86), (end - 4, 0.7)]
        key = self.key.split()[0] + ("m" if self._score.minor else "")
        return Performance(programs=programs, tempo=tempo, slower=slower, key=key)


def voices_to_notes(pitches: NDArray[np.int16], attacks: NDArray[np.bool_], offset: int = 0) -> list[Note]:
    """Notes of the four voices, the grid's first step at ``offset``; strong beats and outer voices a little louder."""
    found = []
    for voice in range(pitches.shape[1]):
        starts = np.flatnonzero(attacks[:, voice])
        for begin, end in zip(starts, np.append(starts, len(pitches))[1:], strict=True):
            accent = 6 if begin % 4 == 0 else 2 if begin % 2 == 0 else -4
            velocity = (84, 70, 70, 78)[voice] + accent
            found.append(
                Note(start=int(begin) + offset, length=int(end - begin), pitch=int(pitches[begin, voice]), voice=voice,
                     velocity=velocity)
            )  # fmt: skip
    return found


def _key_name(tonic: int, mode: Mode) -> str:
    return f"{(_SHARPS if mode == 'major' else _MINORS)[tonic]} {mode}"


def _find(folders: Sequence[Path], member: str) -> Path:
    for folder in folders:
        if (folder / member).exists():
            return folder / member
    raise CheckpointError(
        f"{member} is in none of {', '.join(str(f) for f in folders)}; fetch the model first.",
        f"未找到 {member}，请先下载模型。",
    )
