"""A conversation as Markdown, and back out of the files a chat was saved to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from aigc_core import recipe as recipes
from aigc_core.recipe import Recipe

Turns = list[dict[str, str]]
_HEADINGS = {"system": "System", "user": "User", "assistant": "Assistant"}


def of(recipe: Recipe, reply: str | None = None) -> Turns:
    """History, message and, where there is one, the reply: ``{"role": …, "content": …}``, oldest first."""
    given = recipe["parameters"]
    turns = [{"role": m["role"], "content": m["content"]} for m in given.get("history", ())]
    turns.append({"role": "user", "content": given.get("message", "")})
    return turns if reply is None else [*turns, {"role": "assistant", "content": reply}]


def to_markdown(turns: Sequence[dict[str, str]]) -> str:
    """One heading per turn."""
    return "\n\n".join(f"### {_HEADINGS[turn['role']]}\n\n{turn['content']}" for turn in turns)


def read(file: str | Path) -> Turns:
    """The whole conversation in a file that :func:`aigc_core.export.save` wrote, JSON or Markdown.

    Raises:
        InvalidRequestError: the file carries no recipe.
    """
    made = recipes.read(file)
    with Path(file).open(encoding="utf-8", newline="") as handle:
        text = handle.read()
    if text.lstrip().startswith("{"):
        reply = json.loads(text).get("output", {}).get("text")
        return of(made, reply if isinstance(reply, str) else None)
    before = to_markdown(of(made, ""))
    end = text.rindex(f"\n\n<!-- {recipes.KEY}: ")
    return of(made, text[len(before) : end] if text.startswith(before) else None)
