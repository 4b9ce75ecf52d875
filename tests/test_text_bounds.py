"""No text takes long to read: every function of text, on repeated units at its limit, stays far from quadratic.

A linear function needs some hundredths of a second for 20,000 characters; a quadratic one that anybody would notice needs more
than :data:`BOUND_S`, even on a busy machine.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from aigc_core import weights
from aigc_core.datasets import poetry
from aigc_core.engine import Engine
from aigc_core.metrics import rouge
from aigc_core.nlp import clauses, grounding, numerals, phonemes, scripts, sentences, text_normalization
from aigc_core.pipelines.text import extractive, map_reduce, smollm_summary
from aigc_core.sampling.text import watermark
from aigc_core.sampling.text.stream import StopStrings
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.fields import MAX_TEXT, Message
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.tokenizers import bpe, vocabulary
from aigc_core.types import Progress

BOUND_S = 2.0
UNITS = (
    "1", "a", "A", "字", "一", "春", " ", "\n", "\t", "\u3000", ".", ",", "，", "。", "!", "…", "-", "—", "_", "'", '"', "“", "”",
    "(", ")", "（", "）", "[", "《", "{", "<", "/", "\\", ":", "%", "$", "&", "#", "@", "+", "*", "·", "e\u0301", "\u0301", "\u200b", "\u200d", "😀",
    "👩\u200d", "\x00", "\ufffd", "\u202e", "a.", "a. ", "A. ", "A.B.", "1.", "1. ", "1,", "1,000", "1.1", "1:", "1/", "1-", "-1", "$1", "1%", "1st ", "one ",
    "hundred ", "and ", "一百", "百分之", "三点", "第", "万", "Mr. ", "e.g. ", "etc. then ", "I ", "Aa ", "Aa.Bb", "a.b@", "www.", "http://a.", "a'", "’s", "其一", "（a",
    "a\n", "\n\n", " \n", "\r\n", "- ", "• a\n", "1. a\n", "一、", "。”", '."', "word ", "clause, ", "小句，", "中文a", "a中", "字.", "字.字", "字 .", "<|im_end|>",
    "</s>", "<pad>", "ａ", "１", "３．", "Ⅷ", "²", "⁄", "½", "ひ", "я", "ا", "한",
)  # fmt: skip


@cache
def _tokenizer(name: str) -> Any:
    return bpe.load(weights.CHECKPOINTS / name)


def _stopped(text: str) -> None:
    stops = StopStrings([text[:n] + "\x01" for n in range(92, 100)])
    for i in range(0, len(text), 4):
        stops.push(text[i : i + 4])


def _detected(text: str) -> None:
    watermark.detect([ord(character) % 500 for character in text], 500)


FUNCTIONS: dict[str, Callable[[str], Any]] = {
    "sentences.split": sentences.split,
    "sentences.tokens": sentences.tokens,
    "sentences.is_chinese": sentences.is_chinese,
    "sentences.pack": lambda text: sentences.pack(sentences.split(text), len, 500),
    "clauses.pieces": clauses.pieces,
    "grounding.Source": lambda text: grounding.Source(text).summary(text[:2000]),
    "grounding.unsupported": lambda text: grounding.Source(text[:2000]).summary([text[:5000]]),
    "rouge": lambda text: rouge.rouge(text, text[::-1]),
    "extractive.select": lambda text: extractive.select(clauses.pieces(text).texts, 3),
    "first_sentences": lambda text: map_reduce.first_sentences(text, 3),
    "loops": lambda text: smollm_summary._LOOP.search(text[-smollm_summary._LOOP_TAIL :]),
    "labels": lambda text: smollm_summary._LABEL.sub("", text),
    "scripts.dominant": scripts.dominant,
    "poetry.normalised": poetry.normalised,
    "poetry.lines_of": poetry.lines_of,
    "poetry.read": lambda text: poetry.read({"k": "shi", "t": text, "a": text, "p": [text]}),
    "poetry.parsed": poetry.parsed,
    "vocabulary.words": vocabulary.words,
    "watermark.detect": _detected,
    "StopStrings": _stopped,
    "tokenizer of text-gpt-en": lambda text: _tokenizer("text-gpt-en").encode(text),
    "tokenizer of text-poet-zh": lambda text: _tokenizer("text-poet-zh").encode(text),
    "numerals.find": numerals.find,
    "phonemes.language_of": phonemes.language_of,
    "text_normalization.clean": text_normalization.clean,
    "text_normalization.english": lambda text: text_normalization.english(text_normalization.clean(text[:2000])[0]),
    "text_normalization.chinese": lambda text: text_normalization.chinese(text_normalization.clean(text[:2000])[0]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_repeated_unit_makes_a_function_slow(name: str) -> None:
    function = FUNCTIONS[name]
    function("Warm up. 热身。")
    slow = {}
    for unit in UNITS:
        text = (unit * MAX_TEXT)[:MAX_TEXT]
        start = time.process_time()  # of this process: other work on the machine does not count
        function(text)
        if (seconds := time.process_time() - start) > BOUND_S:
            slow[unit] = round(seconds, 1)
            if len(slow) > 3:
                break
    assert not slow


@pytest.mark.parametrize("joint", ["1,", "a. ", "字，", "(", " "])
def test_half_of_one_unit_and_half_of_another_is_no_slower(joint: str) -> None:
    for name, function in FUNCTIONS.items():
        for unit in ("1", "a", "字", ".", "\n", "“"):
            text = unit * (MAX_TEXT // 2) + (joint * MAX_TEXT)[: MAX_TEXT // 2]
            start = time.process_time()
            function(text)
            assert time.process_time() - start < BOUND_S, (name, unit)


@pytest.mark.parametrize("model", ["summarize-lead", "summarize-textrank"])
def test_a_summarizer_answers_at_once_and_often(model: str) -> None:
    engine = Engine()
    for unit in ("a. ", "ab cd ef gh. ", "1,", "字。", "词语很多各有不同。", "x"):
        last = time.process_time()
        for event in engine.run(SummarizeRequest(text=(unit * MAX_TEXT)[:MAX_TEXT], model=model)):
            now = time.process_time()
            assert now - last < BOUND_S, (unit, event if isinstance(event, Progress) else "result")
            last = now


def test_sentences_that_share_no_word_take_no_more_memory_than_others() -> None:
    import tracemalloc

    text = " ".join(f"ab{i} cd{i} ef{i} gh{i}." for i in range(10_000))[:MAX_TEXT]
    text = re.sub(r"\d", lambda m: "abcdefghij"[int(m[0])], text)
    tracemalloc.start()
    grounding.Source(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6


def test_the_longest_requests_are_checked_in_no_time() -> None:
    start = time.process_time()
    ChatRequest(message="x", history=tuple(Message(role="user", content="字" * 1000) for _ in range(2000)))
    ContinueTextRequest(prompt="\u0301" * MAX_TEXT, stop=tuple("x" * 100 for _ in range(8)))
    assert time.process_time() - start < BOUND_S
