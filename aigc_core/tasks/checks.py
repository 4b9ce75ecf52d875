"""Validation of request fields: one function per kind, value in, value of the right type out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.fields import MAX_HISTORY, MAX_PARTS, MAX_PIXELS, MAX_STRING, MAX_TEXT, Limits, Message

if TYPE_CHECKING:
    from PIL.Image import Image


def check(name: str, lim: Limits, value: Any) -> Any:
    """Return ``value`` brought to the field's type.

    Raises:
        InvalidRequestError: wrong kind, or out of the limits.
    """
    if value is None:
        if lim.optional:
            return None
        raise InvalidRequestError(f"{name} is missing. Please give one.", f"缺少{lim.label_zh}（{name}），请填写。")
    return _CHECKS[lim.kind](name, lim, value)


def _wrong(name: str, lim: Limits, wanted: str, wanted_zh: str, value: Any) -> InvalidRequestError:
    if isinstance(value, int) and abs(value) > 10**50:
        got = "a number of more than 50 digits"
    else:
        got = repr(value) if isinstance(value, (str, int, float)) else type(value).__name__
    got = got if len(got) <= 60 else got[:57] + "…"
    return InvalidRequestError(
        f"{name} must be {wanted}; got {got}.", f"{lim.label_zh}（{name}）应为{wanted_zh}，收到 {got}。"
    )


def _between(name: str, lim: Limits, value: float) -> None:
    assert lim.minimum is not None and lim.maximum is not None
    if not lim.minimum <= value <= lim.maximum:
        low, high = f"{lim.minimum:.12g}", f"{lim.maximum:.12g}"
        raise _wrong(name, lim, f"between {low} and {high}", f" {low} 到 {high} 之间", value)


def _check_int(name: str, lim: Limits, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(name, lim, "a whole number", "整数", value)
    if isinstance(value, float) and not value.is_integer():  # nan and inf are not integers either
        raise _wrong(name, lim, "a whole number", "整数", value)
    _between(name, lim, value)
    return int(value)


def _check_float(name: str, lim: Limits, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise _wrong(name, lim, "a number", "数字", value)
    _between(name, lim, value)
    return float(value)


def _check_str(name: str, lim: Limits, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(name, lim, "text", "文本", value)
    size = len(value)
    if lim.minimum and not value.strip():
        raise empty_error(name, lim)
    if lim.choices and value not in lim.choices:
        named = [choice for choice in lim.choices if choice]
        raise _wrong(name, lim, f"one of {', '.join(named)}", f" {'、'.join(named)} 之一", value)
    if lim.maximum is not None and size > lim.maximum:
        raise InvalidRequestError(
            f"{name} may have at most {lim.maximum:.0f} characters; got {size}. Please shorten it.",
            f"{lim.label_zh}（{name}）最多 {lim.maximum:.0f} 个字符，收到 {size} 个，请缩短。",
        )
    if not is_unicode(value):
        raise _wrong(name, lim, "valid Unicode text", "有效的 Unicode 文本", value)
    return value


def empty_error(name: str, lim: Limits) -> InvalidRequestError:
    """A text that must not be empty is."""
    return InvalidRequestError(
        f"{name} is empty. Please write something.", f"{lim.label_zh}（{name}）为空，请输入内容。"
    )


def is_unicode(value: str) -> bool:
    """Whether it can be written to a file: half a surrogate pair, as JavaScript can send it, cannot."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _check_bool(name: str, lim: Limits, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, lim, "true or false", "是或否", value)
    return value


def _check_image(name: str, lim: Limits, value: Any) -> Image:
    from PIL import Image

    if not isinstance(value, Image.Image):
        raise _wrong(name, lim, "a picture", "图片", value)
    width, height = value.size
    if width * height > MAX_PIXELS or min(width, height) < 1:
        raise InvalidRequestError(
            f"{name} may have at most {MAX_PIXELS // 1_000_000} megapixels; got {width}×{height}. Please make it smaller.",
            f"{lim.label_zh}（{name}）最多 {MAX_PIXELS // 1_000_000} 百万像素，收到 {width}×{height}，请缩小后再试。",
        )
    return value


def _check_bytes(name: str, lim: Limits, value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise _wrong(name, lim, "a file", "文件", value)
    if not value:
        raise InvalidRequestError(
            f"{name} is empty. Check that the file was saved completely.",
            f"{lim.label_zh}（{name}）是空的，请检查文件是否已完整保存。",
        )
    if lim.maximum is not None and len(value) > lim.maximum:
        raise InvalidRequestError(
            f"{name} may have at most {lim.maximum / 1000:.0f} kB; got {len(value) / 1000:.0f} kB.",
            f"{lim.label_zh}（{name}）最多 {lim.maximum / 1000:.0f} kB，收到 {len(value) / 1000:.0f} kB。",
        )
    return value


def _check_strings(name: str, lim: Limits, value: Any) -> tuple[str, ...]:
    most = int(lim.maximum or 0)
    wanted = f"at most {most} texts of {MAX_STRING} characters", f"最多 {most} 条、每条 {MAX_STRING} 字符以内的文本"
    if not isinstance(value, (list, tuple)):
        raise _wrong(name, lim, "a list of texts", "文本列表", value)
    if len(value) > MAX_PARTS:  # empty ones count for nothing, but are not read without end
        raise _wrong(name, lim, *wanted, f"{len(value)} texts")
    if not all(isinstance(item, str) for item in value):
        raise _wrong(name, lim, "a list of texts", "文本列表", value)
    kept = tuple(item for item in value if item)
    if len(kept) > most or any(len(item) > MAX_STRING for item in kept):
        raise _wrong(name, lim, *wanted, f"{len(kept)} texts, the longest of {max(map(len, kept))} characters")
    if not all(map(is_unicode, kept)):
        raise _wrong(name, lim, "a list of texts in valid Unicode", "有效 Unicode 文本的列表", value)
    return kept


def _check_messages(name: str, lim: Limits, value: Any) -> tuple[Message, ...]:
    if not isinstance(value, (list, tuple)):
        raise _wrong(name, lim, "a list of {role, content}", "由 {role, content} 组成的列表", value)
    most = int(lim.maximum or 0)
    if len(value) > most:
        raise _wrong(name, lim, f"at most {most} messages", f"最多 {most} 条消息", len(value))
    messages: list[Message] = []
    left = MAX_HISTORY
    for item in value:
        messages.append(_message(name, lim, item))
        left -= len(messages[-1].content)
        if left < 0:
            raise _wrong(name, lim, f"at most {MAX_HISTORY} characters in all", f"总共不超过 {MAX_HISTORY} 个字符", f"more in {len(messages)} messages")  # fmt: skip
    return tuple(messages)


def _message(name: str, lim: Limits, item: Any) -> Message:
    if isinstance(item, Message):
        item = vars(item)
    role = item.get("role") if isinstance(item, dict) else None
    content = item.get("content") if isinstance(item, dict) else None
    if isinstance(content, list) and len(content) <= MAX_PARTS:  # Gradio's Chatbot splits content into typed parts
        content = _joined(content)
    known = isinstance(role, str) and role in ("system", "user", "assistant")
    if not known or not isinstance(content, str):
        raise _wrong(name, lim, "a list of {role: user | assistant | system, content: text}", "由 {role: user | assistant | system, content: 文本} 组成的列表", item)  # fmt: skip
    if len(content) > MAX_TEXT:
        raise _wrong(name, lim, f"messages of at most {MAX_TEXT} characters", f"每条不超过 {MAX_TEXT} 字符的消息", f"{len(content)} characters")  # fmt: skip
    if not is_unicode(content):
        raise _wrong(name, lim, "messages of valid Unicode text", "有效 Unicode 文本的消息", content)
    return Message(role=cast('Literal["system", "user", "assistant"]', role), content=content)


def _check_values(name: str, lim: Limits, value: Any) -> dict[str, Any]:
    most = int(lim.maximum or 0)
    wanted = f"a table of at most {most} numbers and texts by name", f"由名称对应数字或文本的表，最多 {most} 项"
    if isinstance(value, str):
        value = _from_json(value[: MAX_TEXT + 1])
    if not isinstance(value, Mapping) or len(value) > most:
        raise _wrong(name, lim, *wanted, value)
    if not all(isinstance(key, str) and isinstance(part, (str, int, float)) for key, part in value.items()):
        raise _wrong(name, lim, *wanted, value)
    return dict(value)


def _from_json(text: str) -> Any:
    """The value that a text of JSON says; the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _joined(parts: list[Any]) -> str:
    """The texts among the parts of a message: files and components in it are no text, and are left out."""
    texts = (p.get("text") if isinstance(p, dict) and p.get("type", "text") == "text" else p for p in parts)
    return "".join(text for text in texts if isinstance(text, str))


_CHECKS: Mapping[str, Callable[[str, Limits, Any], Any]] = {
    "int": _check_int, "float": _check_float, "str": _check_str, "bool": _check_bool, "image": _check_image,
    "bytes": _check_bytes, "strings": _check_strings, "messages": _check_messages, "values": _check_values,
}  # fmt: skip
