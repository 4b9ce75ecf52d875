"""Byte-level BPE tokenizers of our own (Sennrich et al. 2016, arXiv 1508.07909; bytes: Radford et al. 2019).

Text is split at word borders, every word becomes its UTF-8 bytes, and the most frequent pair of neighbours is merged into a
new token until the vocabulary is full. Whatever the text, encoding and decoding give it back exactly: 256 of the tokens are
the bytes themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END = "<|endoftext|>"
"""Token between documents, id 0."""
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
    """Write ``tokenizer.json`` and the further files that transformers' ``AutoTokenizer`` needs."""
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
