"""Variants of Gradio's components that the tabs are made of.

- *Raw* inputs hand over what was sent: the limits of the request check it and answer with field, limit and value, where
  Gradio's own messages name neither.
- *Page* outputs belong to the page only; the API leaves them out of what it returns.
- Inputs for files give the path of the upload; no other input can hold a file (see :mod:`demos.ui.payload`).
"""

from __future__ import annotations

from abc import ABCMeta
from typing import Any, TypeVar, cast

import gradio as gr
from gradio.component_meta import ComponentMeta

from aigc_core import recipe as recipes
from aigc_core.errors import InvalidRequestError
from demos.ui.strokes import Drawing, Strokes, drawing_of

C = TypeVar("C", bound=gr.blocks.Block)


def _variant(name: str, base: type[C], **attributes: Any) -> type[C]:
    """A subclass drawn by its base's front end; made past ``ComponentMeta.__new__``, which would write a ``.pyi`` file."""
    made: Any = ABCMeta.__new__(
        ComponentMeta, name, (base,), {"is_template": True, "__module__": __name__, **attributes}
    )
    return cast(type[C], made)


def _as_sent(self: Any, payload: Any) -> Any:
    return payload


def _path(self: Any, payload: Any) -> str | None:
    """The uploaded file itself: it is decoded behind our own size check, not by Gradio."""
    payload = getattr(payload, "root", payload)
    if isinstance(payload, list):
        payload = payload[0] if payload else None
    path = payload if isinstance(payload, str) else getattr(payload, "path", None)
    return str(path) if path else None


def _recipe(self: Any, payload: Any) -> dict[str, Any] | None:
    """The recipe that a page sends back: known keys, plain values."""
    return recipes.known(payload) or None


def _plainly(self: Any, value: Any) -> Any:
    """A recipe may come out of a file: nothing in it is shown as anything but text, numbers and lists."""
    return gr.JSON.postprocess(self, recipes.plain(value))


_STROKES = Strokes()


def _drawing(self: Any, payload: Any) -> Drawing | None:
    """The drawing, not yet decoded; its pieces are small and few, whoever sends them."""
    try:
        return drawing_of(payload, _STROKES)
    except InvalidRequestError as error:
        raise gr.Error(f"{error} {error.zh}", print_exception=False) from error


def _accept_blobs(self: Any, data: Any) -> None:
    """A piece of a drawing, sent by the page ahead of its event."""
    sent = data.data if isinstance(data.data, dict) else {}
    _STROKES.add(sent.get("id"), sent.get("type"), sent.get("index"), data.files[0][1] if data.files else b"")


_accept_blobs._is_server_fn = True  # type: ignore[attr-defined]
_accept_blobs.__name__ = "accept_blobs"
_PAGE = property(lambda self: True)

Slider = _variant("Slider", gr.Slider, preprocess=_as_sent)
Number = _variant("Number", gr.Number, preprocess=_as_sent)
Textbox = _variant("Textbox", gr.Textbox, preprocess=_as_sent)
Checkbox = _variant("Checkbox", gr.Checkbox, preprocess=_as_sent)
Dropdown = _variant("Dropdown", gr.Dropdown, preprocess=_as_sent)
JSONInput = _variant("JSONInput", gr.JSON, preprocess=_as_sent)
ImageInput = _variant("ImageInput", gr.Image, preprocess=_path, takes_files=True)
FileInput = _variant("FileInput", gr.File, preprocess=_path, takes_files=True)
UploadInput: Any = _variant(  # Gradio declares its label as plain text alone
    "UploadInput", gr.UploadButton, preprocess=_path, takes_files=True
)

PageHTML = _variant("PageHTML", gr.HTML, skip_api=_PAGE)
PageMarkdown = _variant("PageMarkdown", gr.Markdown, skip_api=_PAGE)
PageButton = _variant("PageButton", gr.Button, skip_api=_PAGE)
PageFiles = _variant("PageFiles", gr.File, skip_api=_PAGE)
PageImage = _variant("PageImage", gr.Image, skip_api=_PAGE)
PageImageSlider = _variant("PageImageSlider", gr.ImageSlider, skip_api=_PAGE)
PageGallery = _variant("PageGallery", gr.Gallery, skip_api=_PAGE)
EditorInput: Any = _variant(  # the stored picture that it opens with is a plain dictionary
    "EditorInput", gr.ImageEditor, preprocess=_drawing, accept_blobs=_accept_blobs, takes_files=True
)
RecipeJSON = _variant("RecipeJSON", gr.JSON, preprocess=_recipe, postprocess=_plainly)
PageJSON = _variant("PageJSON", gr.JSON, skip_api=_PAGE)
PageTextbox = _variant("PageTextbox", gr.Textbox, skip_api=_PAGE, preprocess=_as_sent)
