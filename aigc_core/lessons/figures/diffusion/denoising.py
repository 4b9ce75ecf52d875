"""Our face model at work: what it holds and what it expects, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame
from aigc_core.lessons.figures.diffusion import faces
from aigc_core.lessons.words import Words
from aigc_core.tasks.faces import FaceTrajectoryRequest, Trajectory
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Progress

COLUMNS = 7


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """The way of the face after ``seed`` in ``steps`` steps after the closed form's first."""
    request = FaceTrajectoryRequest(
        model=faces.MODEL, seed=seeds_from(seed + 1, 1)[0], num_inference_steps=int(values["steps"])
    )
    for event in faces.model().stream(request):
        if not isinstance(event, Progress) or not isinstance(event.preview, Trajectory):
            continue
        if event.step % 2 or event.step == event.total:
            yield _frame(event.preview)


def _frame(trajectory: Trajectory) -> Frame:
    steps = trajectory.steps
    count = len(steps)
    shown = (
        sorted({round(i * (count - 1) / (COLUMNS - 2)) for i in range(COLUMNS - 1)})
        if count >= COLUMNS
        else list(range(count))
    )
    figure, axes = plot.canvas(1, COLUMNS, height=2.35)
    for place in axes:
        place.set_axis_off()
    for place, i in zip(axes, shown, strict=False):
        pair = faces.stack([steps[i].noisy, steps[i].denoised])
        plot.picture(place, pair, title=rf"$\sigma$ = {steps[i].sigma:.3g}")
    last = steps[-1].after
    plot.picture(axes[len(shown)], faces.stack([last, last]), title=rf"$\sigma$ = {steps[-1].sigma_next:.3g}")
    now = steps[-1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Step {count}: σ {now.sigma:.3g} → {now.sigma_next:.3g}. Above: the noisy latent, decoded. Below: D(x, σ), the clean face that the network expects there.",
            f"第 {count} 步：σ {now.sigma:.3g} → {now.sigma_next:.3g}。上排：带噪潜变量解码后的样子；下排：D(x, σ)，网络此刻预期的干净人脸。",
        ),
        facts={"steps": float(count), "sigma": now.sigma, "sigma_next": now.sigma_next},
    )
