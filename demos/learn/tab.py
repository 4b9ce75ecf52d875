"""The course's tab: its shell; what it shows comes from the endpoints."""

from __future__ import annotations

import html
from pathlib import Path

import gradio as gr

from demos.learn import endpoints
from demos.ui.i18n import Text, both
from demos.ui.studio import Studio

TITLE = Text("Learn", "课程")


def build(studio: Studio) -> None:
    places = "".join(f' data-{name}="{html.escape(place)}"' for name, place in katex().items())
    gr.HTML(f"<aigc-course{places}>{both('Loading…', '加载中…')}</aigc-course>", padding=False)
    endpoints.wire(studio)


def katex() -> dict[str, str]:
    """Paths of Gradio's own copy of KaTeX, below the page's address; empty texts where it has none."""
    assets = Path(gr.__file__).parent / "templates" / "frontend" / "assets"
    found = {"script": next(assets.glob("katex-*.js"), None), "style": next(assets.glob("katex-*.css"), None)}
    return {name: f"assets/{file.name}" if file else "" for name, file in found.items()}
