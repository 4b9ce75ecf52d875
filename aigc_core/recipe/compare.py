"""Compare a recipe with what would be run for it, and name every difference before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from aigc_core.errors import InvalidRequestError
from aigc_core.recipe.record import FIELDS, Recipe
from aigc_core.tasks.fields import default
from aigc_core.tasks.request import Request

ADDED: Mapping[str, tuple[str, ...]] = {
    "continue_text": (
        "typical_p", "watermark", "penalty_alpha", "speculative", "form", "title", "author", "acrostic", "script",
    ),
    "chat": ("typical_p", "watermark", "candidates"),
    "compose": ("style", "key", "primer_as"),
    "faces": ("candidates",),
    "stylize": ("blend", "style_scale", "keep_colors_by"),
    "inpaint": ("objects", "extend_left", "extend_right", "extend_top", "extend_bottom"),
}  # fmt: skip
"""Fields that came later, by task. Their defaults switch them off, so that a recipe without them means the same."""
_SHOWN = 12
"""Differences that are named one by one."""


class Difference(NamedTuple):
    """One thing that would not be as the recipe says, in both languages."""

    en: str
    zh: str


def differences(recipe: Recipe, cls: type[Request], weights: str) -> list[Difference]:
    """Unknown fields, missing fields and other weights; versions, licence and date are not compared.

    Args:
        weights: What identifies the weights that would run, from :func:`aigc_core.weights.sha256`.
    """
    given = recipe.get("parameters")
    parameters = given if isinstance(given, Mapping) else {}
    names = [field.name for field in fields(cls) if field.name not in ("model", "seed")]
    found = [_unknown(key) for key in recipe if key not in FIELDS]
    found += [_unknown(f"parameters.{key}") for key in parameters if key not in names]
    found += [_missing(cls, name) for name in names if name not in parameters and name not in ADDED.get(cls.task, ())]
    found += [
        Difference(f"{name}: missing, the default would be used", f"{name}：缺失，将使用默认值")
        for name in ("model", "seed")
        if recipe.get(name) in (None, "")
    ]
    if recipe.get("weights") != weights:
        recorded = str(recipe.get("weights", "")) or "none"
        found.append(
            Difference(
                f"weights: the recipe was made with {recorded[:12]}, this copy has {weights[:12] or 'none'}",
                f"权重：配方使用 {recorded[:12]}，当前为 {weights[:12] or '无'}",
            )
        )
    return found


def _unknown(name: str) -> Difference:
    return Difference(f"{name[:60]}: unknown field, nothing would be done with it", f"{name[:60]}：未知字段，不会生效")


def _missing(cls: type[Request], name: str) -> Difference:
    value = default(cls, name)
    shown = "none" if value is None else repr(value)
    return Difference(
        f"{name}: missing, its default {shown:.40} would be used", f"{name}：缺失，将使用默认值 {shown:.40}"
    )


def refused(found: Sequence[Difference]) -> InvalidRequestError:
    """The one message that lists them."""
    more = len(found) - _SHOWN
    en, zh = ("; ".join(one[i] for one in found[:_SHOWN]) for i in (0, 1))
    if more > 0:
        en, zh = f"{en}; and {more} more", f"{zh}；另有 {more} 项"
    return InvalidRequestError(
        f"This would not be what the recipe says. {en}. Use --anyway to run it with these differences.",
        f"运行结果将与配方不符：{zh}。如仍要运行，请加 --anyway。",
    )


def notes(recipe: Recipe, made: Recipe) -> list[str]:
    """Differences after a replay with the same settings: versions and machine, and the pipeline's own facts."""
    versions, facts = (_changed(recipe.get(key), made.get(key)) for key in ("versions", "info"))
    found = [f"versions or threads differ from the recipe's, so the bytes may too: {versions}"] if versions else []
    if recipe.get("app") != made.get("app"):
        found.append(f"made by {recipe.get('app')!s:.40}, this is {made.get('app')}")
    if facts:
        found.append(f"the run differs from the recipe's: {facts}")
    return found


def _changed(then: Any, now: Any) -> str:
    """``name recorded → now`` of all entries that differ; empty where all agree."""
    old: Mapping[str, Any] = then if isinstance(then, Mapping) else {}
    new: Mapping[str, Any] = now if isinstance(now, Mapping) else {}
    names = [name for name in sorted({*old, *new}) if _json(old.get(name)) != _json(new.get(name))]
    return ", ".join(f"{name[:40]} {old.get(name, '–')!s:.40} → {new.get(name, '–')!s:.40}" for name in names[:_SHOWN])


def _json(value: Any) -> Any:
    """Convert a value to the form it has when read from a file, where tuples are lists."""
    return [_json(inner) for inner in value] if isinstance(value, (list, tuple)) else value
