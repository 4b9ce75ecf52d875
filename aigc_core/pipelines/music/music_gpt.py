"""Music from our transformer over event tokens, as MIDI, sound and picture.

The tokens are :mod:`aigc_core.tokenizers.music_tokens`, the loop is :mod:`aigc_core.sampling.music.events`, the network
:mod:`aigc_core.models.gpt`, decoded through :mod:`aigc_core.models.llama` with a KV cache.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core import checkpoint, runtime, weights
from aigc_core.errors import InvalidRequestError
from aigc_core.media import midi, notes, piano_roll, synth
from aigc_core.media.notes import Performance
from aigc_core.models.llama import Cache, Llama, LlamaConfig
from aigc_core.sampling.music import events, lines, primer
from aigc_core.sampling.music.events import (
    DENSITY_SLOT,
    KEY_SLOT,
    LAYOUT_SLOT,
    METRE_SLOT,
    STYLE_SLOT,
    TEMPO_SLOT,
    Grammar,
)
from aigc_core.sampling.text.tokens import Sampling
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.compose import KEYS, ComposeRequest, Music
from aigc_core.tokenizers import music_tokens
from aigc_core.tokenizers.music_tokens import STEPS_PER_BEAT, STYLES, VOICES, VOICES_OF, Header, Note
from aigc_core.types import Events, ModelSpec, Progress, Result

PRIMER_BARS = 8
"""Bars kept of a longer primer: its last ones of a beginning, its first ``bars`` of a melody."""
CHORALE_TEMPO = 90
"""The data know no other for chorales; at what tempo they are played is another matter."""
_PREVIEWS = 24
_SILENCE = Audio(samples=np.zeros(0, np.float32), sample_rate=synth.SAMPLE_RATE)
_LOUDNESS = {"soprano": 84, "alto": 70, "tenor": 70, "bass": 78, "melody": 96, "bridge": 78, "piano": 66}
"""MIDI velocities on weak beats."""


class MusicGPT:
    """``settings``: ``soundfont`` (file), ``soundfont_source`` (its package), ``programs`` (instrument → MIDI programs)."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self.spec = spec
        self._config = LlamaConfig.from_json(json.loads((folders[0] / "config.json").read_text("utf-8")))
        self._network = Llama(self._config, checkpoint.load_state(folders[0]), runtime.device())

    @torch.inference_mode()
    def stream(self, request: ComposeRequest) -> Events:
        """One event a token; previews are the picture so far, with empty sound."""
        plan = _Plan.of(request)
        grammar = Grammar(plan.bars, plan.wanted)
        generator = torch.Generator().manual_seed(request.seed)
        sampling = Sampling(temperature=request.temperature)
        writing = events.write(
            self._step(), grammar, sampling, generator, window=self._config.max_position_embeddings,
            given=plan.melody_in if plan.melody else None, beginning=plan.beginning, begun=plan.begun,
        )  # fmt: skip
        shown, stride = 0, -(-plan.bars // _PREVIEWS)
        for bar in writing:
            fresh = bar >= shown + stride
            shown = bar if fresh else shown
            preview = Music(audio=_SILENCE, midi=b"", piano_roll=_picture(grammar, plan.bars)) if fresh else None
            yield Progress(step=max(0, bar - plan.begun), total=request.bars, preview=preview)
        instrument = request.instrument or next(iter(self.spec.settings["programs"]))
        file = _midi(grammar, plan.bars, self.spec.settings["programs"][instrument], request.tempo)
        packages = yield from weights.ensure(self.spec.settings["soundfont_source"])
        rendering = synth.render(file, packages[0] / self.spec.settings["soundfont"])
        while True:
            try:
                done = next(rendering)
            except StopIteration as finished:
                audio = finished.value
                break
            yield Progress(step=request.bars, total=request.bars, message=f"sound {done:.0%}")
        header = grammar.header
        info = {"key": KEYS[header.tonic + 12 * (header.mode == "minor")], "bars": plan.bars, "style": header.style,
                "notes": len(grammar.reader.notes), "tokens": len(grammar.ids), "instrument": instrument}  # fmt: skip
        if plan.begun:
            info["primer_bars"] = plan.begun
        yield Result(output=Music(audio=audio, midi=file, piano_roll=_picture(grammar, plan.bars)), info=info)

    def _step(self) -> events.Step:
        """Read tokens on top of a cache of this request's own."""
        caches: list[Cache] = []

        def step(ids: Sequence[int], fresh: bool) -> Tensor:
            if fresh:
                caches[:] = [self._network.cache(self._config.max_position_embeddings)]
            return self._network(torch.tensor(ids), caches[0])[: music_tokens.VOCABULARY].cpu()

        return step


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """A request in terms of tokens."""

    bars: int
    """Length of the whole piece, primer included."""
    wanted: dict[int, int]
    melody: tuple[Note, ...] = ()
    beginning: tuple[Note, ...] = ()
    begun: int = 0

    @classmethod
    def of(cls, request: ComposeRequest) -> _Plan:
        style = request.style or STYLES[0]
        found = _primer(request) if request.primer is not None else None
        tempo = CHORALE_TEMPO if style == "chorale" else request.tempo
        tonic, mode = found.key if found else (0, "major")
        asked = KEYS.index(request.key) if request.key else None
        header = Header(
            style=style, metre=4, tonic=tonic if asked is None else asked % 12, tempo=tempo, density=0,
            mode=mode if asked is None else "minor" if asked >= 12 else "major",  # type: ignore[arg-type]
            lead=request.primer_as == "melody" and found is not None,
        )  # fmt: skip
        left_open = {0, DENSITY_SLOT} | ({KEY_SLOT} if found is None and asked is None else set())
        tokens = enumerate(header.tokens())
        slots = (STYLE_SLOT, METRE_SLOT, KEY_SLOT, TEMPO_SLOT, LAYOUT_SLOT)
        wanted = {place: token for place, token in tokens if place in slots and place not in left_open}
        if found is None:
            return cls(bars=request.bars, wanted=wanted)
        if request.primer_as == "melody":
            tune = tuple(n for n in lines.melody(found.notes, style) if n.start < request.bars * header.bar)
            bars = min(request.bars, 1 + tune[-1].start // header.bar)
            return cls(bars=bars, wanted=wanted, melody=tune)
        beginning = tuple(lines.voices(found.notes, style))
        begun = 1 + beginning[-1].start // header.bar
        return cls(bars=begun + request.bars, wanted=wanted, beginning=beginning, begun=begun)

    def melody_in(self, bar: int) -> list[Note]:
        """The melody's notes that begin in a bar."""
        return [n for n in self.melody if n.start // (4 * STEPS_PER_BEAT) == bar]


class _Primer(NamedTuple):
    notes: list[Note]
    key: tuple[int, str]


def _primer(request: ComposeRequest) -> _Primer:
    """A MIDI file in sixteenths, of a beginning its last bars, and its key.

    Raises:
        InvalidRequestError: see :func:`aigc_core.media.midi.parse`; or only percussion.
    """
    assert request.primer is not None
    found = notes.read(midi.parse(request.primer), STEPS_PER_BEAT)
    if not found:
        raise InvalidRequestError(
            "The primer holds percussion only; it needs at least one note with a pitch.",
            "引子只有打击乐，至少需要一个有音高的音符。",
        )
    bar = 4 * STEPS_PER_BEAT
    cut = max(0, found[-1].start // bar + 1 - PRIMER_BARS) * bar if request.primer_as == "beginning" else 0
    low, high = music_tokens.LOWEST, music_tokens.HIGHEST
    kept = [Note(n.start - cut, 0, n.pitch, n.length) for n in found if n.start >= cut and low <= n.pitch <= high]
    if not kept:
        raise InvalidRequestError(
            f"The primer has no note between MIDI pitches {low} and {high}, a piano's keys.",
            f"引子中没有音高在 {low} 到 {high}（钢琴音域）之间的音符。",
        )
    return _Primer(kept, primer.key([primer.Sounding(n.start, n.length, n.pitch) for n in kept]))


def _played(grammar: Grammar) -> list[notes.Note]:
    """The notes so far for MIDI and picture; the first beat of a bar a little louder."""
    first = VOICES_OF[grammar.header.style][0]
    return [
        notes.Note(
            start=n.start, length=n.length, pitch=n.pitch, voice=n.voice - first,
            velocity=_LOUDNESS[VOICES[n.voice]] + 6 * (n.start % grammar.reader.bar == 0),
        )
        for n in grammar.reader.notes
    ]  # fmt: skip


def _names(grammar: Grammar) -> list[str]:
    return [VOICES[voice].capitalize() for voice in VOICES_OF[grammar.header.style]]


def _picture(grammar: Grammar, bars: int) -> Image.Image:
    header = grammar.header
    title = f"{header.style.capitalize()} in {KEYS[header.tonic + 12 * (header.mode == 'minor')]}"
    return piano_roll.draw(
        _played(grammar), bars, title=title, names=_names(grammar), beat=STEPS_PER_BEAT, metre=header.metre
    )


def _midi(grammar: Grammar, bars: int, programs: Sequence[int], tempo: int) -> bytes:
    """The piece as a MIDI file; a chorale slows down towards its end."""
    header, end = grammar.header, bars * grammar.reader.bar
    slower = [(end - 16, 0.93), (end - 12, 0.86), (end - 8, 0.7)] if header.style == "chorale" and bars > 1 else []
    tonic, mode = KEYS[header.tonic + 12 * (header.mode == "minor")].split()
    performance = Performance(
        programs=programs, tempo=tempo, slower=slower, key=tonic + ("m" if mode == "minor" else ""),
        step=notes.TICKS * 2 // STEPS_PER_BEAT, metre=header.metre, names=_names(grammar),
    )  # fmt: skip
    return notes.write(_played(grammar), performance)
