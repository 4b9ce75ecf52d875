"""Whole characters and words as tokens: the tokenizer of the Chinese language models.

Text is cut at the borders of Han runs, Latin words, digits and marks; inside a Han run the most frequent neighbours were
merged into words of up to :data:`LONGEST` characters (byte-pair encoding over characters, Sennrich et al. 2016, arXiv
1508.07909). Characters outside the vocabulary fall back to their UTF-8 bytes, so any text survives encoding and decoding; a
model never draws such a byte (:func:`byte_ids`), so whatever it writes is made of whole characters.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_core.tokenizers import bpe

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END = bpe.END
"""Between documents; id 0. Ids 1 to 3 are :data:`aigc_core.tokenizers.bpe.ROLES`, then come the styles."""
STYLES = ("novel", "essay", "tale", "recipe")
SPECIAL = (END, *bpe.ROLES, *(f"<{style}>" for style in STYLES))
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
LONGEST = 3
"""Characters of a word."""
RUNS = r"\p{Han}+|[A-Za-z]+|\s|[^\p{Han}A-Za-z\s]"
"""Pre-tokenisation: merges stay within Han runs and Latin words; digits, marks and spaces stand alone."""


def train(texts: Iterable[str], vocab_size: int, least: int) -> Tokenizer:
    """Learn the characters seen at least ``least`` times, then words until the vocabulary is full.

    Args:
        vocab_size: All tokens, special tokens and bytes included.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    texts = list(texts)
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(text)
    characters = sorted((c for c, n in counted.items() if n >= least), key=lambda c: (-counted[c], c))
    fixed = (*SPECIAL, *BYTES, *characters)
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Split(Regex(RUNS), behavior="isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=len(characters) + max(0, vocab_size - len(fixed)), initial_alphabet=characters,
        limit_alphabet=len(characters), max_token_length=LONGEST + 1, show_progress=False,
    )  # fmt: skip  # (the trainer's words stay below that length)
    learner.train_from_iterator(texts, trainer)
    learned = json.loads(learner.to_str())["model"]
    merges = [tuple(pair) for pair in learned["merges"]]
    tokens = list(dict.fromkeys((*fixed, *(a + b for a, b in merges))))[: max(vocab_size, len(fixed))]
    known = set(tokens)
    tokenizer = Tokenizer(
        models.BPE(
            {token: i for i, token in enumerate(tokens)},
            [(a, b) for a, b in merges if {a, b, a + b} <= known],
            byte_fallback=True,
        )
    )
    tokenizer.pre_tokenizer = learner.pre_tokenizer
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path, *, window: int, chat: bool = False) -> None:
    """Write ``tokenizer.json``, what transformers' ``AutoTokenizer`` wants beside it, and what is never drawn.

    ``generation_config.json`` suppresses the bytes of characters and the special tokens but for the end.
    """
    bpe.save(tokenizer, folder, window=window, chat=chat)
    never = [*range(1, len(SPECIAL)), *byte_ids(tokenizer)]
    config = {"eos_token_id": 0, "suppress_tokens": never}
    (folder / "generation_config.json").write_text(json.dumps(config) + "\n", "utf-8")


def byte_ids(tokenizer: Tokenizer) -> list[int]:
    """Ids of the tokens that are one byte of a character."""
    return [i for i in map(tokenizer.token_to_id, BYTES) if i is not None]


def style_id(style: str) -> int:
    """Id of the token that opens a text of this style."""
    return SPECIAL.index(f"<{style}>")
