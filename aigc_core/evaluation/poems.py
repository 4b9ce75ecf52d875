"""Evaluate the poet: form, rhyme, acrostics, copying, diversity, and bits per character, beside the poets' own verse.

python -m aigc_core.evaluation poems text-poet-zh --data poetry_zh.jsonl.xz [--count 60] [--samples FILE]

Forms and titles are those of validation poems; nothing is picked. One JSON line.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from aigc_core import terminal
from aigc_core.datasets import poetry
from aigc_core.datasets.poetry import CI, REGULATED, Pattern, Poem
from aigc_core.tokenizers import poem_tokens

GRAM = 8
"""Characters in a row, marks left out, that count as copied when a training poem has them."""
HEADS = 4


@dataclass(frozen=True)
class Written:
    """A poem and the form it should have."""

    text: str
    """Lines with their marks, simplified."""
    pattern: Pattern

    @property
    def lines(self) -> list[str]:
        """Characters of every line."""
        return [characters for characters, _ in poetry.lines_of(self.text)]


def valid(poem: Written) -> bool:
    """True if the poem has exactly the lines, lengths and marks of its form."""
    wanted = tuple((line.length, line.mark) for line in poem.pattern)
    return poetry.shape(poetry.lines_of(poem.text)) == wanted and "".join(f"{w}{m}" for w, m in poetry.lines_of(poem.text)) == poem.text  # fmt: skip


def rhyming(poem: Written) -> list[bool]:
    """For every foot after the first of its rhyme group: whether it rhymes with that one and is another character."""
    firsts: dict[str, str] = {}
    found = []
    for line, text in zip(poem.pattern, poem.lines, strict=False):
        if not line.rhyme or line.opens:
            continue
        if line.rhyme in firsts:
            first = firsts[line.rhyme]
            found.append(first != text[-1] and poetry.rhymes(first, text[-1]))
        else:
            firsts[line.rhyme] = text[-1]
    return found


def distinct(poems: Sequence[Written], n: int) -> float:
    """Different n-grams of characters within lines, over all of them (Li et al. 2016, arXiv 1510.03055)."""
    grams = [line[i : i + n] for poem in poems for line in poem.lines for i in range(len(line) - n + 1)]
    return len(set(grams)) / max(1, len(grams))


def copied(poems: Sequence[Written], training: Iterable[str]) -> dict[str, float]:
    """Shares of the poems' lines of five or more characters, and of their 8-grams, that stand in a training text.

    Args:
        training: Texts with marks.
    """
    lines = [line for poem in poems for line in poem.lines if len(line) >= 5]
    grams = [joined[i : i + GRAM] for poem in poems for joined in ["".join(poem.lines)] for i in range(len(joined) - GRAM + 1)]  # fmt: skip
    wanted_lines, wanted_grams = set(lines), set(grams)
    seen_lines, seen_grams = set[str](), set[str]()
    for text in training:
        parts = [characters for characters, _ in poetry.lines_of(text)]
        seen_lines.update(wanted_lines.intersection(parts))
        joined = "".join(parts)
        seen_grams.update(wanted_grams.intersection(joined[i : i + GRAM] for i in range(len(joined) - GRAM + 1)))
    return {
        "copied_lines": sum(line in seen_lines for line in lines) / max(1, len(lines)),
        "copied_8grams": sum(gram in seen_grams for gram in grams) / max(1, len(grams)),
    }


def measures(poems: Sequence[Written], training: Iterable[str]) -> dict[str, float]:
    """All of the above, rounded."""
    feet = [foot for poem in poems for foot in rhyming(poem)]
    whole = [all(found) for poem in poems if (found := rhyming(poem))]
    figures = {
        "valid_form": sum(map(valid, poems)) / len(poems),
        "rhyme_rate": sum(feet) / max(1, len(feet)),
        "poems_rhyming_throughout": sum(whole) / max(1, len(whole)),
        **copied(poems, training),
        **{f"distinct_{n}": distinct(poems, n) for n in (1, 2, 3)},
    }
    return {name: round(value, 4) for name, value in figures.items()}


def bits_per_character(lm: Any, poems: Iterable[Poem]) -> float:
    """Σ −log₂ p of lines, marks and end, given form, author and title, over characters with marks."""
    from aigc_core.pipelines.text.inspect_lm import log_probabilities

    bits, characters = 0.0, 0
    for poem in poems:
        head = lm.encode_control(poem_tokens.header_of(poem))
        ids = [*head, *lm.encode(poem.text), 0][: lm.window]
        at = 1
        for piece in log_probabilities(lm, ids):
            for row in piece:
                bits -= float(row[ids[at]]) / math.log(2) if at >= len(head) else 0.0
                at += 1
        characters += len(poem.text)
    return bits / characters


def chosen(poems: Sequence[Poem], tunes: Iterable[str], count: int) -> list[Poem]:
    """Validation poems to take form and title from: the five kinds of form by turns."""
    known = set(tunes)
    kinds = [[poem for poem in poems if poem.form == form and poem.title] for form in REGULATED]
    kinds.append([poem for poem in poems if poem.form == CI and poem.tune in known])
    turns = cycle([iter(kind) for kind in kinds])
    return [poem for poem in (next(turn, None) for turn, _ in zip(turns, range(count), strict=False)) if poem]


def main(argv: Sequence[str] | None = None) -> int:
    """Write poems and print the figures."""
    from aigc_core import registry, weights
    from aigc_core.engine import drain
    from aigc_core.pipelines.text.poem_plan import Book
    from aigc_core.tasks.continue_text import ContinueTextRequest

    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation poems", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, required=True, help="poetry_zh.jsonl.xz")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--val", type=int, default=200, help="validation poems scored for bits per character")
    parser.add_argument("--samples", type=Path, help="write the poems there")
    args = parser.parse_args(argv)
    spec = registry.find(args.model, "continue_text")
    poet: Any = registry.load(spec.name)
    book = Book.read(drain_folder(weights.ensure(spec.source)))
    held, training = list(poetry.poems(args.data, "val")), [poem.text for poem in poetry.poems(args.data, "train")]
    sources = chosen(held, book.tunes, args.count)

    def write(i: int, poem: Poem, acrostic: str = "") -> str:
        request = ContinueTextRequest(
            model=spec.name, prompt="", form=poem.tune or poem.form, title=poem.title, acrostic=acrostic, seed=i
        )
        text: str = drain(poet.stream(request)).output.text
        return text

    texts = [write(i, poem) for i, poem in enumerate(sources)]
    poems = [Written(text.replace("\n", ""), book.pattern(p.tune or p.form)) for text, p in zip(texts, sources, strict=True)]  # fmt: skip
    human = [Written(p.text, book.pattern(p.tune or p.form)) for p in sources]
    headed = [("".join(p.text[j] for j in (0, 2, 8, 10)[:HEADS]), p) for p in sources[: args.count // 2] if len(p.text) > 20]  # fmt: skip
    headed = [
        (heads, p) for heads, p in headed if poetry.is_han(heads) and len(book.pattern(p.tune or p.form)) >= HEADS
    ]
    right = [
        [line[0] for line, _ in poetry.lines_of(write(i, p, heads).replace("\n", ""))[:HEADS]] == list(heads)
        for i, (heads, p) in enumerate(headed)
    ]
    figures = {
        "model": spec.name, "poems": len(poems), **measures(poems, training), "acrostics": len(right),
        "acrostics_right": sum(right) / max(1, len(right)),
        "val_poems": min(args.val, len(held)),
        "bits_per_character": round(bits_per_character(poet.loaded(), held[: args.val]), 4),
        "human_rhyme_rate": measures(human, ())["rhyme_rate"],
    }  # fmt: skip
    if args.samples is not None:
        blocks = [f"{p.tune or p.form}《{p.title or p.tune}》\n{text}" for p, text in zip(sources, texts, strict=True)]
        args.samples.write_text("\n\n".join(blocks) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    return 0


def drain_folder(fetching: Any) -> Path:
    """The first folder of a source that is at hand or being fetched."""
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            folder: Path = done.value[0]
            return folder


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
