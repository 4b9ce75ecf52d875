"""Quality against diversity: what was measured of the face models, as a curve and as a table."""

from __future__ import annotations

import gradio as gr

from demos.faces.views import scores as faces_scores
from demos.ui import explanation
from demos.ui.assets import markdown
from demos.ui.i18n import Text, both_text, t
from demos.ui.sections import when_expanded

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


def build() -> None:
    """The view; a sentence while nothing was measured."""
    rows, found = faces_scores.scores(), faces_scores.curves()
    accordion = gr.Accordion(t(*TITLE), open=False, elem_classes=["faces-view", "faces-curve"])
    with accordion, when_expanded(accordion):
        if not rows and not found:
            gr.HTML(f'<div class="notice info">{both_text(*NONE)}</div>', padding=False)
        if found:
            gr.HTML(f"<p>{both_text(*CURVE)}</p>", elem_classes=["lead"], padding=False)
            gr.HTML(faces_scores.plot(found, rows.get("real training faces")), padding=False)
        if rows:
            gr.HTML(faces_scores.table(rows), padding=False)
        sources = [("aigc_core/evaluation/faces.py", None)]
        explanation.place(markdown("faces", "views/curve"), sources, ["application-faq", "challenges"])
