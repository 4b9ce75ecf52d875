"""Byte-level BPE tokenizers of our own (Sennrich et al. 2016, arXiv 1508.07909; bytes: Radford et al. 2019).

Text is split at word borders, every word becomes its UTF-8 bytes, and the most frequent pair of neighbours is merged into a
new token until the vocabulary is full. Whatever the text, encoding and decoding give it back exactly: 256 of the tokens are
the bytes themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END = "<|endoftext|>"
"""Between documents; id 0."""
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
"""Open a turn of a conversation, ids 1 to 3; :data:`END` closes it."""
CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] | trim + '<|endoftext|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
WORDS = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""GPT-2's word borders, with digits one by one."""


def train(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn the merges; ids 0 to 3 are :data:`END` and :data:`ROLES`."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[END, *ROLES],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path, *, window: int, chat: bool = False) -> None:
    """Write ``tokenizer.json`` and what transformers' ``AutoTokenizer`` wants beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "clean_up_tokenization_spaces": False,
        "model_max_length": window,
        **({"chat_template": CHAT_TEMPLATE, "additional_special_tokens": list(ROLES)} if chat else {}),
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def load(folder: Path) -> Tokenizer:
    """The ``tokenizer.json`` of a checkpoint."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))


Word = tuple[str, ...]
"""A word as the pieces it has been merged to so far, in the alphabet of :func:`byte_of`."""


def ranks(tokenizer: Tokenizer) -> Mapping[tuple[str, str], int]:
    """The place of every pair in the list of merges: what was learned first is merged first."""
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return {(first, second): rank for rank, (first, second) in enumerate(merges)}


def merging(tokenizer: Tokenizer, text: str) -> Iterator[list[Word]]:
    """Encode a text by hand: its words as single bytes, then after each merge, of all words the one learned first.

    Ends with the tokens that the tokenizer itself gives. A merge joins every occurrence of its pair at once.
    """
    order = ranks(tokenizer)
    words: list[Word] = [tuple(word) for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
    yield words
    while pairs := {pair for word in words for pair in pairwise(word) if pair in order}:
        first = min(pairs, key=lambda pair: order[pair])
        words = [merged(word, first) for word in words]
        yield words


def merged(word: Word, pair: tuple[str, str]) -> Word:
    """The word with every occurrence of the pair, from the left, as one piece."""
    pieces: list[str] = []
    i = 0
    while i < len(word):
        joined = word[i : i + 2] == pair
        pieces.append("".join(pair) if joined else word[i])
        i += 1 + joined
    return tuple(pieces)


@cache
def byte_of() -> Mapping[str, int]:
    """The byte that each character of the byte-level alphabet stands for.

    Bytes that print stand for themselves; the others are numbered from U+0100 on (Radford et al. 2019).
    """
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = (byte for byte in range(256) if byte not in prints)
    return {chr(byte): byte for byte in prints} | {chr(0x100 + i): byte for i, byte in enumerate(others)}


def piece_bytes(piece: str) -> bytes:
    """The bytes of a piece of a word."""
    return bytes(byte_of()[character] for character in piece)


def shown(piece: str) -> str:
    """A piece as text where it is whole characters (a space is ␣, a line break ⏎), else its bytes in hexadecimal."""
    raw = piece_bytes(piece)
    try:
        return raw.decode().replace(" ", "␣").replace("\n", "⏎")
    except UnicodeDecodeError:
        return raw.hex(" ")
