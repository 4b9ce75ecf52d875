"""The training logs of our own GANs, read from their model cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words
from aigc_core.weights import CHECKPOINTS

COLUMNS = {"faces-fastgan-64": ("d_loss", "g_loss"), "faces-gan-128": ("discriminator", "generator")}
"""Names of the discriminators' and the generator's loss on a model's card."""
FRAMES = 4


def read(model: str) -> dict[str, np.ndarray]:
    """The table between the marks ``log`` of a model card, by column; rows in order of ``kimg``, the newest of equals."""
    card = (CHECKPOINTS / model / "README.md").read_text("utf-8")
    table = card.partition("<!-- log -->")[2].partition("<!-- /log -->")[0]
    names, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n") if line)
    numbers = {float(row[0]): [float(cell) for cell in row] for row in rows}
    return dict(zip(names, np.array([numbers[kimg] for kimg in sorted(numbers)]).T, strict=True))


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """Both losses over thousands of pictures seen; ``values``: ``model``."""
    model = values["model"]
    log = read(model)
    kimg, (d, g) = log["kimg"], (log[name] for name in COLUMNS[model])
    for i in range(1, FRAMES + 1):
        shown = -(-len(kimg) * i // FRAMES)
        yield _frame(kimg, d[:shown], g[:shown])


def _frame(kimg: np.ndarray, d: np.ndarray, g: np.ndarray) -> Frame:
    figure, axes = plot.canvas()
    seen = kimg[: len(d)]
    axes.plot(seen, d, "o-", markersize=3, color=plot.COLOURS[4])
    axes.plot(seen, g, "o-", markersize=3, color=plot.COLOURS[1])
    axes.axhline(2, color="#808080", linestyle=":")
    axes.set(xlabel="kimg", ylabel="$L$", xlim=(0, kimg[-1]), ylim=(0, 3.7))
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"After {seen[-1]:.0f} thousand pictures: discriminators {d[-1]:.2f} (2 is guessing), generator {g[-1]:.2f}.",
            f"看过 {seen[-1]:.0f} 千张图片后：判别器损失 {d[-1]:.2f}（2 等于瞎猜），生成器损失 {g[-1]:.2f}。",
        ),
        legend=(
            Mark(colour=plot.COLOURS[4], words=Words("hinge loss of the discriminators", "判别器的合页损失")),
            Mark(colour=plot.COLOURS[1], words=Words("loss of the generator", "生成器的损失")),
            Mark(colour="#808080", words=Words("a discriminator that always says 0", "恒输出 0 的判别器"), dashed=True),
        ),
        facts={"kimg": float(seen[-1]), "d_loss": float(d[-1]), "g_loss": float(g[-1])},
    )
