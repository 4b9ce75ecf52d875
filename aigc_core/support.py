"""Refuse what a row does not honour before loading it: kinds of request, fields, choices, languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aigc_core import registry
from aigc_core.datasets import face_labels, poetry
from aigc_core.errors import InvalidRequestError
from aigc_core.nlp.scripts import HAN, LATIN, dominant
from aigc_core.tasks.fields import default, limits
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec


def admit(request: Request, offered: frozenset[str] | None = None) -> Request:
    """The request with its row named, once it is known that the row honours it; nothing is loaded.

    Args:
        offered: Names of the rows that may be run; None for all.

    Raises:
        UnknownModelError: there is no such row, or it is not offered.
        InvalidRequestError: the row does not honour the request; see :func:`check`.
    """
    with registry.offering(offered):
        spec = registry.find(request.model, request.task)
    if offered is not None and spec.name not in offered:
        raise registry.refusal(spec.name, request.task, offered)
    request = replace(request, model=spec.name)
    check(request, spec)
    return request


def check(request: Request, spec: ModelSpec) -> None:
    """Refuse a request that the row would not honour in full.

    Raises:
        InvalidRequestError: names the field, its value, and the rows that honour it.
    """
    check_capabilities(request, spec)
    check_options(request, spec)
    check_language(request, spec, registry.list_models(spec.task))


def check_capabilities(request: Request, spec: ModelSpec) -> None:
    """Refuse a kind of request, or a field set away from its default, that the row would ignore.

    Raises:
        InvalidRequestError: names the field, its value, and the rows that honour it.
    """
    cls = type(request)
    if not registry.answers(spec, cls):
        raise _unsupported(spec, f"requests of the kind {cls.kind}", f"{cls.kind} 类请求", registry.answering(cls))
    for name in cls.varies:
        value = getattr(request, name)
        if name in spec.accepts or value in (None, "", (), default(cls, name)):
            continue
        got = f" (got {value!r})" if isinstance(value, (int, float, str, tuple)) else ""
        label, others = limits(cls, name).label_zh, [s for s in registry.answering(cls) if name in s.accepts]
        raise _unsupported(spec, f"{name}{got}", f"{label}（{name}）", others)


def _unsupported(spec: ModelSpec, what: str, what_zh: str, others: list[ModelSpec]) -> InvalidRequestError:
    names = [other.name for other in others]
    return InvalidRequestError(
        f"{spec.name} does not support {what}. Leave it at its default, or choose one of: {', '.join(names) or 'none'}.",
        f"{spec.name} 不支持{what_zh}。请保留默认值，或改用：{'、'.join(names) or '无'}。",
    )


SPELLED = {"form": poetry.form_name}
"""Fields whose value has several spellings, and what gives the usual one."""


def check_options(request: Request, spec: ModelSpec) -> None:
    """Refuse a choice that the model does not have, such as a ``voice`` of another one."""
    for name, choices in spec.options.items():
        value = getattr(request, name, "")
        usual = SPELLED[name](value) if value and name in SPELLED else value
        if usual and usual not in choices:
            some = ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
            raise InvalidRequestError(
                f"{spec.name} has no {name} {value!r}. Choose one of: {some}.",
                f"{spec.name} 没有名为 {value!r} 的 {name}。可选：{some}。",
            )


READ = {
    "continue_text": "prompt",
    "chat": "message",
    "summarize": "text",
    "speak": "text",
    "faces": "prompt",
    "stylize": "prompt",
    "inpaint": "prompt",
    "compose": "prompt",
}
"""The field whose language the model must know, by kind of request."""
_SCRIPT_OF = {"en": LATIN, "zh": HAN}
_KNOWS = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}
_WRITTEN = {LATIN: ("in Latin letters", "拉丁字母"), HAN: ("Chinese", "汉字"), "": ("in another script", "其他文字")}


def check_language(request: Request, spec: ModelSpec, rows: Sequence[ModelSpec]) -> None:
    """Refuse a text in a script that the model has never learned to read; mixed texts pass.

    Rows with one language read its script alone; those with several are taken to read any.

    Args:
        rows: All models of the task, of which those that can read the text are named.

    Raises:
        InvalidRequestError: names the model, what it knows, the text's script and its share, and who can.
    """
    name = READ.get(request.kind, "")
    refusal = _unread(type(request), getattr(request, name), spec, rows) if name else None
    if refusal is not None:
        raise refusal


def _unread(cls: type[Request], text: str, spec: ModelSpec, rows: Sequence[ModelSpec]) -> InvalidRequestError | None:
    """Error for a text that the row cannot read; None where it can, or takes no text."""
    name = READ[cls.kind]
    found = dominant(text)
    if found is None or not registry.accepts(spec, name, cls) or _reads(spec, found.script):
        return None
    known, known_zh = _KNOWS[spec.languages[0]]
    written, written_zh = _WRITTEN[found.script]
    able = [row.name for row in rows if registry.accepts(row, name, cls) and _reads(row, found.script)]
    field = limits(cls, name)
    return InvalidRequestError(
        f"{spec.name} knows {known} only, and {name} is {written} ({found.share:.0%} of its letters). "
        + (f"Choose one of: {', '.join(able)}." if able else f"Please write in {known}."),
        f"{spec.name} 只懂{known_zh}，而{field.label_zh}（{name}）中 {found.share:.0%} 的字符为{written_zh}。"
        + (f"可改用：{'、'.join(able)}。" if able else f"请改用{known_zh}。"),
    )


def notes(request: Request) -> tuple[tuple[str, str], ...]:
    """Remarks on what a request's row passes over in its text or is not good at, in English and Chinese; for requests that the
    row does not refuse.
    """
    name, spec = READ.get(request.kind), registry.find(request.model, request.task)
    said = None if name is None else remarks(type(request), spec, getattr(request, name))
    deep = too_deep(spec, _depth(request)) if isinstance(request, InpaintRequest) and "reach" in spec.settings else None
    return tuple(one for one in (said, deep) if one is not None)


def _depth(request: InpaintRequest) -> int:
    from aigc_core.media import mask as masks  # heavy, and needed by one task alone

    return masks.depth(masks.prepare(request).hole)


def too_deep(spec: ModelSpec, depth: int) -> tuple[str, str] | None:
    """A remark on a hole whose deepest point lies ``depth`` pixels from its border, in English and Chinese, with the rows that
    reach farther; None where the row reaches it.
    """
    reach = spec.settings.get("reach")
    if reach is None or depth <= reach:
        return None
    rows = [row for row in registry.list_models(spec.task) if not row.needs_gpu]
    farther = [row for row in rows if depth <= row.settings.get("reach", depth)]
    names, names_zh = (joint.join(row.titles[i] for row in farther) for i, joint in enumerate(("; ", "、")))
    return (
        f"The hole is {depth} pixels deep, and {spec.title} reaches {reach}: the middle will not look right."
        + (f" Reaching farther: {names}." if farther else ""),
        f"孔洞最深处距边缘 {depth} 像素，{spec.titles[1]}只能顾及 {reach} 像素，中间部分效果会变差。"
        + (f"可改用：{names_zh}。" if farther else ""),
    )


def remarks(cls: type[Request], spec: ModelSpec, text: str) -> tuple[str, str] | None:
    """Say in English and Chinese what the row would refuse or pass over in a text that is not yet sent; None for nothing."""
    refusal = _unread(cls, text, spec, registry.list_models(spec.task))
    if refusal is not None:
        return str(refusal), refusal.zh
    words = face_labels.ignored(text) if spec.settings.get("prompt_words") == "face labels" else ()
    if not words:
        return None
    shown, shown_zh = ", ".join(words[:12]), "、".join(words[:12])
    known, known_zh = face_labels.KNOWN
    return (
        f"{spec.title} does not know: {shown}. It knows {known}; all else is left to the seed.",
        f"{spec.titles[1]}不认识：{shown_zh}。它认识的有：{known_zh}；其余由种子决定。",
    )


def _reads(spec: ModelSpec, script: str) -> bool:
    return len(spec.languages) != 1 or _SCRIPT_OF.get(spec.languages[0]) == script
