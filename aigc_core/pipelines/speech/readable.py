"""The shared part of speech models that read English letters: normalised sentences, and error messages."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from aigc_core.errors import InvalidRequestError
from aigc_core.media import speech
from aigc_core.nlp import reading, sentences, text_normalization
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.speak import SpeakRequest, Speech
from aigc_core.types import ModelSpec, Progress, Result

PAUSE_S = 0.32
_LANGUAGES = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}


def normalized_sentences(spec: ModelSpec, request: SpeakRequest, longest: int = 400) -> tuple[list[str], str]:
    """Normalise the request's text into sentences of at most ``longest`` characters, numbers written out.

    Returns:
        The sentences, and the symbols of the text that were dropped.

    Raises:
        InvalidRequestError: no text, phonemes instead of text, or a language that the model does not speak.
    """
    read = reading.read(request.text)
    if read.language not in spec.languages:
        en, zh = _LANGUAGES[read.language]
        raise InvalidRequestError(
            f"{spec.title} does not speak {en}. Choose kokoro-82m.", f"{spec.title} 不支持{zh}，请改用 kokoro-82m。"
        )
    found = [
        part
        for paragraph in read.paragraphs
        for sentence in paragraph
        for part in sentences.pack([text_normalization.english(sentence.text)], len, longest)
        if any(c.isalpha() for c in part)
    ]
    if not found:
        raise InvalidRequestError(
            "There is nothing to speak: write some English text (at most 2000 characters).",
            "没有可朗读的内容：请输入英文文本（最多 2000 个字符）。",
        )
    return found, read.dropped


def speak(
    texts: list[str],
    dropped: str,
    sample_rate: int,
    synthesis: Generator[speech.Samples | None, None, None],
    info: dict[str, Any],
) -> Generator[Progress | Result, None, None]:
    """Events from ``synthesis``, which yields None while it works and the samples of each sentence when it has them."""
    utterances: list[speech.Samples] = []
    yield Progress(step=0, total=len(texts))
    output: Speech | None = None
    for samples in synthesis:
        if samples is None:
            yield Progress(step=len(utterances), total=len(texts))
            continue
        utterances.append(speech.polish(samples, sample_rate))
        joined = speech.join(utterances, [PAUSE_S] * len(utterances), sample_rate)
        fresh_from = len(output.audio.samples) if output else 0
        output = Speech(audio=Audio(samples=joined, sample_rate=sample_rate), sentences=tuple(texts))
        yield Progress(step=len(utterances), total=len(texts), preview=replace(output, fresh_from=fresh_from))
    assert output is not None
    info = {**info, "chunks": len(texts), "audio_seconds": round(output.audio.duration_s, 2)}
    if dropped:
        info["dropped"] = dropped
    yield Result(output=output, info=info)
