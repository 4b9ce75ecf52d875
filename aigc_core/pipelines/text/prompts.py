"""Prompts in which only the template makes control tokens, whatever a person types.

A tokenizer turns the *name* of a control token (``<|im_end|>``) into the token wherever it stands, so text pasted into a
rendered template could close its own turn and open another. Here text never meets that rule: :class:`PlainText` is the
tokenizer without its added tokens, and a chat template is rendered around placeholders, so that the names found in what is
rendered are the template's own. Between two control tokens the template's words and the person's are encoded in one piece,
which gives ordinary text the very ids it would have had.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_EDGE = "\u2005"
"""White space around a placeholder: where the template strips it, it strips the text too."""
_PLACEHOLDER = re.compile("(\u2005?)\U0010f8f0([0-9]+)\U0010f8f1(\u2005?)")
_HIDDEN = "\U0010f8f2"
"""Begins the name under which a control token stays in a vocabulary where text could still meet it."""


class Prompt(NamedTuple):
    """A conversation as the model reads it."""

    text: str
    ids: list[int]


class PlainText:
    """Text to ids, with no way to a control token: the names of added tokens are text like any other.

    Args:
        tokenizer: One of transformers', with a backend of the ``tokenizers`` library.
    """

    def __init__(self, tokenizer: Any) -> None:
        from tokenizers import Tokenizer

        parts = json.loads(tokenizer.backend_tokenizer.to_str())
        names = {token["content"] for token in parts["added_tokens"]} | set(tokenizer.get_added_vocab())
        parts.update(added_tokens=[], truncation=None, padding=None)
        _hide(parts["model"], names)
        self._tokenizer = Tokenizer.from_str(json.dumps(parts))

    def ids(self, text: str, *, framed: bool = False, limit: int | None = None) -> list[int]:
        """Token ids.

        Args:
            framed: Add the tokenizer's own beginning and end of text, where it has them.
            limit: Most tokens, the frame included; the text's last ones are left out.
        """
        encoded = self._tokenizer.encode(text, add_special_tokens=framed)
        ids: list[int] = encoded.ids
        if limit is None or len(ids) <= limit:
            return ids
        inside = [i for i, frame in enumerate(encoded.special_tokens_mask) if not frame]
        left_out = set(inside[max(0, len(inside) - (len(ids) - limit)) :])
        return [token for i, token in enumerate(ids) if i not in left_out]


def _hide(model: dict[str, Any], names: set[str]) -> None:
    """Rename the added tokens in a vocabulary: a unigram model would spell ``</s>`` with its own ``</s>``."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        model["vocab"] = {_HIDDEN + name if name in names else name: i for name, i in vocabulary.items()}
    else:
        model["vocab"] = [[_HIDDEN + name if name in names else name, *rest] for name, *rest in vocabulary]
    if model.get("unk_token") in names:
        model["unk_token"] = _HIDDEN + model["unk_token"]


class Renderer:
    """A tokenizer's chat template, filled in with plain text.

    Args:
        tokenizer: With a ``chat_template``.
    """

    def __init__(self, tokenizer: Any, plain: PlainText) -> None:
        self._tokenizer, self._plain = tokenizer, plain
        added = tokenizer.added_tokens_decoder
        self._control = {str(token): (i, bool(token.lstrip), bool(token.rstrip)) for i, token in added.items()}
        longest_first = sorted(self._control, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def render(
        self,
        messages: Sequence[Mapping[str, str]],
        opening: str = "",
        known: dict[str, list[int]] | None = None,
        **template: Any,
    ) -> Prompt:
        """A conversation, up to where the reply begins.

        Args:
            messages: ``{"role": …, "content": …}``, oldest first.
            opening: Words put into the model's mouth.
            known: Ids of stretches encoded before; filled, so that the turns of a conversation are encoded once.
            template: Variables of the chat template.
        """
        known = {} if known is None else known
        text, ids = "", list[int]()
        for name, stretch in self._stretches(messages, opening, template):
            if name:
                ids.append(self._control[name][0])
            elif stretch:
                if stretch not in known:
                    known[stretch] = self._plain.ids(stretch)
                ids += known[stretch]
            text += name or stretch
        return Prompt(text, ids)

    def _stretches(
        self, messages: Sequence[Mapping[str, str]], opening: str, template: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        """Control tokens by name, and the text between two of them, in order."""
        contents = [message["content"] for message in messages]
        frame: str = self._tokenizer.apply_chat_template(
            [{**m, "content": _placeholder(i) if m["content"] else ""} for i, m in enumerate(messages)],
            tokenize=False,
            add_generation_prompt=True,
            **template,
        )
        place, after = 0, False  # after: whether the control token just passed swallows white space
        for found in self._names.finditer(frame):
            _, before, swallows = self._control[found[0]]
            stretch = _filled(frame[place : found.start()], contents)
            stretch = stretch.lstrip() if after else stretch
            yield "", stretch.rstrip() if before else stretch
            yield found[0], ""
            place, after = found.end(), swallows
        stretch = _filled(frame[place:], contents)
        yield "", (stretch.lstrip() if after else stretch) + opening


def _placeholder(i: int) -> str:
    return f"{_EDGE}\U0010f8f0{i}\U0010f8f1{_EDGE}"


def _filled(frame: str, contents: Sequence[str]) -> str:
    def content(found: re.Match[str]) -> str:
        text = contents[int(found[2])]
        text = text if found[1] else text.lstrip()
        return text if found[3] else text.rstrip()

    return _PLACEHOLDER.sub(content, frame)
