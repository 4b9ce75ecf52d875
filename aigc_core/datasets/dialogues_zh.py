"""Chinese conversations, cleaned for :mod:`aigc_core.datasets.dialogues`, which cuts and packs them.

Everyday talk (XPersona) and talk about films, music and journeys (KdConv) come first; asking for restaurants and trains
(CrossWOZ, MultiWOZ) teaches turns but looks up what no small model can know, and talk out of novels is old: little of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aigc_core.datasets import corpus, prose_zh
from aigc_core.datasets.dialogues import Dialogue

SHARES: Mapping[str, float] = {
    "xpersona-zh": 0.44, "kdconv-film": 0.09, "kdconv-music": 0.09, "kdconv-travel": 0.06, "crosswoz": 0.05,
    "multiwoz-zh-human": 0.03, "chatterbot-zh": 0.04, "talk-modern": 0.14, "talk-qing": 0.06,
}  # fmt: skip
"""Share of the training tokens from each source."""
LONGEST = 120
"""Characters of a turn; a conversation is cut before a longer one."""
_WIDE = str.maketrans(",?!:;()", "，？！：；（）")
_HAN = "\u3400-\u9fff"
_ASKS = re.compile(r"(吗|呢|么|谁|哪里|哪儿|什么|怎么样|多少|几点)$")


def read(file: Path, split: str) -> list[Dialogue]:
    """The cleaned conversations of a split, in the file's order; XPersona's persona is that of the second speaker.

    Raises:
        InvalidRequestError: see :func:`aigc_core.datasets.corpus.records`.
    """
    found: list[Dialogue] = []
    seen: set[tuple[str, ...]] = set()
    for record in corpus.records(file, split):
        if record["src"] not in SHARES:
            continue
        turns = tuple(_fit(record["turns"]))
        if len(turns) > 1 and turns not in seen:
            seen.add(turns)
            persona = "".join(tidy(sentence) for sentence in record.get("persona1") or ())
            found.append(Dialogue(source=record["src"], turns=turns, personas=("", persona)))
    return found


def _fit(turns: Sequence[str]) -> Iterator[str]:
    """The turns before the first one that is unfit for training."""
    for turn in turns:
        text = tidy(turn)
        if not 1 < len(text) <= LONGEST or re.search(r"[\[\]{}<>_\\#@|~^]|https?:|[A-Za-z]{20}", text):
            return
        yield text


def tidy(text: str) -> str:
    """Normalise punctuation, spaces and the final mark of Chinese text."""
    text = " ".join(prose_zh.tidy(text).split("\n"))
    text = re.sub(rf"(?<=[{_HAN}”》）])[,?!:;()]|[,?!:;()](?=[{_HAN}“《（])", lambda m: m[0].translate(_WIDE), text)
    text = re.sub(rf"(?<=[{_HAN}])\.(?=$|[{_HAN}])", "。", text)
    text = re.sub(rf"(?<=[{_HAN}，。？！：；、])\s+|\s+(?=[{_HAN}，。？！：；、])", "", text)
    if text and (text[-1].isalnum() or text[-1] in "》”’）"):
        text += "？" if _ASKS.search(text) else "。"
    return text
