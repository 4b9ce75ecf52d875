"""``python -m aigc_core.evaluation bits_per_byte MODEL --file FILE.txt``: how well a language model knows a text.

Bits per byte, Σ −log₂ p(x_t | x_<t) / bytes: the size of the text, compressed with the model, over its size. Every byte
counts, vocabularies do not matter. Bits per character, the usual figure for Chinese, divide the same sum by the characters. A text longer than the window is read with one that slides by half: each token is
scored once, with at least half a window before it (all there is, at the beginning, after the end-of-text token).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aigc_core import registry, weights
from aigc_core.errors import InvalidRequestError
from aigc_core.pipelines.text import inspect_lm
from aigc_core.types import Local, ModelSpec

MAX_WINDOW = 1024
"""Longer windows gain little and cost memory."""


def read(file: Path) -> str:
    """A text file as it is.

    Raises:
        InvalidRequestError: missing, empty, or not UTF-8.
    """
    if not file.is_file():
        raise InvalidRequestError(f"{file} does not exist or is no file.", f"{file} 不存在或不是文件。")
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            f"{file} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}.",
            f"{file} 不是 UTF-8 文本：第 {error.start} 字节为 {error.object[error.start]:#04x}。",
        ) from error
    if "\0" in text:
        raise InvalidRequestError(f"{file} holds NUL characters: it is no text.", f"{file} 含 NUL 字符，不是文本文件。")
    if not text:
        raise InvalidRequestError(f"{file} is empty.", f"{file} 是空文件。")
    return text


def find(model: str) -> ModelSpec:
    """A row of the task continue_text, or a checkpoint folder in its layout."""
    if Path(model).is_dir():
        return replace(registry.find("text-gpt-en", "continue_text"), source=Local(folder=Path(model)))
    return registry.find(model, "continue_text")


def load(spec: ModelSpec) -> Any:
    """The row's network and tokenizer, its weights fetched.

    Raises:
        InvalidRequestError: the row is not a causal language model over any text.
    """
    from aigc_core.pipelines.text import causal_lm_loading

    if "detect_watermark" not in spec.answers:
        raise InvalidRequestError(
            f"{spec.name} does not score arbitrary text; use one of the causal language models.",
            f"{spec.name} 不能为任意文本打分，请使用因果语言模型。",
        )
    return finish(causal_lm_loading.load(spec, folders(spec)))


def folders(spec: ModelSpec) -> list[Path]:
    """The folders of a row's weights, fetched if necessary."""
    found: list[Path] = finish(weights.ensure(spec.source))
    return found


def finish(events: Generator[Any, None, Any]) -> Any:
    """Run a generator to its end and return its value."""
    while True:
        try:
            next(events)
        except StopIteration as done:
            return done.value


def score(lm: Any, text: str) -> dict[str, Any]:
    """``bits_per_byte``, ``bits_per_character`` and what they were measured with."""
    began = time.monotonic()
    start, ids = inspect_lm.opened(lm, text)
    nats, at = 0.0, 0
    for log_p in inspect_lm.log_probabilities(lm, [start, *ids], MAX_WINDOW, chunk=256):
        targets = ids[at : at + len(log_p)]
        nats -= float(log_p.cpu()[range(len(targets)), targets].double().sum())
        at += len(targets)
    size, window = len(text.encode()), min(lm.window, MAX_WINDOW)
    return {
        "bits_per_byte": round(nats / math.log(2) / size, 4),
        "bits_per_character": round(nats / math.log(2) / len(text), 4),
        "bytes": size,
        "characters": len(text),
        "tokens": len(ids),
        "window": window,
        "stride": window // 2,
        "seconds": round(time.monotonic() - began, 1),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation bits_per_byte", description=__doc__)
    parser.add_argument("model", help="a row of continue_text, or a checkpoint folder")
    parser.add_argument("--file", type=Path, required=True, help="UTF-8 text")
    args = parser.parse_args(argv)
    text = read(args.file)
    spec = find(args.model)
    print(json.dumps({"model": spec.name, "file": args.file.name, **score(load(spec), text)}))
    return 0
