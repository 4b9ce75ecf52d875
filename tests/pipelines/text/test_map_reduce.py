"""Long texts: every passage is read, nothing over the window reaches the model, the result is as short as asked."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from aigc_core.nlp.sentences import split
from aigc_core.pipelines.text.map_reduce import Draft, Plan, first_sentences, join, map_reduce

TEXT = " ".join(f"Sentence number {i} says something." for i in range(40))


def _cost(text: str) -> int:
    return len(text.split())


def _run(text: str, sentences: int, window: int, rewrite: bool = True) -> tuple[str, list[int], list[Draft], list[str]]:
    seen: list[str] = []

    def write(passage: str, count: int) -> Generator[str, None, str]:
        """A model that copies the first sentences, a word at a time."""
        seen.append(passage)
        words = "".join(split(passage)[:count]).split()
        for i in range(len(words)):
            yield " ".join(words[:i])
        return " ".join(words)

    drafts: list[Draft] = []
    running = map_reduce(text, sentences, Plan(cost=_cost, window=window, rewrite=rewrite), write)
    while True:
        try:
            drafts.append(next(running))
        except StopIteration as end:
            return (*end.value, drafts, seen)


@pytest.mark.parametrize(("window", "passages"), [(1000, 1), (50, 4), (25, 8)])
def test_passages_fit_and_cover_the_text(window: int, passages: int) -> None:
    summary, rounds, drafts, seen = _run(TEXT, 3, window)
    assert rounds[0] == passages
    assert all(_cost(passage) <= window for passage in seen)
    assert "".join(seen[:passages]) == TEXT
    assert 1 <= len(split(summary)) <= 3
    messages = [d.message for d in drafts]
    assert messages[0] == ("" if passages == 1 else f"part 1 of {passages}")
    assert (len(rounds) > 1) == any(m.startswith("merging") for m in messages)


def test_without_rewriting_the_summaries_of_passages_are_ranked() -> None:
    summary, rounds, drafts, seen = _run(TEXT, 3, 25, rewrite=False)
    assert rounds == [8] and len(seen) == 8 and not any(d.message.startswith("merging") for d in drafts)
    kept = [piece.strip() for piece in split(summary)]
    assert len(kept) == 3 and all(piece in TEXT for piece in kept)
    assert kept == sorted(kept, key=TEXT.index)


def test_a_window_smaller_than_a_sentence_still_ends() -> None:
    summary, rounds, _, seen = _run("word " * 300, 2, 20)
    assert summary and len(rounds) <= 4 and all(_cost(p) <= 20 for p in seen)


def test_an_unfinished_last_sentence_is_dropped() -> None:
    assert first_sentences("One. Two. Thr", 3) == "One. Two."
    assert first_sentences("Only a beginn", 3) == "Only a beginn"
    assert first_sentences("一。二。三。", 2) == "一。二。"


def test_parts_are_joined_as_each_language_does() -> None:
    assert join(["One.", "Two."]) == "One. Two."
    assert join(["一。", "", "二。"]) == "一。二。"
