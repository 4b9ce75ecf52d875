"""``python -m aigc_core.evaluation text_gpt_zh MODEL… --data text_zh.jsonl.xz``: Chinese language models beside their yardstick.

Bits per character on the validation split, all of it and each style, of every model named and of an interpolated Kneser-Ney
5-gram over characters, counted on the whole training split; then what free-running text is like: distinct-n (Li et al. 2016)
over characters and the share of character 8-grams that repeat an earlier one, over twenty samples with fixed openings and
seeds.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aigc_core import registry
from aigc_core.datasets import corpus
from aigc_core.datasets.prose_zh import STYLE_OF
from aigc_core.engine import drain
from aigc_core.evaluation import bits_per_byte
from aigc_core.evaluation.ngram_text import TextNGram
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.types import ModelSpec

OPENINGS = (
    ("小说", "却说那日天色已晚，众人来到一座庙前，"),
    ("小说", "话说大宋年间，杭州城内有一个秀才，"),
    ("小说", "那将军听了大怒，拔剑而起，喝道："),
    ("小说", "且说贾母这日正在房中，忽见丫头进来回道："),
    ("小说", "只见山坡下转出一彪人马，为首一员大将，"),
    ("小说", "那老道微微一笑，把葫芦揭开，"),
    ("小说", "正说之间，只听外面有人叩门。"),
    ("小说", "船到江心，忽然起了一阵大风，"),
    ("散文", "我的故乡在江南的一个小镇上。"),
    ("散文", "秋天到了，院子里的树叶"),
    ("散文", "近来常有人问我，青年应当读什么书。"),
    ("散文", "夜里下了一场雨，早晨起来，"),
    ("散文", "我还记得母亲坐在灯下的样子。"),
    ("故事", "从前，村子里住着一个老奶奶，"),
    ("故事", "有一天，小猴子去找大象，"),
    ("故事", "某生，好读书，家甚贫。一夕，"),
    ("故事", "今天老师在课堂上对我们说："),
    ("菜谱", "番茄炒蛋的做法\n"),
    ("菜谱", "红烧豆腐的做法\n"),
    ("菜谱", "1. 把土豆洗净去皮，"),
)
TOKENS = 160
UNICODE = 0x110000
"""Code points, among which a character never seen is shared out equally."""


def held_out(data: Path, split: str = "val", every: int = 1) -> dict[str, str]:
    """Every so many-th text of a split as it is, joined by line feeds: each style's, and ``all``."""
    texts: dict[str, list[str]] = defaultdict(list)
    for record in list(corpus.records(data, split))[::every]:
        texts[STYLE_OF[record["kind"]]].append(record["text"])
    joined = {style: "\n".join(found) for style, found in texts.items()}
    return {**joined, "all": "\n".join(text for found in texts.values() for text in found)}


class CharacterNGram:
    """Interpolated Kneser-Ney over characters; one symbol stands for all that the training text lacks.

    That symbol is seen once; its probability is shared out among all code points without one of their own, so that the
    model, like one that falls back to bytes, can write anything.
    """

    def __init__(self, text: str, order: int = 5) -> None:
        self._numbers = {character: i for i, character in enumerate(sorted(set(text)), 1)}
        self._unseen = math.log2(UNICODE - len(self._numbers))
        self._model = TextNGram(self._row(text), len(self._numbers) + 1, order)

    def _row(self, text: str) -> np.ndarray:
        return np.fromiter((self._numbers.get(character, 0) for character in text), np.int64, len(text))

    def bits(self, text: str) -> float:
        """Σ −log₂ P of a text's characters."""
        row = self._row(text)
        return self._model.bits(row) + self._unseen * int((row == 0).sum())


def yardstick(data: Path, held: Mapping[str, str], order: int = 5) -> dict[str, Any]:
    """Bits per character of the n-gram counted on the training split."""
    model = CharacterNGram(held_out(data, "train")["all"], order)
    figures = {kind: round(model.bits(text) / len(text), 4) for kind, text in held.items()}
    return {"model": f"{order}-gram, characters", **figures}


def sample(spec: ModelSpec, folders: list[Path]) -> list[str]:
    """Continue each opening in its style, opening i with seed i, without selection."""
    pipeline: Any = registry.build(spec, folders)
    styled = "form" in spec.options
    texts = []
    for seed, (style, opening) in enumerate(OPENINGS):
        request = ContinueTextRequest(
            prompt=opening, form=style if styled else "", max_new_tokens=TOKENS, temperature=0.8, top_p=0.9, seed=seed
        )
        texts.append(drain(pipeline.stream(request)).output.text)
    return texts


def distinct(texts: Iterable[str], n: int) -> float:
    """Distinct character n-grams over all of all texts together."""
    grams = [text[i : i + n] for text in texts for i in range(len(text) - n + 1)]
    return len(set(grams)) / max(1, len(grams))


def repeated(texts: Iterable[str], n: int = 8) -> float:
    """Share of a text's character n-grams that stand in it already, over all texts."""
    total = new = 0
    for text in texts:
        grams = [text[i : i + n] for i in range(len(text) - n + 1)]
        total, new = total + len(grams), new + len(set(grams))
    return 1 - new / max(1, total)


def row(name: str, held: Mapping[str, str], *, samples: bool) -> dict[str, Any]:
    """One model's figures."""
    spec = find(name)
    lm = bits_per_byte.load(spec)
    figures: dict[str, Any] = {"model": spec.name}
    figures |= {kind: bits_per_byte.score(lm, text)["bits_per_character"] for kind, text in held.items()}
    if samples:
        texts = sample(spec, bits_per_byte.folders(spec))
        figures |= {f"distinct_{n}": round(distinct(texts, n), 4) for n in (1, 2, 3)}
        figures |= {"repeated_8grams": round(repeated(texts), 4), "texts": texts}
    return figures


def find(name: str) -> ModelSpec:
    """A row, or a checkpoint folder in this model's layout."""
    if Path(name).is_dir():
        from dataclasses import replace

        from aigc_core.catalog.continue_text import TEXT_GPT_ZH

        return replace(TEXT_GPT_ZH, source=bits_per_byte.find(name).source)
    return bits_per_byte.find(name)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation text_gpt_zh", description=__doc__)
    parser.add_argument("models", nargs="*", help="rows of continue_text, or checkpoint folders")
    parser.add_argument("--data", type=Path, required=True, help="text_zh.jsonl.xz")
    parser.add_argument("--yardstick", action="store_true", help="also the 5-gram over characters")
    parser.add_argument("--samples", action="store_true", help="also distinct-n, repetition and the texts")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th text of the split")
    parser.add_argument("--write-val", type=Path, metavar="FILE", help="write the split's text, for bits_per_byte")
    parser.add_argument("--out", type=Path, help="write everything as JSON, too")
    args = parser.parse_args(argv)
    held = held_out(args.data, every=args.every)
    if args.write_val:
        args.write_val.write_bytes(held["all"].encode())
    rows: list[dict[str, Any]] = []

    def say(figures: dict[str, Any]) -> None:
        rows.append(figures)
        print(json.dumps({k: v for k, v in figures.items() if k != "texts"}, ensure_ascii=False))
        sys.stdout.flush()

    if args.yardstick:
        say(yardstick(args.data, held))
    for name in args.models:
        say(row(name, held, samples=args.samples))
    if args.out:
        document = {"data": args.data.name, "split": "val", "unit": "bits per character", "rows": rows}
        args.out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0
