"""One face's way out of noise as HTML: three pictures a step, a slider, a strip of all steps, the level's curve.

Everything of a run comes at once: the pictures of all steps in one sheet, the lines of the sampler that a step left out.
The script moves between steps without asking the server.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable

from PIL import Image

from aigc_core.tasks.faces import Trajectory
from demos.ui import source as source_text
from demos.ui.contact_sheet import address
from demos.ui.i18n import bilingual, both

SAMPLERS = "aigc_core/sampling/diffusion/samplers.py"
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
    """Rows: x, D, the next x; columns: steps."""
    side = walk.steps[0].noisy.width
    made = Image.new("RGB", (side * len(walk.steps), 3 * side))
    for i, step in enumerate(walk.steps):
        for row, picture in enumerate((step.noisy, step.denoised, step.after)):
            made.paste(picture, (i * side, row * side))
    return made


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
    now = f"{step.i + 1} / {total or '?'}"
    shown = _pictures(f'<b class="tj-now">{now}</b>', [address(p) for p in (step.noisy, step.denoised, step.after)])
    return f'<div class="tj tj-live">{shown}{_sigma(step.sigma, step.sigma_next)}</div>'


def view(walk: Trajectory) -> str:
    """The finished run."""
    count, side = len(walk.steps), walk.steps[0].noisy.width
    data = html.escape(json.dumps({"levels": levels(walk), "skipped": left_out(walk), "side": side}))
    label = bilingual("Step of the sampler", "采样步")
    bar = (
        f'<div class="tj-bar"><button type="button" class="tj-play" aria-label="{bilingual("Play", "播放")}">▶</button>'
        f'<input type="range" min="1" max="{count}" value="{count}" aria-label="{label}">'
        f'<b class="tj-now">{count} / {count}</b></div>'
    )
    strip = f'<div class="tj-strip"><img alt="" src="{address(sheet(walk))}"><i></i></div>'
    hint = both(
        "All steps: click one, or use the arrow keys on the slider.", "全部采样步：点击任意一步，或在滑块上使用方向键。"
    )
    return (
        f'<div class="tj" data-walk="{data}">{bar}{_pictures("", [])}{_sigma(*levels(walk)[-1])}{_curve(walk)}'
        f'<p class="tj-hint">{hint}</p>{strip}</div>'
    )


def _pictures(note: str, addresses: list[str]) -> str:
    names = (
        ("x", "x", both("now, at noise σ", "当前，噪声 σ")),
        ("d", "D(x, σ)", both("clean picture predicted", "预测的干净图像")),
        ("n", "x′", both("next, at noise σ′", "下一步，噪声 σ′")),
    )
    figures = ""
    for i, (kind, symbol, words) in enumerate(names):
        inside = f'<img alt="" src="{addresses[i]}">' if addresses else f'<canvas class="tj-{kind}"></canvas>'
        figures += f"<figure>{inside}<figcaption><b>{symbol}</b> {words}</figcaption></figure>"
    return f'{note}<div class="tj-pictures">{figures}</div>'


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
    name = both("noise level σ, logarithmic", "噪声水平 σ（对数坐标）")
    return (
        f'<div class="tj-curve"><svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline points="{line}"/></svg><i></i><span>{name}: {_number(walk.steps[0].sigma)} … {_number(walk.steps[-1].sigma)}</span></div>'
    )
