"""Check what goes into the page's components and comes out of them, for every event, before Gradio looks.

Gradio reads any dictionary that says it is a file, in any field: it fetches addresses, copies what a path names and serves
the copy. Here a file may stand in the fields of file components only, and must be one that was uploaded or made here; it goes
on as its path alone. Everywhere else an object is an object, which the limits of a request answer in words.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from pydantic import BaseModel

from aigc_core import resources
from aigc_core.errors import InvalidRequestError
from demos.ui.folders import Folders

ASSETS = (resources.folder("docs") / "gallery", Path(__file__).resolve().parents[1])
"""Folders of this project whose files tabs show: examples and finished works."""
FILES = (
    gr.Image,
    gr.ImageEditor,
    gr.ImageSlider,
    gr.Gallery,
    gr.File,
    gr.UploadButton,
    gr.DownloadButton,
    gr.Audio,
    gr.Video,
    gr.Model3D,
    gr.MultimodalTextbox,
)
MAX_TEXT = 200_000
"""Characters of all texts of one field; every request limits its own further."""
MAX_DEPTH = 24
MAX_ITEMS = 20_000
_KINDS = (
    (gr.Checkbox, (bool,)),
    (gr.Slider, (int, float, str)),
    (gr.Number, (int, float, str)),
    (gr.Textbox, (str, int, float)),
    (gr.HTML, (str,)),
    (gr.Markdown, (str,)),
    (gr.Dropdown, (str, int, float, list)),
    (gr.Radio, (str, int, float)),
    (gr.CheckboxGroup, (list,)),
    (gr.Chatbot, (list,)),
    (gr.JSON, (dict,)),
)
"""Kinds of value that the page sends into each component; the endpoints leave this to the checks of the request."""


def admit(components: Sequence[Any], values: Sequence[Any], folders: Folders, *, strict: bool) -> list[Any]:
    """Refuse what no page and no client would send; return what Gradio may see of the rest.

    Args:
        strict: Also hold every value to its component's own kind, as for events of the page alone.

    Raises:
        InvalidRequestError: says which input, and what is wrong.
    """
    if not isinstance(values, (list, tuple)) or len(values) != len(components):
        got = len(values) if isinstance(values, (list, tuple)) else 0
        raise InvalidRequestError(
            f"This event takes {len(components)} values; got {got}.",
            f"该操作需要 {len(components)} 个值，收到 {got} 个。",
        )
    for number, (component, value) in enumerate(zip(components, values, strict=True), 1):
        if not isinstance(component, gr.State):  # which lives on the server; what is sent is not looked at
            _check(component, value, folders, number, strict=strict)
    return [admitted(component, value) for component, value in zip(components, values, strict=True)]


def _check(component: Any, value: Any, folders: Folders, number: int, *, strict: bool) -> None:
    name = f"input {number} ({_label(component)})"
    check_size(value, name)
    if isinstance(component, FILES):
        _check_files(component, value, folders, name)
        return
    if any(_says_file(part) for part in _walk(value)):
        raise InvalidRequestError(f"{name} takes no files.", f"第 {number} 项输入不接受文件。")
    if isinstance(component, gr.Chatbot):
        _check_turns(value, name)
    if strict:
        _check_kind(component, value, name)


def admitted(component: Any, value: Any) -> Any:
    """The part of ``value`` that may reach ``component``: its own choice where it makes one, uploads, or anything but files.

    Raises:
        InvalidRequestError: nested too deep, or something in the place of a file that is none.
    """
    if getattr(component, "takes_files", False):
        return uploads_only(value)
    own = getattr(component, "admit", None)
    return without_marks(value) if own is None else own(value)


def without_marks(value: Any, depth: int = MAX_DEPTH) -> Any:
    """``value`` without the keys that make Gradio see a file or an update of a component in an object."""
    return _rebuilt(value, depth, without_marks)


def uploads_only(value: Any, depth: int = MAX_DEPTH) -> Any:
    """``value`` with each file as Gradio's own, which must lie in the folder of uploads; addresses are refused."""
    if isinstance(value, Mapping) and ("path" in value or "url" in value):
        return _upload(value)
    if isinstance(value, str) and (len(value) > 100 or set(value) & set("/\\:")):  # an identifier of a canvas is short
        raise unreadable()
    return _rebuilt(value, depth, uploads_only)


def _rebuilt(value: Any, depth: int, part: Callable[[Any, int], Any]) -> Any:
    """Lists and objects of their parts, each through ``part``; anything else as it is."""
    if not isinstance(value, (dict, list)):
        return value
    if depth <= 0:
        raise unreadable()
    if isinstance(value, list):
        return [part(inner, depth - 1) for inner in value]
    return {key: part(inner, depth - 1) for key, inner in value.items() if key not in ("meta", "__type__")}


def _upload(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The path and the name alone, marked as a file so that Gradio looks where it lies."""
    path, name = sent.get("path"), sent.get("orig_name")
    if not isinstance(path, str) or not path or "://" in path or "\0" in path:
        raise InvalidRequestError(
            "A file must be uploaded here; an address is not fetched.", "请上传文件；不会从网址获取文件。"
        )
    return {"path": path, "orig_name": name if isinstance(name, str) else None, "meta": {"_type": "gradio.FileData"}}


def unreadable() -> InvalidRequestError:
    """For what no page of ours sends."""
    return InvalidRequestError(
        "This event got inputs of another form than it takes. Reload the page and try again.",
        "该操作收到的输入格式不正确，请刷新页面后重试。",
    )


def check_size(value: Any, name: str, *, depth: int = MAX_DEPTH, text_limit: int = MAX_TEXT) -> None:
    """Refuse values that are too long, too deep or too many for any field.

    Raises:
        InvalidRequestError: says which limit.
    """
    text = 0
    for items, part in enumerate(_walk(value, name, depth), 1):
        text += len(part) if isinstance(part, str) else 0
        if text > text_limit or items > MAX_ITEMS:
            raise InvalidRequestError(
                f"{name} is too large: at most {text_limit} characters and {MAX_ITEMS} values are taken.",
                f"{name} 过大：最多 {text_limit} 个字符、{MAX_ITEMS} 个值。",
            )


def event_data(sent: Any) -> dict[str, Any]:
    """The data of a click, with the keys that Gradio reads without looking whether they are there.

    A gallery sends the file it shows with the picture that was clicked; no handler needs it, so it is left out.

    Raises:
        InvalidRequestError: too large, or not what a page sends.
    """
    check_size(sent, "event data")
    kept = _without_files(sent)
    data = {"index": 0, "value": "", "previous_value": "", **(kept if isinstance(kept, dict) else {})}
    at = data["index"] if isinstance(data["index"], list) and data["index"] else [data["index"]]
    if any(isinstance(i, bool) or not isinstance(i, int) or abs(i) > MAX_ITEMS for i in at):
        raise InvalidRequestError("This event got data that no page sends.", "该操作收到的数据格式不正确。")
    return data


def _without_files(value: Any) -> Any:
    """``value``, whose depth was checked, with None in the place of everything that says it is a file."""
    if _says_file(value):
        return None
    if isinstance(value, dict):
        return {key: _without_files(part) for key, part in value.items()}
    return [_without_files(part) for part in value] if isinstance(value, list) else value


def check_outputs(components: Sequence[Any], values: Any, folders: Folders) -> None:
    """Refuse to show a file that is neither ours nor the project's, whatever a handler returned.

    Raises:
        InvalidRequestError: without the path.
    """
    shown = values if isinstance(values, (list, tuple)) and len(components) != 1 else [values]
    for component, value in zip(components, shown, strict=False):
        takes_files = isinstance(component, FILES)
        for part in _walk(value):
            path = (
                part.get("path")
                if _says_file(part)
                else part
                if takes_files and isinstance(part, (str, Path))
                else None
            )
            if isinstance(path, (str, Path)) and _is_file(path) and not _may_show(path, folders):
                raise InvalidRequestError(
                    "A file was not shown because it was neither uploaded nor made here.",
                    "该文件既非上传也非本程序生成，未予显示。",
                )


def _may_show(path: str | Path, folders: Folders) -> bool:
    real = Path(os.path.realpath(path))
    return folders.owns(path) or any(real.is_relative_to(folder) for folder in ASSETS)


def _is_file(path: str | Path) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a caption that is no path
        return False


def _check_files(component: Any, value: Any, folders: Folders, name: str) -> None:
    for part in _walk(value):
        if isinstance(part, Mapping) and ("path" in part or "url" in part or "meta" in part):
            _check_file(part, folders, name)
    for bare in value if isinstance(value, list) else [value]:
        if not isinstance(bare, (Mapping, list, type(None))):
            _check_file({"path": bare}, folders, name)
    if isinstance(component, gr.ImageEditor) and not isinstance(value, (Mapping, type(None))):
        raise InvalidRequestError(f"{name} must be a drawing.", f"{name} 应为画布内容。")


def _check_file(file: Mapping[str, Any], folders: Folders, name: str) -> None:
    path, url, meta = file.get("path"), file.get("url"), file.get("meta")
    remote = [text for text in (path, url) if isinstance(text, str) and _is_address(text)]
    if any("/gradio_api/file=" not in text or text is path for text in remote):
        raise InvalidRequestError(
            f"{name}: files are not fetched from addresses. Download it and upload it from your device.",
            f"{name}：程序不会从网址获取文件，请下载后再上传。",
        )
    if not isinstance(meta, (Mapping, type(None))) or not isinstance(path, str) or not folders.owns(path):
        raise InvalidRequestError(
            f"{name}: this is not a file that you uploaded here, or it is no longer kept. Upload it again.",
            f"{name}：该文件不是在此上传的，或已过期，请重新上传。",
        )


def _is_address(text: str) -> bool:
    scheme = text.strip()[:12].lower()
    return "://" in scheme or scheme.startswith(("//", "\\\\", "data:", "file:"))


def _check_turns(value: Any, name: str) -> None:
    """A chat window holds texts only: Gradio would build whatever component a message names."""
    if not isinstance(value, (list, type(None))):
        raise InvalidRequestError(f"{name} must be a list of messages.", f"{name} 应为消息列表。")
    for turn in value or ():
        content = turn.get("content") if isinstance(turn, Mapping) else None
        parts = content if isinstance(content, list) else [content]
        role_is_text = isinstance(turn, Mapping) and isinstance(turn.get("role"), str)
        plain = all(part is None or isinstance(part, str) or _is_text(part) for part in parts)
        if not role_is_text or not plain:
            raise InvalidRequestError(f"{name}: messages may hold text only.", f"{name}：消息只能包含文本。")


def _is_text(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type", "text") == "text" and isinstance(part.get("text"), str)


def _check_kind(component: Any, value: Any, name: str) -> None:
    for kind, types in _KINDS:
        if isinstance(component, kind):
            listed = value if isinstance(value, list) and kind is not gr.Chatbot else []
            odd = any(not isinstance(item, (str, int, float)) for item in listed)
            if value is not None and (not isinstance(value, types) or odd):
                wanted = " or ".join(one.__name__ for one in types)
                raise InvalidRequestError(
                    f"{name} must be {wanted}; got {type(value).__name__}.",
                    f"{name} 的类型应为 {wanted}，收到 {type(value).__name__}。",
                )


def _says_file(part: Any) -> bool:
    return isinstance(part, Mapping) and "path" in part and "meta" in part


def _walk(value: Any, name: str = "", limit: int = MAX_DEPTH) -> Iterator[Any]:
    """The value and everything in it, without recursion.

    Raises:
        InvalidRequestError: nested deeper than :data:`MAX_DEPTH`.
    """
    stack = [(value, 0)]
    while stack:
        part, depth = stack.pop()
        part = part.model_dump() if isinstance(part, BaseModel) else part
        yield part
        if depth > limit:
            raise InvalidRequestError(
                f"{name or 'A value'} is nested deeper than {limit} levels.", f"数据嵌套超过 {limit} 层。"
            )
        if isinstance(part, Mapping):
            stack += [(item, depth + 1) for pair in part.items() for item in pair]
        elif isinstance(part, (list, tuple)):
            stack += [(item, depth + 1) for item in part]


def _label(component: Any) -> str:
    label = getattr(component, "label", None)
    key = str(
        getattr(label, "key", None) or label or ""
    )  # a label in two languages is registered under its English text
    return key.removeprefix("aigc.").split("|")[0] or str(component.get_block_name())
