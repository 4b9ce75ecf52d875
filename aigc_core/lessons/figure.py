"""Live figures: what a row declares (light to import) and what its code yields.

A row of ``catalog/<topic>.py``::

    KL = FigureRow(
        name="gaussian-kl",
        title=Words("KL divergence: formula and sampling", "KL 散度：公式与采样"),
        target="aigc_core.lessons.figures.vae.gaussian_kl:frames",
        controls={"mean": Slider(label=Words("mean μ", "均值 μ"), minimum=-3, maximum=3, default=1.0, step=0.1)},
    )

and the generator it names, called as ``frames(values, seed)``, where ``values`` has one entry per control::

    def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
        ...
        yield Frame(svg=plot.svg(figure), caption=Words(f"KL = {kl:.3f} nats", f"KL = {kl:.3f} 奈特"), facts={"kl": kl})

Every frame but the last is a preview. The same values and seed give the same bytes. The first frame comes within a second,
the last within three, on two cores. Words stand in ``caption`` and ``legend``; the picture itself carries symbols and numbers
only, so that one picture serves both languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from aigc_core.lessons.words import Words

if TYPE_CHECKING:
    from aigc_core.tasks.audio import Audio


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A number; whole where ``step`` is a whole number and so are the bounds."""

    label: Words
    minimum: float
    maximum: float
    default: float
    step: float = 1


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of ``options`` (stable keys → what is shown)."""

    label: Words
    options: Mapping[str, Words]
    default: str


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A short text that the reader types, of at most ``maximum`` characters."""

    label: Words
    default: str
    maximum: int = 200


Control = Slider | Choice | Sentence


@dataclass(frozen=True, kw_only=True)
class FigureRow:
    """The description of a figure, which is read before its code is imported."""

    name: str
    """Lower case, words joined by ``-``; what lessons and recipes call it."""
    title: Words
    target: str
    """``package.module:function`` of the generator; see :class:`Frames`."""
    controls: Mapping[str, Control] = field(default_factory=dict)
    """One or two, rarely three; their names are the keys of ``values``."""
    seeded: bool = True
    """Whether the seed changes anything; a seed control is shown only then."""
    timed: bool = False
    """Whether it measures this machine, so that no two runs give the same bytes."""
    shows_words: bool = False
    """Whether words stand in its picture because it is about them: tokens, sentences. All others carry symbols alone."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """An entry of a legend; ``colour`` is one of :data:`aigc_core.lessons.plot.COLOURS` or any CSS colour."""

    colour: str
    words: Words
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A state of a figure, as far as it has got."""

    svg: str
    """From :func:`aigc_core.lessons.plot.svg`."""
    caption: Words
    """One or two sentences with the numbers that matter now (plain text)."""
    legend: tuple[Mark, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    """The numbers of the caption, for the recipe and the tests."""
    audio: Audio | None = None
    """Sound to play beside the picture, where the figure is about sound."""


class Frames(Protocol):
    """The signature of a figure's generator."""

    def __call__(self, values: Mapping[str, Any], seed: int) -> Iterator[Frame]: ...
