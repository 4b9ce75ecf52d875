"""A tune written by an n-gram model of tunes: a piano roll, and the probabilities of the note that comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.media import tones
from aigc_core.models.ngram import Context, NGram
from aigc_core.sampling.music.chords import pick
from aigc_core.sampling.music.tunes import SCALE, tune
from aigc_core.tasks.audio import Audio

TUNES = 60
NOTES = 32
SECONDS = 0.22
"""Length of a note."""
FRAMES = 6
NAMES = ("C4", "D4", "E4", "G4", "A4", "C5", "D5", "E5", "G5")


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """A few notes more a frame; ``values``: ``order`` (notes looked at, the next included), ``temperature``."""
    order, temperature = int(values["order"]), float(values["temperature"])
    model, rng = _model(order), np.random.default_rng(seed)
    notes: list[int] = []
    stops = set(np.linspace(1, NOTES, FRAMES).round().astype(int).tolist())
    while len(notes) < NOTES:
        p = model.probabilities(contexts(notes, order))
        chosen = pick(p, temperature, rng)
        assert chosen is not None
        notes.append(chosen)
        if len(notes) in stops:
            yield _frame(notes, p, order)


@cache
def _model(order: int) -> NGram:
    return NGram.fit(_events(_tunes(0), order), len(SCALE))


@cache
def _bits(order: int) -> tuple[float, float]:
    """Bits a note on the tunes that were counted, and on new ones."""
    counted, new = (_model(order).bits(_events(_tunes(seed), order)) for seed in (0, 1))
    return counted, new


def _tunes(seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [tune(rng) for _ in range(TUNES)]


def _events(tunes: list[list[int]], order: int) -> Iterator[tuple[list[Context], int]]:
    return ((contexts(notes[:i], order), notes[i]) for notes in tunes for i in range(len(notes)))


def contexts(before: Sequence[int], order: int) -> list[Context]:
    """The last n − 1 notes, then fewer and fewer; −1 stands before the first."""
    padded = [*[-1] * (order - 1), *before]
    return [tuple(padded[len(padded) - n :]) for n in range(order - 1, -1, -1)]


def _frame(notes: list[int], p: NDArray[np.float64], order: int) -> Frame:
    figure, (roll, chances) = plot.canvas(1, 2, height=3.2, width_ratios=[3, 1], sharey=True)
    _roll(roll, notes)
    places = np.arange(len(SCALE))
    colours = [plot.COLOURS[1] if place == notes[-1] else plot.COLOURS[0] for place in places]
    chances.barh(places, p, color=colours)
    chances.set(xlabel="$p$", xlim=(0, 1))
    counted, new = _bits(order)
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Note {len(notes)} of {NOTES}: {NAMES[notes[-1]]}, drawn with p = {p[notes[-1]]:.2f}. Looking {order - 1} notes "
            f"back the model needs {counted:.2f} bits a note on the tunes it counted, {new:.2f} on new ones.",
            f"第 {len(notes)}/{NOTES} 个音：{NAMES[notes[-1]]}，概率 {p[notes[-1]]:.2f}。模型只看前 {order - 1} 个音，"
            f"在统计过的曲子上每个音 {counted:.2f} 比特，在新曲子上 {new:.2f} 比特。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("probability of the note", "各音的概率")),
            Mark(colour=plot.COLOURS[1], words=Words("the note drawn", "抽到的音")),
        ),
        facts={"p": float(p[notes[-1]]), "counted": counted, "new": new},
        audio=Audio(samples=tones.plucked([SCALE[n] for n in notes], SECONDS), sample_rate=tones.SAMPLE_RATE),
    )


def _roll(axes: Axes, notes: list[int]) -> None:
    last = len(notes) - 1
    colours = [plot.COLOURS[0]] * last + [plot.COLOURS[1]]
    axes.barh(notes, [0.9] * len(notes), left=np.arange(len(notes)), height=0.75, color=colours)
    for bar in range(0, NOTES + 1, 8):
        axes.axvline(bar - 0.05, color="#8a90a0", linewidth=0.6)
    axes.set(xlim=(-0.1, NOTES), ylim=(-0.6, len(SCALE) - 0.4), yticks=range(len(SCALE)), xlabel="$t$")
    axes.set_yticklabels(NAMES)
