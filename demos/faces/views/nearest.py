"""New or copied: how far generated faces are from the nearest training face, beside real faces nobody trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import gradio as gr

from aigc_core import registry
from aigc_core.tasks.faces import NearestFaces, NearestFacesRequest
from aigc_core.types import Result
from demos.ui import contact_sheet
from demos.ui.assets import markdown
from demos.ui.components import PageHTML
from demos.ui.contact_sheet import address
from demos.ui.i18n import Text, bilingual, both
from demos.ui.panel import Panel, absent
from demos.ui.player import Update
from demos.ui.studio import Studio
from demos.ui.tab import Values

TITLE = Text("New or copied? Distance to the training faces", "原创还是抄袭？与训练人脸的距离")
LEAD = Text(
    "A model that had learned its training faces by heart would draw faces closer to them than new people are. So each face's "
    "distance to its nearest training face is laid beside the same distance of real faces that were kept out of training.",
    "如果模型只是背下了训练图片，生成的脸会比真正的陌生人更接近训练集。因此把每张生成人脸到最近训练人脸的距离，与未参与训练的真实人脸的同一距离放在一起比较。",
)
BINS = 28


def build(studio: Studio) -> None:
    rows = registry.answering(NearestFacesRequest)
    if not rows:
        return absent(TITLE, "nearest", Text("one of our own face models", "本项目自己的人脸模型"))
    with Panel(
        studio, NearestFacesRequest, TITLE, LEAD, verb=Text("Draw and compare", "生成并比较"), name="nearest"
    ) as panel:
        with panel.left():
            panel.pick(rows)
            panel.control("count")
            panel.seed(11)
        with panel.right():
            page = PageHTML("", padding=False)
            with gr.Row(visible=False):
                found = gr.JSON(label="distances")

        def show(result: Result, files: Mapping[str, str], values: Values) -> Update:
            return {page: view(result.output), found: result.output.to_json()}

        panel.run([page, found], show, lambda output, values: {page: preview(output)}, endpoint="nearest_faces")
        panel.explain(
            *markdown("faces", "views/nearest"), ("aigc_core/evaluation/faces.py", None), lessons=["challenges"]
        )
    return None


def preview(output: NearestFaces) -> str:
    """The faces drawn so far; their distances come at the end."""
    return f'<div class="near">{contact_sheet.view(output.images, 4)}</div>'


def view(output: NearestFaces) -> str:
    """The histogram with a mark for each face, then the faces with their figures."""
    cards = "".join(
        _card(i, address(image), distance, closer, distance < output.threshold)
        for i, (image, distance, closer) in enumerate(
            zip(output.images, output.distances, output.closer, strict=True), 1
        )
    )
    return f'<div class="near">{histogram(output)}<div class="near-faces">{cards}</div></div>'


def _card(number: int, source: str, distance: float, closer: float, copied: bool) -> str:
    share = f"{closer:.0%}"
    words = both(f"{share} of real faces are closer", f"{share} 的真实人脸更近")
    if copied:
        words = both("closer than chance: suspicious", "比偶然更近：可疑")
    return (
        f'<figure class="{"copied" if copied else ""}"><img alt="" src="{source}"><figcaption><b>{number}</b> · '
        f"{distance:.2f}<br>{words}</figcaption></figure>"
    )


def counts(values: Sequence[float], low: float, high: float) -> list[int]:
    """The number of values in each of :data:`BINS` equal parts of ``low`` … ``high``."""
    found = [0] * BINS
    for value in values:
        found[min(BINS - 1, max(0, int((value - low) / (high - low) * BINS)))] += 1
    return found


def histogram(output: NearestFaces) -> str:
    """SVG: held-out faces as bars, generated ones as numbered marks above, the 1 % line dashed."""
    every = (*output.held_out, *output.distances)
    low, high = min(every), max(every)
    high = high if high > low else low + 1
    width, base, top = 560, 190, 46
    bars = counts(output.held_out, low, high)

    def x(value: float) -> float:
        return 10 + (value - low) / (high - low) * (width - 20)

    step = (width - 20) / BINS
    columns = "".join(
        f'<rect x="{10 + i * step + 1:.1f}" width="{step - 2:.1f}" y="{base - n / max(bars) * (base - top):.1f}" height="{n / max(bars) * (base - top):.1f}"/>'
        for i, n in enumerate(bars)
    )
    marks = "".join(
        f'<g class="mark"><line x1="{x(d):.1f}" x2="{x(d):.1f}" y1="{16 + 14 * (i % 2)}" y2="{base}"/><text x="{x(d):.1f}" y="{12 + 14 * (i % 2)}" text-anchor="middle">{i + 1}</text></g>'
        for i, d in sorted(enumerate(output.distances), key=lambda pair: pair[1])
    )
    limit = f'<line class="limit" x1="{x(output.threshold):.1f}" x2="{x(output.threshold):.1f}" y1="{top - 8}" y2="{base}"/>'
    ticks = "".join(
        f'<text x="{x(v):.1f}" y="{base + 18}" text-anchor="{anchor}">{v:.1f}</text>'
        for v, anchor in ((low, "start"), ((low + high) / 2, "middle"), (high, "end"))
    )
    name = both("distance to the nearest training face →", "到最近训练人脸的距离 →")
    legend = both(
        f"bars: {len(output.held_out)} real faces kept out of training · numbers: the generated faces · dashed: closest 1 %",
        f"柱形：{len(output.held_out)} 张未参与训练的真实人脸 · 数字：生成的人脸 · 虚线：最近的 1%",
    )
    label = bilingual("histogram of distances", "距离直方图")
    return (
        f'<svg class="near-plot" viewBox="0 0 {width} {base + 26}" role="img" aria-label="{label}">{columns}{limit}{marks}'
        f'<line class="base" x1="10" x2="{width - 10}" y1="{base}" y2="{base}"/>{ticks}</svg>'
        f'<p class="near-said">{name}<br>{legend}</p>'
    )
