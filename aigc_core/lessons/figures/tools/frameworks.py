"""The same VAE trained in PyTorch and in Keras from the same numbers: one curve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import frameworks, plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.frameworks import torch_vae
from aigc_core.lessons.words import Words

FRAMES = 4
OTHER_SEED = 10_000
"""Offset of the seed of Keras's batches and noise where the two frameworks are not to share them."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """``values``: ``steps`` and ``same`` (``all``: weights, batches and noise are shared; ``weights``: only those)."""
    steps = int(values["steps"])
    first = frameworks.weights(seed)
    curves: tuple[list[float], list[float]] = ([], [])
    yield _frame(curves, steps)
    curves[0].extend(torch_vae.train(first, frameworks.batches(seed, steps)))
    yield _frame(curves, steps)

    from aigc_core.lessons.frameworks import keras_vae  # a second or more of importing

    data_seed = seed if values["same"] == "all" else seed + OTHER_SEED
    for i, loss in enumerate(keras_vae.train(first, frameworks.batches(data_seed, steps)), start=1):
        curves[1].append(loss)
        if i % (steps // FRAMES + 1) == 0:
            yield _frame(curves, steps)
    yield _frame(curves, steps)


def _frame(curves: tuple[list[float], list[float]], steps: int) -> Frame:
    figure, axes = plot.canvas()
    for curve, colour, width, line in zip(curves, plot.COLOURS, (4.0, 1.2), ("-", "-"), strict=False):
        axes.plot(np.arange(1, len(curve) + 1), curve, color=colour, linewidth=width, linestyle=line, alpha=0.9)
    axes.set(xlabel="$n$", ylabel=r"$-\mathrm{ELBO}$ [nat]", xlim=(0, steps), ylim=(0, 50))
    pairs = list(zip(*curves, strict=False))
    apart = max((abs(a - b) for a, b in pairs), default=0.0)
    words = Words("PyTorch is done; Keras is next.", "PyTorch 已训练完，接下来是 Keras。")
    if pairs:
        words = Words(
            f"After {len(pairs)} steps: PyTorch {pairs[-1][0]:.3f}, Keras {pairs[-1][1]:.3f} nats; never more than {apart:.2g} apart.",
            f"{len(pairs)} 步后：PyTorch {pairs[-1][0]:.3f}，Keras {pairs[-1][1]:.3f} 奈特；全程最大相差 {apart:.2g}。",
        )
    return Frame(
        svg=plot.svg(figure),
        caption=words,
        legend=(
            Mark(colour=plot.COLOURS[0], words=Words("PyTorch", "PyTorch")),
            Mark(colour=plot.COLOURS[1], words=Words("Keras", "Keras")),
        ),
        facts={"steps": float(len(pairs)), "largest_difference": apart},
    )
