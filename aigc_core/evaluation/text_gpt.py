"""``python -m aigc_core.evaluation text_gpt MODEL… --data text_en.jsonl.xz``: compare language models with baselines.

Bits per byte on the validation split, simple stories and novels apart, of every model named, of interpolated 5-grams over
bytes and over the GPT's own tokens (counted on the whole training split), and of ``xz``; then what free-running text is
like: distinct-n (Li et al. 2016) and the share of 4-grams that repeat an earlier one, over twenty samples with fixed
openings and seeds.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aigc_core import registry
from aigc_core.datasets import corpus
from aigc_core.engine import drain
from aigc_core.evaluation import bits_per_byte
from aigc_core.evaluation.ngram_text import TextNGram
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tokenizers import bpe
from aigc_core.types import ModelSpec

OPENINGS = (
    "Once upon a time there was a little girl who lived near the river.",
    "The monkey wanted to eat a mango.",
    "One day, the elephant lost his hat.",
    "Grandmother told us a story about the moon.",
    "It was raining, and the children stayed inside.",
    "The dog ran after the bus.",
    "My brother is afraid of the dark.",
    "The farmer had three goats.",
    "A small bird sat on the roof of the school.",
    "Today is market day.",
    "The old house stood at the end of the lane.",
    '"You must not go there," said the captain.',
    "It was a cold night in December, and the fire was burning low.",
    "Mr. Brown had never been so surprised in his life.",
    "She opened the letter with trembling hands.",
    "The ship left the harbour at dawn.",
    "The king called his three sons.",
    '"Who are you?" asked the boy.',
    "In the village there lived a poor shoemaker.",
    "The two friends walked through the forest.",
)
WORDS = 100
TOKENS = 160
"""Enough for a hundred words in any of the vocabularies here."""


def sample(spec: ModelSpec, folders: list[Path]) -> list[str]:
    """Write a hundred words after each opening, opening i with seed i, without selection."""
    pipeline: Any = registry.build(spec, folders)
    texts = []
    for seed, opening in enumerate(OPENINGS):
        request = ContinueTextRequest(prompt=opening, max_new_tokens=TOKENS, temperature=0.7, top_p=0.9, seed=seed)
        text = drain(pipeline.stream(request)).output.text
        words = list(re.finditer(r"\S+", text))[:WORDS]
        texts.append(text[: words[-1].end()] if words else "")
    return texts


def distinct(texts: Iterable[str], n: int) -> float:
    """Distinct word n-grams over all word n-grams of all texts together."""
    grams = [gram for text in texts for gram in ngrams(text, n)]
    return len(set(grams)) / max(1, len(grams))


def repeated(texts: Iterable[str], n: int = 4) -> float:
    """Share of a text's word n-grams that stand in it already, over all texts."""
    pairs = [(len(grams := ngrams(text, n)), len(set(grams))) for text in texts]
    return 1 - sum(kinds for _, kinds in pairs) / max(1, sum(total for total, _ in pairs))


def ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    """Word n-grams, lower case."""
    words = text.lower().split()
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def yardsticks(data: Path, tokenizer_folder: Path, held: dict[str, str]) -> Iterable[dict[str, Any]]:
    """Rows of ``xz`` and of the 5-grams over bytes and over tokens."""
    sizes = {kind: len(text.encode()) for kind, text in held.items()}
    yield {
        "model": "xz",
        **{kind: round(8 * len(lzma.compress(t.encode(), preset=9 | lzma.PRESET_EXTREME)) / sizes[kind], 4) for kind, t in held.items()},
    }  # fmt: skip
    simple, novels = corpus.english(data, "train")
    text = "\n".join([*simple, *novels])
    model = TextNGram(np.frombuffer(text.encode(), np.uint8), 256)
    yield {
        "model": "5-gram, bytes",
        **{k: round(model.bits(np.frombuffer(t.encode(), np.uint8)) / sizes[k], 4) for k, t in held.items()},
    }
    tokenizer = bpe.load(tokenizer_folder)
    row = np.concatenate([np.asarray(part.ids, np.int64) for part in tokenizer.encode_batch([*simple, *novels])])
    model = TextNGram(row, tokenizer.get_vocab_size())
    yield {
        "model": "5-gram, tokens",
        **{k: round(model.bits(np.asarray(tokenizer.encode(t).ids)) / sizes[k], 4) for k, t in held.items()},
    }


def held_out(data: Path, characters: int) -> dict[str, str]:
    """Validation texts of both kinds; of the novels an equal share each, without those that are in the training split, too."""
    (_, train), (simple, novels) = (corpus.english(data, split) for split in ("train", "val"))
    known = "\n".join(train)
    fresh = [text for text in novels if not _known(text, known)]
    share = characters // max(1, len(fresh))
    return {"simple": "\n".join(simple)[:characters], "novels": "\n".join(text[:share] for text in fresh)}


def _known(text: str, corpus_text: str) -> bool:
    """True if more than a tenth of fifty samples of sixty characters occur in another text."""
    starts = range(0, max(1, len(text) - 60), max(1, len(text) // 50))
    return sum(text[at : at + 60] in corpus_text for at in starts) > len(starts) / 10


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation text_gpt", description=__doc__)
    parser.add_argument("models", nargs="+", help="rows of continue_text, or checkpoint folders")
    parser.add_argument("--data", type=Path, required=True, help="text_en.jsonl.xz")
    parser.add_argument("--characters", type=int, default=60_000, help="most of each kind that is read")
    parser.add_argument("--yardsticks", type=Path, metavar="FOLDER", help="also xz and 5-grams, with this tokenizer")
    parser.add_argument("--samples", action="store_true", help="also distinct-n, repetition and the texts")
    parser.add_argument("--out", type=Path, help="write everything as JSON, too")
    args = parser.parse_args(argv)
    held = held_out(args.data, args.characters)
    rows: list[dict[str, Any]] = []

    def say(row: dict[str, Any]) -> None:
        rows.append(row)
        print(json.dumps({k: v for k, v in row.items() if k != "texts"}, ensure_ascii=False))
        sys.stdout.flush()

    for name in args.models:
        spec = bits_per_byte.find(name)
        lm = bits_per_byte.load(spec)
        row: dict[str, Any] = {"model": spec.name}
        row |= {kind: bits_per_byte.score(lm, text)["bits_per_byte"] for kind, text in held.items()}
        if args.samples:
            texts = sample(spec, bits_per_byte.folders(spec))
            row |= {f"distinct_{n}": round(distinct(texts, n), 4) for n in (1, 2, 3)}
            row |= {"repeated_4grams": round(repeated(texts), 4), "texts": texts}
        say(row)
    if args.yardsticks:
        for row in yardsticks(args.data, args.yardsticks, held):
            say(row)
    if args.out:
        args.out.write_text(json.dumps({"data": args.data.name, "split": "val", "rows": rows}, indent=1, ensure_ascii=False) + "\n", "utf-8")  # fmt: skip
    return 0
