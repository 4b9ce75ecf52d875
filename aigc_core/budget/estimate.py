"""The estimate of one request, and the refusal of what cannot run here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from statistics import median
from typing import Any

from aigc_core import registry, weights
from aigc_core.budget import figures
from aigc_core.budget.machine import Machine, SameMachine, memory_mb
from aigc_core.budget.observations import InMemory, Observations, observed
from aigc_core.budget.work import amounts, typical_tokens, with_tokens
from aigc_core.errors import InvalidRequestError, UnknownModelError
from aigc_core.tasks.fields import limits
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec

MARGIN = 1.5
"""A request is refused for its time only where it is expected to take so many times what is allowed."""
_SHRINKABLE = ("count", "candidates", "frames", "max_side", "num_inference_steps", "max_new_tokens", "bars", "steps")
"""Fields of which less costs less, in the order in which a smaller value is proposed."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The expected cost of a request on this machine."""

    seconds: float | None
    """Seconds of the model's work; None where nobody has timed its kind."""
    most_s: float | None = None
    """The same if it writes all the tokens that it may: most texts end before. None where chance has no part in the length."""
    load_s: float = 0.0
    """Before that, if the model is not in memory yet."""
    memory_mb: float = 0.0
    """Peak memory; 0 where it is not known."""
    fetch_mb: float = 0.0
    """Weights to fetch first."""


@dataclass(kw_only=True)
class Budget:
    """Estimates on one machine, put right by what runs take."""

    machine: Machine = field(default_factory=SameMachine)
    observations: Observations = field(default_factory=InMemory)
    memory_mb: float = field(default_factory=memory_mb)
    """Memory that this process may use."""

    def estimate(self, request: Request) -> Estimate:
        """The expected cost of a request, which names its row."""
        known, spec = figures.of(request.model, request.kind), _row(request)
        memory = float(spec.memory_mb) if spec is not None else 0.0
        state = weights.state(spec.source) if spec is not None else None
        usual = self._usual(request)
        return Estimate(
            seconds=self._seconds(request if usual is None else usual),
            most_s=None if usual is None else self._seconds(request),
            load_s=known.load_s * self.machine.slowness(known.bound) if known is not None else 0.0,
            memory_mb=known.memory_mb.of(amounts(request)) if known is not None else memory,
            fetch_mb=state.size / 1e6 if state is not None and state.kind == "fetch" else 0.0,
        )

    def took(self, request: Request, seconds: float, info: Mapping[str, Any] | None = None) -> None:
        """Note what a finished run has taken; ``info`` are the facts of its result, which tell how much text it wrote."""
        self.observations.note(observed(request, seconds, info if info is not None else {}))

    def check(self, request: Request, *, deadline_s: float | None = None) -> None:
        """Refuse what needs more memory than there is, or far more time than is allowed.

        Raises:
            InvalidRequestError: names what is needed, the limit, and what would fit.
        """
        cost = self.estimate(request)
        if cost.memory_mb > self.memory_mb:
            proposal = self._proposal(request, lambda smaller: smaller.memory_mb <= self.memory_mb)
            raise InvalidRequestError(
                f"This needs about {_gigabytes(cost.memory_mb)} of memory; there are {_gigabytes(self.memory_mb)}. {proposal[0]}",
                f"约需内存 {_gigabytes(cost.memory_mb)}，可用 {_gigabytes(self.memory_mb)}。{proposal[1]}",
            )
        if deadline_s is not None and cost.seconds is not None and cost.seconds > MARGIN * deadline_s:
            proposal = self._proposal(request, lambda smaller: (smaller.seconds or 0.0) <= deadline_s)
            raise InvalidRequestError(
                f"This would take about {cost.seconds:.0f} s; this server allows {deadline_s:.0f} s. {proposal[0]}",
                f"约需 {cost.seconds:.0f} 秒，本服务器上限为 {deadline_s:.0f} 秒。{proposal[1]}",
            )

    def _seconds(self, request: Request) -> float | None:
        known, expected = figures.of(request.model, request.kind), figures.expected(request)
        ratios = [run.seconds / run.expected for run in self.observations.last(request.model, request.kind)]
        if known is not None:  # the figures count as one run: a first one beside other programs is not the whole truth
            ratios.append(self.machine.slowness(known.bound))
        return expected * median(ratios) if ratios else None

    def _usual(self, request: Request) -> Request | None:
        """The request for the tokens that it will write, most likely; None where that is no matter of chance.

        Texts end by themselves after ``length`` tokens on average: those of the runs seen, and the figures' as of one run more.
        """
        known = figures.of(request.model, request.kind)
        runs = [run for run in self.observations.last(request.model, request.kind) if run.written is not None]
        lengths = [float(run.written or 0) for run in runs]
        ended = sum(run.ended for run in runs)
        if known is not None and known.length is not None:
            lengths, ended = [*lengths, known.length], ended + 1
        if not ended or not hasattr(request, "max_new_tokens"):
            return None
        return with_tokens(request, typical_tokens(sum(lengths) / ended, request.max_new_tokens))

    def _proposal(self, request: Request, fits: Callable[[Estimate], bool]) -> tuple[str, str]:
        """Propose what would fit, in English and Chinese: the largest value of one field, a smaller picture, or other models."""
        for name, smaller in _smaller(request):
            if fits(self.estimate(smaller(_ONE))):
                share = _largest(lambda part, made=smaller: fits(self.estimate(made(part))))  # type: ignore[misc]
                return _named(request, name, smaller(share))
        names = [row.name for row in registry.answering(type(request)) if self._row_fits(request, row, fits)]
        if names:
            return f"Choose one of: {', '.join(names)}.", f"可改用：{'、'.join(names)}。"
        return "No model of this task fits here.", "本任务没有适合此机器的模型。"

    def _row_fits(self, request: Request, row: ModelSpec, fits: Callable[[Estimate], bool]) -> bool:
        cost = self.estimate(replace(request, model=row.name))
        return row.name != request.model and cost.seconds is not None and fits(cost)


_ONE = 0.0
_HALVINGS = 12


def _largest(fits: Callable[[float], bool]) -> float:
    """The largest share in [0, 1] that fits, of those that halving finds; 0 does."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _smaller(request: Request) -> Iterator[tuple[str, Callable[[float], Request]]]:
    """Ways to ask for less: the field's name, and the request with a share of it, from its least value (0) to the given (1)."""
    names = {f.name for f in fields(request)}
    for name in _SHRINKABLE:
        value = getattr(request, name, None) if name in names else None
        least = int(limits(type(request), name).minimum or 0) if name in names else 0
        if isinstance(value, int) and value > least:
            yield (
                name,
                lambda share, name=name, least=least, value=value: replace(  # type: ignore[misc]
                    request, **{name: least + int(share * (value - least))}
                ),
            )
    if "image" in names:
        yield "image", lambda share: _with_picture(request, share)


def _with_picture(request: Any, share: float) -> Request:
    """The request with blank pictures of a share of the sides."""
    from PIL import Image

    def blank(picture: Image.Image) -> Image.Image:
        return Image.new("1", (max(1, int(picture.width * share)), max(1, int(picture.height * share))), 1)

    pictures = [name for name in ("image", "mask") if isinstance(getattr(request, name, None), Image.Image)]
    made: Request = replace(request, **{name: blank(getattr(request, name)) for name in pictures})
    return made


def _named(request: Request, name: str, fitting: Any) -> tuple[str, str]:
    if name == "image":
        width, height = fitting.image.size
        return f"A picture of {width}×{height} would fit.", f"{width}×{height} 以内的图片可以。"
    value, label = getattr(fitting, name), limits(type(request), name).label_zh
    return f"{name} {value} would fit.", f"{label}（{name}）不超过 {value} 即可。"


def _gigabytes(megabytes: float) -> str:
    return f"{megabytes / 1000:.1f} GB"


def _row(request: Request) -> ModelSpec | None:
    try:
        return registry.find(request.model, request.task)
    except UnknownModelError:
        return None
