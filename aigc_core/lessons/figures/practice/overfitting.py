"""Under- and over-fitting live: the curve learned, and the three errors while it learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.training.curve_fit import Config, Points, Step, fit, split, truth
from aigc_core.types import Progress

SHOWN = (20, 100, Config.steps)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Train and show; ``values``: ``features``, ``points``, ``leak`` in [0, 1]."""
    config = Config(
        features=int(values["features"]), points=int(values["points"]), leak=float(values["leak"]), seed=seed
    )
    train, *_ = split(config)
    logged: list[tuple[int, Step]] = []
    for event in fit(config):
        if not isinstance(event, Progress):
            return
        if event.preview is not None:
            logged.append((event.step, event.preview))
        if event.step in SHOWN:
            yield _frame(config, train, logged)


@torch.no_grad()
def _frame(config: Config, train: Points, logged: list[tuple[int, Step]]) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=3.0)
    x = torch.linspace(-1, 1, 300)[:, None]
    left.plot(x, truth(x), color="gray", linestyle="--", linewidth=1.2)
    left.plot(x, logged[-1][1].model(x), color=plot.COLOURS[0])
    left.plot(train.x, train.y, "o", color=plot.COLOURS[1], markersize=4)
    left.set(xlabel="$x$", ylabel="$y$", ylim=(-2.5, 2.5))
    steps = [step for step, _ in logged]
    for i, name in enumerate(("new", "train", "validation")):
        colour = (plot.COLOURS[2], plot.COLOURS[1], plot.COLOURS[3])[i]
        right.loglog(steps, [getattr(seen, name) for _, seen in logged], color=colour)
    right.axhline(config.noise**2, color="gray", linestyle=":", linewidth=1)
    best, at_best = min(logged, key=lambda entry: entry[1].validation)
    right.plot(best, at_best.validation, "o", color=plot.COLOURS[3], markersize=7)
    right.set(xlabel="$t$", ylabel="MSE", xlim=(5, Config.steps), ylim=(1e-3, 5))
    right.set_xticks((5, 20, 100, 400), ("5", "20", "100", "400"))
    right.minorticks_off()
    last = logged[-1][1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"Step {steps[-1]}: error {last.train:.3f} on the training points, {last.validation:.3f} on validation, {last.new:.3f} on new points (noise alone: "
            f"{config.noise**2:.2f}). Validation was best at step {best}, when new points had {at_best.new:.3f}.",
            f"第 {steps[-1]} 步：训练误差 {last.train:.3f}，验证误差 {last.validation:.3f}，新数据误差 {last.new:.3f}（噪声本身为 "
            f"{config.noise**2:.2f}）。验证误差在第 {best} 步最低，当时新数据误差为 {at_best.new:.3f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[1], words=Words("training points and error", "训练点与训练误差")),
            Mark(
                colour=plot.COLOURS[3], words=Words("validation error, its lowest marked", "验证误差（圆点为最低处）")
            ),
            Mark(colour=plot.COLOURS[2], words=Words("error on new points", "新数据上的误差")),
            Mark(colour=plot.COLOURS[0], words=Words("curve learned", "学到的曲线")),
            Mark(colour="gray", words=Words("true curve; noise floor", "真实曲线；噪声下限"), dashed=True),
        ),
        facts={
            "train": last.train,
            "validation": last.validation,
            "new": last.new,
            "best": best,
            "new_at_best": at_best.new,
        },
    )
