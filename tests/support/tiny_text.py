"""Language models of a few kilobytes: the real classes with random weights, saved as a hub repository would be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from aigc_core import registry, runtime
from aigc_core.pipelines.text import causal_lm_loading
from aigc_core.pipelines.text.causal_lm import CausalLM
from aigc_core.types import Local, ModelSpec

runtime.torchaudio()  # transformers imports it

WINDOW = 160
WORDS = "the lighthouse keeper climbed a stair and lit the lamp; 灯塔 看守人 点亮 了 灯。 Once upon a time there was light. "
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)
SUMMARY_WORDS = "The the a tram line city council votes to build costs money mayor says".split()
SUMMARY_TEXT = " ".join(["The city council votes to build a tram line.", "The mayor says the line costs money."] * 3)


# --- decoders ---


def save_tokenizer(folder: Path) -> int:
    """A byte-level BPE trained on a few words; its size."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([WORDS] * 3, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", bos_token="<|im_start|>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(str(folder))
    return len(fast)


def save_network(kind: str, vocabulary: int, folder: Path, window: int = WINDOW) -> None:
    """A random network of the architecture ``kind``: ``Llama``, ``Qwen2`` or ``Qwen3``."""
    import transformers

    sizes = {
        "vocab_size": vocabulary, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": window,
        "tie_word_embeddings": True, "initializer_range": 0.3, "eos_token_id": 2, "bos_token_id": 1,
    }  # fmt: skip
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**sizes)
    getattr(transformers, f"{kind}ForCausalLM")(config).half().save_pretrained(str(folder))


def causal_lm(kind: str, window: int = WINDOW) -> Callable[[Path], None]:
    """The function that saves a network of that architecture and its tokenizer to a folder."""

    def save(folder: Path) -> None:
        save_network(kind, save_tokenizer(folder), folder, window)

    return save


def causal_lm_rows() -> list[ModelSpec]:
    """Rows of continuation and dialogue whose network may be any causal language model: all but the poet."""
    continuing = [spec for spec in registry.list_models("continue_text") if "title" not in spec.accepts]
    return [*continuing, *registry.list_models("chat")]


def kind(spec: ModelSpec) -> str:
    """The architecture of a row's causal language model."""
    return "Qwen3" if "qwen3" in spec.name else "Qwen2" if "qwen2" in spec.name else "Llama"


def local(spec: ModelSpec, tiny: Callable[[str], Path]) -> tuple[ModelSpec, list[Path]]:
    """The row with a tiny network of its architecture, and that network's folder."""
    folder = tiny(kind(spec))
    return replace(spec, source=Local(folder=folder)), [folder]


def load(spec: ModelSpec, folders: list[Path]) -> CausalLM:
    """The row's model, loaded."""
    steps = causal_lm_loading.load(spec, folders)
    try:
        while True:
            assert next(steps).stage == "load"
    except StopIteration as done:
        model: CausalLM = done.value
        return model


# --- encoder-decoders ---


def bart_tokenizer(folder: Path) -> int:
    """Byte-level BPE in BART's own class, trained on the text at hand; its size."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import RobertaTokenizer

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=special, initial_alphabet=alphabet)
    bpe.train_from_iterator([SUMMARY_TEXT], trainer)
    learned = json.loads(bpe.to_str())["model"]
    tokenizer = RobertaTokenizer(vocab=learned["vocab"], merges=[tuple(m) for m in learned["merges"]])
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def t5_tokenizer(folder: Path) -> int:
    """A unigram vocabulary in T5's own class; its size."""
    from transformers import T5Tokenizer

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0)]
    pieces += [(f"▁{word}", -2.0) for word in SUMMARY_WORDS] + [(c, -4.0) for c in "abcdefghijklmnopqrstuvwxyzTC.,:"]
    tokenizer = T5Tokenizer(vocab=pieces, extra_ids=0)
    tokenizer.save_pretrained(folder)
    return len(tokenizer)


def sharpen(model: Any) -> None:
    """Random weights give nearly equal logits; larger ones give beams something to tell apart."""
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data.normal_(0, 0.5)


def bart(folder: Path) -> None:
    """BART with its own way of generating in ``generation_config.json``."""
    from transformers import BartConfig, BartForConditionalGeneration, GenerationConfig

    config = BartConfig(
        vocab_size=bart_tokenizer(folder), d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=64,
        pad_token_id=1, eos_token_id=2, bos_token_id=0, decoder_start_token_id=2, forced_eos_token_id=2,
    )  # fmt: skip
    model = BartForConditionalGeneration(config)
    sharpen(model)
    model.generation_config = GenerationConfig(
        num_beams=4, length_penalty=2.0, max_length=60, min_length=6, no_repeat_ngram_size=3, early_stopping=True,
        forced_bos_token_id=0, forced_eos_token_id=2, decoder_start_token_id=2, eos_token_id=2, pad_token_id=1,
        bos_token_id=0,
    )  # fmt: skip
    model.save_pretrained(folder)


def t5(folder: Path) -> None:
    """T5."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(
        vocab_size=t5_tokenizer(folder), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, n_positions=64,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    sharpen(model)
    model.save_pretrained(folder)


def mt5(folder: Path) -> None:
    """mT5: T5 with a gated feed-forward layer."""
    from transformers import MT5Config, MT5ForConditionalGeneration

    config = MT5Config(
        vocab_size=t5_tokenizer(folder), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, feed_forward_proj="gated-gelu",
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, tie_word_embeddings=False,
    )  # fmt: skip
    model = MT5ForConditionalGeneration(config)
    sharpen(model)
    model.save_pretrained(folder)
