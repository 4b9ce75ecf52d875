"""Characters as tokens: the poet's tokenizer, and how a poem is laid out for it.

    <五律> <author> 杜 甫 <title> 春 望 <poem> 国 破 山 河 在 ， … <|endoftext|>
    <词> 浣 溪 沙 <author> 晏 殊 <poem> 一 曲 新 词 酒 一 杯 。 …

Author and title may be missing, so that the poet can also write without them. Characters too rare for the vocabulary fall
back to their UTF-8 bytes, so any text survives encoding and decoding.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_core.datasets.poetry import FORMS, Poem

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END = "<|endoftext|>"
"""Id 0."""
AUTHOR, TITLE, POEM = "<author>", "<title>", "<poem>"
SPECIAL = (END, *(f"<{form}>" for form in FORMS), AUTHOR, TITLE, POEM)
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))


def train(texts: Iterable[str], least: int, multiple: int = 64) -> Tokenizer:
    """The characters seen at least ``least`` times, after the special tokens and the bytes.

    Args:
        multiple: Rarer characters fill the vocabulary up to a multiple of this.
    """
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(text)
    ordered = sorted(counted, key=lambda character: (-counted[character], character))
    fixed = len(SPECIAL) + len(BYTES)
    kept = sum(counted[character] >= least for character in ordered)
    kept += -(fixed + kept) % multiple
    return build(ordered[:kept])


def build(characters: Iterable[str]) -> Tokenizer:
    """A tokenizer of these characters; text is never split otherwise than into characters or bytes."""
    from tokenizers import AddedToken, Tokenizer, decoders, models

    vocabulary = {token: i for i, token in enumerate((*SPECIAL, *BYTES, *characters))}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], byte_fallback=True))
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path, window: int) -> None:
    """Write ``tokenizer.json`` and the further files that transformers' ``AutoTokenizer`` needs."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "clean_up_tokenization_spaces": False,
        "model_max_length": window,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n", "utf-8")


def header(form: str, tune: str = "", author: str = "", title: str = "") -> str:
    """The header before a poem's first line; encode it with :class:`Encoder`, which knows the special tokens."""
    return f"<{form}>{tune}" + (AUTHOR + author if author else "") + (TITLE + title if title else "") + POEM


def header_of(poem: Poem, *, author: bool = True, title: bool = True) -> str:
    """The header of a record, with or without author and title."""
    return header(poem.form, poem.tune, poem.author if author else "", poem.title if title else "")
