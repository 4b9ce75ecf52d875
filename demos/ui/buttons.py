"""The primary button and Stop, which stands in its place while a run lasts.

Both always stay in the page, hidden or shown: a component with ``visible=False`` is taken out of it, and Gradio 6 needs a moment
to put it in again, for which its place is empty.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from demos.ui.components import PageButton
from demos.ui.i18n import t
from demos.ui.updates import Update


def stop_button(**options: Any) -> Any:
    """A hidden Stop, with the keyword arguments of ``gr.Button``."""
    return PageButton(t("Stop", "停止"), variant="stop", visible="hidden", **options)


def busy(go: Any, stop: Any) -> Update:
    """Stop takes the place of the primary button."""
    return {go: gr.update(visible="hidden"), stop: gr.update(visible=True)}


def idle(go: Any, stop: Any) -> Update:
    """The primary button is back."""
    return {go: gr.update(visible=True), stop: gr.update(visible="hidden")}
