"""A training that blows up, and what the two guards, clipping and the check for NaN, make of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.training.tiny_vae import Config, Step, train
from aigc_core.types import Progress

STEPS = 200
SHOWN = (20, STEPS)


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Train by plain gradient descent; ``values``: ``lr`` (log10), ``clip`` (``off`` or a norm)."""
    lr, clip = 10 ** float(values["lr"]), values["clip"]
    config = Config(optimizer="sgd", lr=lr, clip=None if clip == "off" else float(clip), steps=STEPS, seed=seed)
    logged: list[Step] = []
    try:
        for event in train(config):
            if not isinstance(event, Progress):
                return
            logged.append(event.preview)
            if event.step in SHOWN:
                yield _frame(logged, lr, stopped="")
    except FloatingPointError as error:
        yield _frame(logged, lr, stopped=str(error))


def _frame(logged: list[Step], lr: float, stopped: str) -> Frame:
    figure, (left, right) = plot.canvas(1, 2, height=2.9)
    steps = np.arange(1, len(logged) + 1)
    losses = [min(s.distortion + s.rate, 1e12) for s in logged]
    left.semilogy(steps, losses, color=plot.COLOURS[0])
    right.semilogy(steps, [min(s.gradient, 1e12) for s in logged], color=plot.COLOURS[1])
    for axes, label in ((left, "$L$ [nat]"), (right, r"$|\nabla L|$")):
        axes.set(xlabel="$t$", ylabel=label, xlim=(0, STEPS), ylim=(1, 1e6))
        if stopped:
            axes.axvline(len(logged) + 1, color=plot.COLOURS[3], linestyle="--")
    last = losses[-1] if losses else math.nan
    ending = stopped or f"step {len(logged)}, loss {last:.2f} nats"
    ending_zh = (
        f"第 {len(logged) + 1} 步的损失不再是有限的数，训练停止"
        if stopped
        else f"第 {len(logged)} 步，损失 {last:.2f} 奈特"
    )
    return Frame(
        svg=plot.svg(figure),
        caption=Words(f"η = {lr:.3g}: {ending}.", f"η = {lr:.3g}：{ending_zh}。"),
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("loss", "损失")),
            Mark(colour=plot.COLOURS[1], words=Words("norm of the gradient before clipping", "裁剪前的梯度范数")),
            Mark(colour=plot.COLOURS[3], words=Words("stopped: not finite", "停止：出现非有限值"), dashed=True),
        ),
        facts={"lr": lr, "loss": last, "steps": len(logged), "diverged": float(bool(stopped))},
    )
