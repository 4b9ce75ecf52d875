"""A student learns to do in one call what its teacher does in forty steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.diffusion import toys
from aigc_core.lessons.words import Words
from aigc_core.models import gaussian_mixture
from aigc_core.models.point_net import PointNet
from aigc_core.sampling.diffusion import flow
from aigc_core.sampling.diffusion.schedules import flow_times
from aigc_core.training import points
from aigc_core.training.points import Config

DATA = gaussian_mixture.moons()
POINTS = 300
FINE = 40
TEACHER_STEPS = (1, 2, 4, 8)
FRAMES = 4


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``pairs`` of noise and sample are what the student learns from, ``steps`` how long."""
    teacher = flow.velocity_of(DATA)
    noise = toys.noise(int(values["pairs"]), seed + 1)
    samples = flow.last(flow.euler(teacher, noise, flow_times(FINE)))
    start = toys.noise(POINTS, seed)  # noise that the student has not seen
    ends = flow.last(flow.euler(teacher, start, flow_times(FINE)))
    coarse = {n: _missed(flow.last(flow.euler(teacher, start, flow_times(n))), ends) for n in TEACHER_STEPS}
    config = Config(steps=int(values["steps"]), seed=seed)
    student = points.untrained_student(config)
    stops = set(np.linspace(config.steps / FRAMES, config.steps, FRAMES).round().astype(int).tolist())
    seen: dict[int, float] = {}
    for step, _ in enumerate(points.distilled(noise, samples, config, student), 1):
        if step in stops:
            yield _frame(student, start, ends, coarse, seen, step)


def _missed(found: Tensor, ends: Tensor) -> float:
    return float((found - ends).norm(dim=1).mean())


@torch.no_grad()
def _frame(
    student: PointNet, start: Tensor, ends: Tensor, coarse: Mapping[int, float], seen: dict[int, float], step: int
) -> Frame:
    made = student(start.float(), torch.zeros(len(start))).double()
    seen[step] = _missed(made, ends)
    figure, (left, right) = plot.canvas(1, 2, height=3.3)
    toys.density(left, DATA, 0.0)
    toys.dots(left, made, size=7)
    right.plot(list(seen), list(seen.values()), "o-", color=plot.COLOURS[0], markersize=4)
    for colour, error in zip(plot.COLOURS[1:], coarse.values(), strict=False):
        right.axhline(error, color=colour, linestyle="--", linewidth=1)
    right.set(xlabel="$k$", yscale="log", ylim=(0.02, 2))
    listed = ", ".join(f"{n}: {error:.3f}" for n, error in coarse.items())
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {step} steps of learning, one call of the student ends {seen[step]:.3f} from the teacher's {FINE} steps. The teacher itself in few steps: {listed}.",
            f"学习 {step} 步后，学生一次调用的结果与教师 {FINE} 步的终点平均相距 {seen[step]:.3f}。教师自己只走少数几步时：{listed}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("student, one call", "学生，一次调用")),
            *(
                Mark(colour=c, words=Words(f"teacher, {n} steps", f"教师，{n} 步"), dashed=True)
                for c, n in zip(plot.COLOURS[1:], coarse, strict=False)
            ),
        ),
        facts={"student": seen[step]} | {f"teacher {n}": error for n, error in coarse.items()},
    )
