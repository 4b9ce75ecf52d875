"""Parse a request for a poem: form, pattern, given lines, acrostic; anything unclear is refused here.

Input may be in either script; the plan is in simplified characters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aigc_core.datasets import poetry
from aigc_core.datasets.poetry import MARKS, REGULATED, Pattern
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tokenizers import poem_tokens


@dataclass(frozen=True, kw_only=True)
class Book:
    """The tunes and authors that the poet knows: ``poet.json`` of the checkpoint."""

    tunes: Mapping[str, Pattern]
    """Most written first."""
    authors: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path) -> Book:
        """Read it.

        Raises:
            CheckpointError: missing or damaged.
        """
        file = folder / "poet.json"
        try:
            facts = json.loads(file.read_text("utf-8"))
            tunes = {tune: poetry.parsed(text) for tune, text in facts["tunes"].items()}
            return cls(tunes=tunes, authors=tuple(facts["authors"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{file} is missing or damaged.", f"{file} 缺失或已损坏。") from error

    def pattern(self, form: str) -> Pattern:
        """The pattern of a regulated form or a known tune."""
        return poetry.regulated(form) if form in REGULATED else self.tunes[form]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One poem to write."""

    form: str
    """五绝, 七绝, 五律, 七律 or the tune's name."""
    pattern: Pattern
    author: str = ""
    title: str = ""
    given: tuple[str, ...] = ()
    """Characters of the lines given, the last perhaps unfinished."""
    heads: tuple[str, ...] = ()
    """First characters of the first lines."""
    traditional: bool = False
    """Write traditional characters."""
    as_typed: tuple[str, ...] = field(default=(), compare=False)
    """The acrostic in the script it was typed in."""

    @property
    def header(self) -> str:
        """The header that the network reads before the first line."""
        regulated = self.form in REGULATED
        form, tune = (self.form, "") if regulated else (poetry.CI, self.form)
        return poem_tokens.header(form, tune, self.author, self.title)


def plan(request: ContinueTextRequest, book: Book) -> Plan:
    """Read a request.

    Raises:
        InvalidRequestError: form or author unknown, prompt or acrostic not Chinese, or they do not fit the form or each other.
    """
    prompt, acrostic = poetry.normalised(request.prompt), _acrostic(request.acrostic)
    _check_prompt(prompt)
    heads = tuple(poetry.simplified(acrostic))
    form = _form(request.form, prompt, len(heads), book)
    pattern = book.pattern(form)
    if len(heads) > len(pattern):
        longer = "; 律诗 has 8 lines, tunes have more" if len(pattern) < 8 else ""
        raise InvalidRequestError(
            f"acrostic has {len(heads)} characters; {form} has {len(pattern)} lines{longer}. Please shorten it or choose a longer form.",
            f"藏头共 {len(heads)} 字，而{form}只有 {len(pattern)} 句。请缩短藏头，或换用更长的体裁。",
        )
    given = _given(prompt, pattern, form)
    for i, (line, head) in enumerate(zip(given, heads, strict=False), 1):
        if line and line[0] != head:
            raise InvalidRequestError(
                f"Line {i} of the prompt begins with {line[0]}, but the acrostic requires {head}. Please change one of them.",
                f"开头第 {i} 句以“{line[0]}”起首，与藏头“{head}”不符，请修改其一。",
            )
    typed = request.prompt + request.title + acrostic
    traditional = request.script == "traditional" or (not request.script and poetry.simplified(typed) != typed)
    return Plan(
        form=form, pattern=pattern, author=_author(request.author, book), title=_title(request.title),
        given=given, heads=heads, traditional=traditional, as_typed=tuple(acrostic),
    )  # fmt: skip


def _acrostic(text: str) -> str:
    text = "".join(text.split()).strip(MARKS)
    if text and not poetry.is_han(text):
        raise InvalidRequestError(
            f"acrostic must be Chinese characters only; got {text[:20]!r}.", f"藏头只能是汉字，收到“{text[:20]}”。"
        )
    return text


def _check_prompt(prompt: str) -> None:
    bare = "".join(character for character in prompt if character not in MARKS)
    if prompt and not poetry.is_han(bare):
        raise InvalidRequestError(
            f"This model writes classical Chinese poems only: prompt must be Chinese characters and punctuation; got {prompt[:20]!r}. "
            "Choose another model for other text.",
            f"该模型只写古典诗词：待续写文本只能包含汉字与标点，收到“{prompt[:20]}”。其他文本请换用别的模型。",
        )


def _title(text: str) -> str:
    title = "".join(character for character in poetry.simplified(text) if poetry.is_han(character))
    if text.strip() and not title:
        raise InvalidRequestError(
            f"title must contain Chinese characters; got {text[:20]!r}.", f"题目须含汉字，收到“{text[:20]}”。"
        )
    return title


def _author(text: str, book: Book) -> str:
    author = poetry.simplified(text).strip()
    if author and author not in book.authors:
        known = "、".join(book.authors[:6])
        raise InvalidRequestError(
            f"author {text[:20]!r} is not one of the {len(book.authors)} poets this model knows well, such as {known}. "
            "Choose one of them or leave it empty.",
            f"作者“{text[:20]}”不在本模型熟悉的 {len(book.authors)} 位诗人之列（如{known}）。请改选或留空。",
        )
    return author


def _form(text: str, prompt: str, heads: int, book: Book) -> str:
    """The form asked for, or the one that prompt and acrostic suggest."""
    form = poetry.form_name(text)
    if form:
        if form in REGULATED or form in book.tunes:
            return form
        tunes = "、".join(list(book.tunes)[:6])
        raise InvalidRequestError(
            f"form {text[:20]!r} is unknown. Choose 五绝, 七绝, 五律, 七律 or one of {len(book.tunes)} tunes such as {tunes}.",
            f"没有体裁“{text[:20]}”。可选五绝、七绝、五律、七律，或 {len(book.tunes)} 种词牌之一，如{tunes}。",
        )
    lines = [line for line in _split(prompt) if line]
    length = len(lines[0]) if lines else 7
    if length in (5, 7) and {len(line) for line in lines[1:-1]} <= {length}:
        long = heads > 4 or len(lines) > 4
        return {5: "五", 7: "七"}[length] + ("律" if long else "绝")
    if length < 5 and len(lines) == 1 and prompt[-1] not in MARKS:
        return "七绝"
    for tune, pattern in book.tunes.items():
        wanted = [line.length for line in pattern]
        if [len(line) for line in lines] == wanted[: len(lines)] and len(wanted) > len(lines):
            return tune
    raise InvalidRequestError(
        f"No form begins with lines of {', '.join(str(len(line)) for line in lines)} characters; a poem has lines of 5 or 7. "
        "Separate the lines by punctuation or choose a form.",
        f"没有以 {'、'.join(str(len(line)) for line in lines)} 字句开头的体裁；诗句应为五字或七字。请用标点断句，或选定体裁。",
    )


def _split(prompt: str) -> list[str]:
    """Lines of a prompt, without their marks; after a closing mark follows an empty one."""
    for mark in MARKS:
        prompt = prompt.replace(mark, "\n")
    return prompt.split("\n")


def _given(prompt: str, pattern: Pattern, form: str) -> tuple[str, ...]:
    """The prompt cut into lines of the pattern; marks may be left out, but must not stand elsewhere."""
    lines: list[str] = []
    for part in [part for part in _split(prompt) if part]:
        rest = part
        while rest:
            if len(lines) == len(pattern):
                raise _full(form, len(pattern))
            length = pattern[len(lines)].length
            lines.append(rest[:length])
            rest = rest[length:]
        if len(lines[-1]) < pattern[len(lines) - 1].length and not prompt.endswith(part):
            raise _misfit(form, len(lines), len(lines[-1]), pattern[len(lines) - 1].length)
    if lines and prompt[-1] in MARKS and len(lines[-1]) < pattern[len(lines) - 1].length:
        raise _misfit(form, len(lines), len(lines[-1]), pattern[len(lines) - 1].length)
    if len(lines) == len(pattern) and len(lines[-1]) == pattern[-1].length:
        raise _full(form, len(pattern))
    return tuple(lines)


def _full(form: str, count: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"The prompt already fills the {count} lines of {form}; nothing is left to write. Shorten it or choose a longer form.",
        f"开头已写满{form}的 {count} 句，无可续写。请删去几句，或换用更长的体裁。",
    )


def _misfit(form: str, number: int, got: int, wanted: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"Line {number} of the prompt has {got} characters; in {form} it has {wanted}. Please correct it or choose another form.",
        f"开头第 {number} 句有 {got} 字，而{form}此句应为 {wanted} 字。请修改，或换一种体裁。",
    )
