"""Variants of Gradio's components that the tabs are made of.

- *Raw* inputs hand over what was sent: the limits of the request check it and answer with field, limit and value, where
  Gradio's own messages name neither.
- *Page* outputs belong to the page only; the API leaves them out of what it returns.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

import gradio as gr
from gradio.component_meta import ComponentMeta


def _variant(name: str, base: type, **attributes: Any) -> Any:
    """A subclass drawn by its base's front end; made past ``ComponentMeta.__new__``, which would write a ``.pyi`` file."""
    return ABCMeta.__new__(ComponentMeta, name, (base,), {"is_template": True, "__module__": __name__, **attributes})


def _as_sent(self: Any, payload: Any) -> Any:
    return payload


def _path(self: Any, payload: Any) -> str | None:
    """The uploaded file itself: it is decoded behind our own size check, not by Gradio."""
    if isinstance(payload, list):
        payload = payload[0] if payload else None
    return None if payload is None else str(getattr(payload, "path", None) or payload)


_PAGE = property(lambda self: True)

Slider = _variant("Slider", gr.Slider, preprocess=_as_sent)
Number = _variant("Number", gr.Number, preprocess=_as_sent)
Textbox = _variant("Textbox", gr.Textbox, preprocess=_as_sent)
Checkbox = _variant("Checkbox", gr.Checkbox, preprocess=_as_sent)
Dropdown = _variant("Dropdown", gr.Dropdown, preprocess=_as_sent)
ImageInput = _variant("ImageInput", gr.Image, preprocess=_path)
FileInput = _variant("FileInput", gr.File, preprocess=_path)

PageHTML = _variant("PageHTML", gr.HTML, skip_api=_PAGE)
PageMarkdown = _variant("PageMarkdown", gr.Markdown, skip_api=_PAGE)
PageButton = _variant("PageButton", gr.Button, skip_api=_PAGE)
PageFiles = _variant("PageFiles", gr.File, skip_api=_PAGE)
PageImage = _variant("PageImage", gr.Image, skip_api=_PAGE)
PageImageSlider = _variant("PageImageSlider", gr.ImageSlider, skip_api=_PAGE)
PageGallery = _variant("PageGallery", gr.Gallery, skip_api=_PAGE)
EditorInput = _variant("EditorInput", gr.ImageEditor, preprocess=_as_sent)
PageJSON = _variant("PageJSON", gr.JSON, skip_api=_PAGE)
PageTextbox = _variant("PageTextbox", gr.Textbox, skip_api=_PAGE, preprocess=_as_sent)
