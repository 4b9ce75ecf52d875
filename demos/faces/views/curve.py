"""Quality against diversity: what was measured of the face models, as a curve and as a table."""

from __future__ import annotations

import gradio as gr

from demos.faces.views import scores as faces_scores
from demos.ui.i18n import Text, both_text, markdown, t
from demos.ui.tab import source_link

TITLE = Text("Quality against diversity: what was measured", "质量与多样性：实测结果")
NONE = Text(
    "No scores of our own models are in this copy of the project yet.",
    "当前项目副本中还没有本项目模型的评测结果。",
)
CURVE = Text(
    "Precision is the share of generated faces that lie among real ones, recall the share of real faces that lie among the "
    "generated ones, both in EfficientNet-Lite0's features. Calming the random numbers (truncation) or pressing harder on "
    "the labels (guidance) buys precision with recall: a point further up draws fewer bad faces, a point further left draws "
    "the same few people again and again.",
    "精确率是生成人脸中落在真实人脸分布内的比例，召回率是真实人脸中落在生成分布内的比例，均在 EfficientNet-Lite0 特征空间中计算。"
    "压低随机数（截断）或加大条件引导，都是用召回率换精确率：点越靠上，坏脸越少；点越靠左，翻来覆去总是那几张脸。",
)
HOW = (
    r"""Every picture becomes a feature vector. Around each real face lies a ball that reaches to its 3rd nearest real neighbour; a
generated face inside any such ball counts for **precision**, and the other way round for **recall**
([Kynkäänniemi et al. 2019](https://arxiv.org/abs/1904.06991)). **KID** is the squared distance between the two distributions,
$$\mathrm{MMD}^2 = \mathbb E\,k(x,x') + \mathbb E\,k(y,y') - 2\,\mathbb E\,k(x,y),\qquad k(x,y) = \Big(\tfrac{x\cdot y}{d} + 1\Big)^3,$$
times 1000: 0 where no difference is found. A GAN that was trained against Lite0's features is judged with VGG16's as well.
Neither figure can be compared with those of papers, which use Inception's features.""",
    r"""每张图像先转为特征向量。以每张真实人脸为中心、到其第 3 近真实邻居为半径作球：落入任一球内的生成人脸计入**精确率**，反过来即**召回率**
（[Kynkäänniemi 等 2019](https://arxiv.org/abs/1904.06991)）。**KID** 是两个分布之间的平方距离：
$$\mathrm{MMD}^2 = \mathbb E\,k(x,x') + \mathbb E\,k(y,y') - 2\,\mathbb E\,k(x,y),\qquad k(x,y) = \Big(\tfrac{x\cdot y}{d} + 1\Big)^3,$$
再乘以 1000，没有差异时为 0。GAN 训练时用了 Lite0 特征，因此另用 VGG16 特征复核。论文中的数值基于 Inception 特征，不能与此处直接比较。""",
)


def build() -> None:
    """The view; a sentence while nothing was measured."""
    rows, found = faces_scores.scores(), faces_scores.curves()
    with gr.Accordion(t(*TITLE), open=False, elem_classes=["faces-view", "faces-curve"]):
        if not rows and not found:
            gr.HTML(f'<div class="notice info">{both_text(*NONE)}</div>', padding=False)
        if found:
            gr.HTML(f"<p>{both_text(*CURVE)}</p>", elem_classes=["lead"], padding=False)
            gr.HTML(faces_scores.plot(found, rows.get("real training faces")), padding=False)
        if rows:
            gr.HTML(faces_scores.table(rows), padding=False)
        with gr.Column(elem_classes=["how"]):
            markdown(*HOW)
            gr.HTML(source_link("aigc_core/evaluation/faces.py"), elem_classes=["source"], padding=False)


CSS = """
.scores td, .scores th { white-space: nowrap; font-variant-numeric: tabular-nums; } .scores td { text-align: right !important; } .scores thead th:not(:first-child) { text-align: right !important; } .scores th { font-weight: 500; }
.pr { display: block; width: 100%; max-width: 600px; height: auto; margin: 0 auto; } .pr text { font-size: 12px; fill: var(--body-text-color-subdued); font-family: var(--font); } .pr .axis { fill: var(--body-text-color); }
.pr .grid line { stroke: var(--border-color-primary); stroke-width: 1; } .pr polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.pr .c0 { --c: #0d9488; } .pr .c1 { --c: #b45309; } .pr .c2 { --c: #6d28d9; } .pr .c3 { --c: #be123c; } .dark .pr .c0 { --c: #2dd4bf; } .dark .pr .c1 { --c: #fbbf24; } .dark .pr .c2 { --c: #c4b5fd; } .dark .pr .c3 { --c: #fda4af; }
.pr polyline, .pr .real path { stroke: var(--c); } .pr circle { fill: var(--c); stroke: var(--background-fill-primary); stroke-width: 1.5; } .pr g:not(.grid) > text { fill: var(--c); font-weight: 600; } .pr .real path { stroke: var(--body-text-color); stroke-width: 2; }
.pr-legend { display: flex; flex-wrap: wrap; justify-content: center; gap: 4px 20px; font-size: .875rem; padding: 6px 0; } .pr-legend i { display: inline-block; width: 18px; height: 3px; border-radius: 2px; margin-right: 7px; vertical-align: middle; background: var(--c); }
.pr-legend .c0 { --c: #0d9488; } .pr-legend .c1 { --c: #b45309; } .pr-legend .c2 { --c: #6d28d9; } .pr-legend .c3 { --c: #be123c; } .dark .pr-legend .c0 { --c: #2dd4bf; } .dark .pr-legend .c1 { --c: #fbbf24; } .dark .pr-legend .c2 { --c: #c4b5fd; } .dark .pr-legend .c3 { --c: #fda4af; }
"""
