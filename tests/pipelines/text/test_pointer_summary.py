"""The row of the pointer-generator, with the weights that are shipped."""

from __future__ import annotations

import pytest
from streams import check_stream

from aigc_core.engine import Engine
from aigc_core.errors import InvalidRequestError
from aigc_core.tasks.summarize import SummarizeRequest, Summary

TEXT = (
    "We study convolutional networks for image classification. Our network, called ZorkNet, learns sparse filters. "
    "Experiments on CIFAR show that ZorkNet classifies images with fewer parameters than earlier convolutional networks."
)


def _summary(engine: Engine, text: str, sentences: int = 1) -> Summary:
    # 50 sentences of 16 words: 16 to a passage
    result = check_stream(engine, SummarizeRequest(text=text, model="summarize-pointer-en", max_sentences=sentences))
    assert isinstance(result.output, Summary)
    return result.output


def test_words_point_at_their_places(engine: Engine) -> None:
    (sentence,) = _summary(engine, TEXT).sentences
    assert 3 <= len(sentence.words) <= 40
    for word in sentence.words:
        assert 0 <= word.copied <= 1
        if word.start >= 0:
            assert TEXT[word.start : word.end].lower() == word.text.lower()
    assert sentence.sources and max(sentence.sources) < 3
    assert sum(word.start >= 0 for word in sentence.words) > len(sentence.words) / 2


@pytest.mark.parametrize("text", ["Zork zork zork.", "x" * 300, "1 2 3"])
def test_any_text_is_read(engine: Engine, text: str) -> None:
    found = _summary(engine, text)
    assert "".join(found.source_sentences).strip() == text
    assert all(word.text for sentence in found.sentences for word in sentence.words)


@pytest.mark.parametrize("text", ["Yes.", "1 2 3", "x" * 4000, "Zork. " * 60, "ab\n" * 300, "Él está. Ça va? " * 8])
def test_what_is_written_is_never_longer_than_the_source(engine: Engine, text: str) -> None:
    assert 0 < len(_summary(engine, text, 20).text) <= len(text.strip())


def test_a_language_it_does_not_know_is_said_before_it_runs(engine: Engine) -> None:
    stream = engine.run(SummarizeRequest(text="好人" * 2000, model="summarize-pointer-en"))
    with pytest.raises(InvalidRequestError, match=r"English only.*Chinese \(100%.*summarize-textrank, summarize-lead"):
        next(stream)


def test_a_long_text_is_read_by_passages(engine: Engine) -> None:
    filler = "Nothing of note happened on that quiet day in the small town by the river. " * 25
    found = _summary(engine, TEXT + "\n\n" + filler + "\n\n" + TEXT.replace("Zork", "Bork"), 2)
    assert 1 <= len(found.sentences) <= 2
    # 50 sentences of 16 words: 16 to a passage
    result = check_stream(engine, SummarizeRequest(text=filler * 2, model="summarize-pointer-en"))
    assert result.info["passages"] == 4 and result.info["window_words"] == 256
