"""The real page around a toy model: one Faces tab and one tab that cannot be built, served from a free port."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio as gr
import pytest
from toys import row

from aigc_core import registry
from aigc_core.tasks.faces import FacesRequest
from demos.ui import page
from demos.ui.i18n import Text
from demos.ui.tab import Tab

FLAGS = ["--queue", "64"]


def build(studio: Any) -> None:
    with Tab(studio, FacesRequest, Text("Squares.", "色块。"), verb=Text("Draw", "绘制")) as tab:
        with tab.left():
            tab.model()
            tab.control("count", value=2)
            tab.seed()
            tab.control("prompt", value="")
        with tab.right():
            gallery = gr.Gallery(label="faces", height=300)

        def show(result: Any, files: Any, values: Any) -> Any:
            return {gallery: [file for role, file in files.items() if role.startswith("face-")]}

        tab.run([gallery], show, lambda faces, values: {gallery: list(faces.images)})
        tab.examples([("Four", "四个", {"count": 4, "seed": 7})])


def fail(studio: Any) -> None:
    gr.Textbox()
    raise RuntimeError("cannot be built")


def module(name: str, title: Text, builder: Any) -> None:
    made = ModuleType(f"demos.{name}.tab")
    made.TITLE, made.build = title, builder  # type: ignore[attr-defined]
    sys.modules[made.__name__] = made


@contextmanager
def served(outputs: Path, *flags: str, tabs: Sequence[str] = ("home", "toy_faces", "toy_broken")) -> Iterator[str]:
    """The address of the running app."""
    patch = pytest.MonkeyPatch()
    for name in ("GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE"):
        patch.setenv(name, str(outputs))  # the app sets them for its process; a second app must give them back
    rows = {"faces-toy": row(), "faces-other": row("faces-other")}
    patch.setattr(registry, "_table", lambda: rows)
    module("toy_faces", Text("Faces", "人脸"), build)
    module("toy_broken", Text("Broken", "坏的"), fail)
    args = page.parser().parse_args([*FLAGS, "--outputs", str(outputs), *flags])
    demo, options = page.make(tabs, args)
    _, url, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    try:
        yield url
    finally:
        demo.close()
        patch.undo()
