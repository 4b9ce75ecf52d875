"""A conversation as Markdown, and back out of the files a chat was saved to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aigc_core import recipe as recipes
from aigc_core.errors import InvalidRequestError
from aigc_core.recipe import Document, Recipe

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
        InvalidRequestError: the file carries no recipe, or none of a conversation.
    """
    found = recipes.read_document(file)
    try:
        return of(found.recipe, reply_of(found))
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidRequestError(
            f"{Path(file).name} carries no conversation.", f"{Path(file).name} 中没有对话。"
        ) from error


def reply_of(found: Document) -> str | None:
    """The reply in a saved chat; None where the file has none, or is not as it was written."""
    output = found.record.get("output")
    if isinstance(output, Mapping):
        text = output.get("text")
        return text if isinstance(text, str) else None
    try:
        begins = to_markdown(of(found.recipe, ""))
    except (KeyError, TypeError, AttributeError):
        return None
    for text in (found.before, found.before.replace("\r\n", "\n")):
        if text.startswith(begins) and text.endswith("\n\n"):
            return text[len(begins) : -2]
    return None
