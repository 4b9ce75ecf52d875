"""Branches of a generated text: a click on an alternative goes on from there; the trail leads back to each one.

All of it happens in the page: one hidden button hands the page's values to the script, which keeps those of the branch that
is left and answers with those of the one entered. A new branch then runs like any other request.
"""

from __future__ import annotations

import gradio as gr

from demos.ui.i18n import both
from demos.ui.tab import Tab
from demos.ui.wiring import QUIET

HTML = f"""<nav class="trail" hidden><span>{both("Branches", "分支")}</span><ol></ol></nav>"""


def wire(tab: Tab, plain: gr.Textbox, page: gr.HTML) -> None:
    """Add the hidden buttons; between ``tab.run`` and ``tab.examples``."""
    seed = [tab.fields["seed"], tab.fresh]
    kept = [page, plain, tab.recipe, tab.status]
    leave = {"fn": None, "inputs": [*seed, *kept], **QUIET}
    with gr.Row(elem_classes=["trail-buttons"]):
        enter, back = gr.Button("branch", elem_id="trail-branch"), gr.Button("back", elem_id="trail-back")
    entered = enter.click(outputs=[tab.fields["prompt"], seed[0]], js="(...now) => window.aigcTrail.enter(...now)", **leave)  # fmt: skip
    tab.follow(entered)
    back.click(outputs=[tab.fields["prompt"], *kept], js="(...now) => window.aigcTrail.back(...now)", **leave)
