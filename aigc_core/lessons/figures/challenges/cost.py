"""The cost of one picture, one sentence and one summary on this machine: seconds of a core, estimated joules, bytes of weights."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from aigc_core import registry, weights
from aigc_core.engine import Engine, drain
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.summarize import SummarizeRequest

_ARTICLE = (
    "We present a small network that learns to draw faces from a few thousand pictures. It first learns to compress each picture "
    "into a few numbers, and then to turn random numbers into pictures that a second network cannot tell from photographs."
)


class Job(NamedTuple):
    """Something to make, and what one of it is called."""

    words: Words
    request: Request


class Cost(NamedTuple):
    """The cost of one job: seconds on the clock, seconds of processor time over all cores, megabytes of weights read."""

    seconds: float
    cpu_seconds: float
    megabytes: float


def jobs(seed: int) -> list[Job]:
    """One request for each of our own models that answers within a second."""
    opening = "Once upon a time"
    return [
        Job(
            Words("a face (VAE, 64 px)", "一张人脸（VAE，64 像素）"),
            FacesRequest(model="faces-vae-64", count=1, seed=seed),
        ),
        Job(
            Words("a face (GAN, 128 px)", "一张人脸（GAN，128 像素）"),
            FacesRequest(model="faces-gan-128", count=1, seed=seed),
        ),
        Job(
            Words("a face (diffusion, 6 steps)", "一张人脸（扩散，6 步）"),
            FacesRequest(model="faces-diffusion-128", count=1, seed=seed),
        ),
        Job(
            Words("a sentence of 20 tokens (GPT)", "20 个 token 的句子（GPT）"),
            ContinueTextRequest(model="text-gpt-en", prompt=opening, max_new_tokens=20, seed=seed),
        ),
        Job(
            Words("a headline (summarizer)", "一个标题（摘要模型）"),
            SummarizeRequest(model="summarize-pointer-en", text=_ARTICLE),
        ),
    ]


@cache
def _engine() -> Engine:
    return Engine(max_loaded=8)


def measure(request: Request) -> Cost:
    """Run a request on a model that is loaded already."""
    began = time.process_time()
    result = drain(_engine().run(request))
    source = registry.find(request.model).source
    files = weights.CHECKPOINTS / source.folder if hasattr(source, "folder") else None
    size = sum(file.stat().st_size for file in files.rglob("*.safetensors")) if files else 0
    return Cost(result.seconds, time.process_time() - began, size / 1e6)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``watts`` that one busy core is taken to draw, with its share of the machine."""
    watts = float(values["watts"])
    made: list[tuple[Job, Cost]] = []
    for job in jobs(seed):
        drain(_engine().run(job.request))  # loading is not part of it
        made.append((job, measure(job.request)))
        yield _frame(made, watts)


def _frame(made: list[tuple[Job, Cost]], watts: float) -> Frame:
    joules = [cost.cpu_seconds * watts for _, cost in made]
    figure, axes = plot.canvas(height=0.7 + 0.42 * len(made))
    colours = [plot.COLOURS[i % len(plot.COLOURS)] for i in range(len(made))]
    axes.barh(range(len(made)), joules, color=colours)
    for i, (_, cost) in enumerate(made):
        axes.text(
            joules[i],
            i,
            f"  {joules[i]:.2g} J · {cost.seconds:.2g} s · {cost.megabytes:.1f} MB",
            va="center",
            fontsize=8,
        )
    axes.invert_yaxis()
    axes.set(xlabel="J", yticks=[], xlim=(0, 1.45 * max(*joules, 1e-6)))
    dearest = max(range(len(made)), key=joules.__getitem__)
    kettle = 230_000 / max(joules[dearest], 1e-9)  # 0.7 litres from 20 to 100 °C
    name = made[dearest][0].words
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"The dearest so far: {name.en}, {joules[dearest]:.2g} J at {watts:g} W a core; the energy that boils 0.7 litres of water makes about {kettle:,.0f} of them. Training is not counted.",
            f"目前最贵的是{name.zh}：按每核 {watts:g} 瓦估算约 {joules[dearest]:.2g} 焦；烧开 0.7 升水的能量大约可以生成 {kettle:,.0f} 个。未计入训练。",
        ),
        legend=tuple(Mark(colour=colour, words=job.words) for colour, (job, _) in zip(colours, made, strict=True)),
        facts={"joules": joules[dearest], "seconds": made[dearest][1].seconds},
    )
