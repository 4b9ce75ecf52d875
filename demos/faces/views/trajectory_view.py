"""One face's way out of noise as HTML: the pictures of a step and the latent that the model works on, a slider, a strip of all steps, the level's curve.

Everything of a run comes at once: the pictures of all steps in one sheet, the lines of the sampler that a step left out.
The script moves between steps without asking the server.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable

from PIL import Image

from aigc_core.tasks.faces import Trajectory, TrajectoryStep
from demos.ui import source as source_text
from demos.ui.contact_sheet import address
from demos.ui.i18n import bilingual, both

SAMPLERS = "aigc_core/sampling/diffusion/samplers.py"
LATENT_ROW = 3
CONDITIONS: dict[str, Callable[[int, float], bool]] = {
    "after > 0": lambda i, after: after > 0,
    "before is not None and after > 0": lambda i, after: i > 0 and after > 0,
    "rngs is not None and gamma > 0": lambda i, after: False,
    "rngs is not None and up > 0": lambda i, after: False,
    "eta > 0 and rngs is None": lambda i, after: False,
    "churn.amount > 0 and rngs is None": lambda i, after: False,
}
"""Whether an ``if`` of a sampler's source holds in step ``i`` to level ``after``; the pipelines neither churn nor use η."""


def sheet(walk: Trajectory) -> Image.Image:
    """Rows: those of :func:`pictures`; columns: steps."""
    side = walk.steps[0].noisy.width
    columns = [pictures(step) for step in walk.steps]
    made = Image.new("RGB", (side * len(columns), side * len(columns[0])))
    for i, column in enumerate(columns):
        for row, picture in enumerate(column):
            made.paste(picture, (i * side, row * side))
    return made


def pictures(step: TrajectoryStep) -> list[Image.Image]:
    """x, D, the next x and, of a latent model, the latent itself; all of the same size."""
    shown = [step.noisy, step.denoised, step.after]
    if step.latent is not None:
        shown.append(step.latent.resize(step.noisy.size, Image.Resampling.NEAREST))
    return shown


def levels(walk: Trajectory) -> list[tuple[float, float]]:
    return [(step.sigma, step.sigma_next) for step in walk.steps]


def formulas(walk: Trajectory) -> str:
    """Markdown: one display formula a paragraph, in the order of the steps."""
    return "\n\n".join(f"$${step.formula}$$" for step in walk.steps)


def code(sampler: str, teleported: bool = True) -> str:
    """The sampler's own lines, below those of the closed form that takes the first step."""
    functions = [source_text.function(SAMPLERS, name) for name in (["teleport"] * teleported + [sampler])]
    return "".join(map(source_text.view, functions))


def held(i: int, after: float) -> list[str]:
    """The conditions of the samplers' sources that hold in one step."""
    return [test for test, holds in CONDITIONS.items() if holds(i, after)]


def left_out(walk: Trajectory) -> list[list[int]]:
    """The numbers of the lines that each step did not run."""
    source, closed = (source_text.function(SAMPLERS, name) for name in (walk.sampler, "teleport"))
    first = int(walk.teleported)
    skipped = [source_text.all_lines(source)] * first
    for i, (_, after) in enumerate(levels(walk)[first:]):
        lines = source_text.skipped(source, held(i, after))
        skipped.append(lines + source_text.all_lines(closed) * first)
    return skipped


def live(walk: Trajectory, total: int | None) -> str:
    """The newest step of a run under way."""
    step = walk.steps[-1]
    number = step.i + first_number(walk)
    now = f"{number} / {total}" if total else f"{number}"
    shown = _pictures(f'<b class="tj-now">{now}</b>', step, live=True)
    return f'<div class="tj tj-live">{shown}{_sigma(step.sigma, step.sigma_next)}</div>'


def view(walk: Trajectory) -> str:
    """The finished run."""
    count, side = len(walk.steps), walk.steps[0].noisy.width
    first = first_number(walk)
    last = first + count - 1
    data = html.escape(json.dumps({"levels": levels(walk), "skipped": left_out(walk), "side": side, "first": first}))
    label = bilingual("Step of the sampler", "采样步")
    bar = (
        f'<div class="tj-bar"><button type="button" class="tj-play" aria-label="{bilingual("Play", "播放")}">▶</button>'
        f'<input type="range" min="{first}" max="{last}" value="{first}" aria-label="{label}">'
        f'<b class="tj-now">{first} / {last}</b></div>'
    )
    strip = f'<div class="tj-strip"><img alt="" src="{address(sheet(walk))}"><i></i></div>'
    hint = both(
        "All steps: click one, or use the arrow keys on the slider.", "全部采样步：点击任意一步，或在滑块上使用方向键。"
    )
    return (
        f'<div class="tj" data-walk="{data}">{bar}{_pictures("", walk.steps[0])}{_sigma(*levels(walk)[0])}{_curve(walk)}'
        f'<p class="tj-hint">{hint}</p>{strip}</div>'
    )


def first_number(walk: Trajectory) -> int:
    """The number of the first step: the closed form is none of the sampler's steps and counts as 0."""
    return 0 if walk.teleported else 1


def _pictures(note: str, step: TrajectoryStep, live: bool = False) -> str:
    """The figures of a step; on a finished run the script paints them, the latent in hard squares."""
    decoded = both(", decoded", "，已解码") if step.latent is not None else ""
    names = (
        ("x", both("now, at noise σ", "当前，噪声 σ") + decoded),
        ("D(x, σ)", both("clean picture predicted", "预测的干净图像")),
        ("x′", both("next, at noise σ′", "下一步，噪声 σ′") + decoded),
        ("x", both("as it is: the latent, a map per channel", "潜变量 x 本身，每个通道一格")),
    )
    figures = ""
    for row, picture in enumerate(pictures(step)):
        symbol, words = names[row]
        kind = ' class="tj-latent"' if row == LATENT_ROW else ""
        inside = f'<img alt=""{kind} src="{address(picture)}">' if live else f'<canvas{kind} data-row="{row}"></canvas>'
        figures += f"<figure>{inside}<figcaption><b>{symbol}</b> {words}</figcaption></figure>"
    return f'{note}<div class="tj-pictures" style="--n: {row + 1}">{figures}</div>'


def _sigma(sigma: float, after: float) -> str:
    return (
        f'<p class="tj-sigma">σ = <b class="tj-s">{_number(sigma)}</b> → σ′ = <b class="tj-a">{_number(after)}</b></p>'
    )


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _curve(walk: Trajectory) -> str:
    """σ over the steps, logarithmic; the last next level, 0, is off the scale."""
    logs = [math.log10(max(step.sigma, 1e-6)) for step in walk.steps]
    high, low = max(logs), min(logs)
    span = (high - low) or 1.0
    points = [((i + 0.5) / len(logs) * 100, 4 + (high - value) / span * 32) for i, value in enumerate(logs)]
    line = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    count = len(walk.steps) - 1 + first_number(walk)
    first, last, after = (
        _number(value) for value in (walk.steps[0].sigma, walk.steps[-1].sigma, walk.steps[-1].sigma_next)
    )
    closed = (", step 0 in closed form", "，第 0 步为闭式解") if walk.teleported else ("", "")
    name = both(
        f"Noise level σ of {count} steps, logarithmic{closed[0]}: {first} … {last} → {after}",
        f"{count} 步的噪声水平 σ（对数坐标{closed[1]}）：{first} … {last} → {after}",
    )
    return (
        f'<p class="tj-hint">{name}</p><div class="tj-curve"><svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline points="{line}"/></svg><i></i></div>'
    )
