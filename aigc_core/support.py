"""Refuse what a row does not honour before loading it: kinds of request, fields, choices, languages."""

from __future__ import annotations

from collections.abc import Sequence

from aigc_core import registry
from aigc_core.errors import InvalidRequestError
from aigc_core.nlp.scripts import HAN, LATIN, dominant
from aigc_core.tasks.fields import default, limits
from aigc_core.tasks.request import Request
from aigc_core.types import ModelSpec


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


def check_options(request: Request, spec: ModelSpec) -> None:
    """Refuse a choice that the model does not have, such as a ``voice`` of another one."""
    for name, choices in spec.options.items():
        value = getattr(request, name, "")
        if value and value not in choices:
            some = ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
            raise InvalidRequestError(
                f"{spec.name} has no {name} {value!r}. Choose one of: {some}.",
                f"{spec.name} 没有名为 {value!r} 的 {name}。可选：{some}。",
            )


_READ = {"continue_text": "prompt", "chat": "message", "summarize": "text"}
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
    name = _READ.get(request.kind, "")
    found = dominant(getattr(request, name)) if name else None
    if found is None or _reads(spec, found.script):
        return
    known, known_zh = _KNOWS[spec.languages[0]]
    written, written_zh = _WRITTEN[found.script]
    able = [row.name for row in rows if _reads(row, found.script)]
    field = limits(type(request), name)
    raise InvalidRequestError(
        f"{spec.name} knows {known} only, and {name} is {written} ({found.share:.0%} of its letters). "
        + (f"Choose one of: {', '.join(able)}." if able else f"Please write in {known}."),
        f"{spec.name} 只懂{known_zh}，而{field.label_zh}（{name}）中 {found.share:.0%} 的字符为{written_zh}。"
        + (f"可改用：{'、'.join(able)}。" if able else f"请改用{known_zh}。"),
    )


def _reads(spec: ModelSpec, script: str) -> bool:
    return len(spec.languages) != 1 or _SCRIPT_OF.get(spec.languages[0]) == script
