"""Conversations as training windows: what is learned is what the answering speaker says, nothing else."""

from __future__ import annotations

import itertools
import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from aigc_core.datasets import dialogues
from aigc_core.datasets.dialogues import ASKED, ASSISTANT, END, GIVEN, REPLY, SYSTEM, USER, Dialogue
from aigc_core.tokenizers import bpe

TALK = (
    "Hi there!",
    "Hello! How are you?",
    "I'm fine. Do you have pets?",
    "Yes, I have two dogs.",
    "Nice!",
    "They are great.",
)


@pytest.fixture(scope="module")
def encoder() -> dialogues.Encoder:
    return dialogues.Encoder(bpe.train([*TALK, "I have two dogs."] * 3, 300))


def decoded(encoder: dialogues.Encoder, ids: list[int]) -> str:
    return encoder._tokenizer.decode(ids, skip_special_tokens=False)


def test_a_rendered_conversation_is_what_the_chat_template_gives(encoder: dialogues.Encoder) -> None:
    talk = Dialogue(source="x", turns=TALK[:4], personas=("", "I have two dogs."))
    ids, marks = dialogues.rendered(encoder.turns(talk), USER, encoder.persona(talk, 1))
    messages = [{"role": "system", "content": "I have two dogs."}]
    messages += [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(talk.turns)]
    expected = "".join(f"<|{m['role']}|>{m['content']}<|endoftext|>" for m in messages)
    assert decoded(encoder, ids) == expected
    assert tuple(encoder._tokenizer.token_to_id(role) for role in bpe.ROLES) == (SYSTEM, USER, ASSISTANT)
    learned = [i for i, mark in zip(ids, marks, strict=True) if mark == REPLY]
    assert decoded(encoder, learned) == f"{TALK[1]}<|endoftext|>{TALK[3]}<|endoftext|>"
    assert all(mark == GIVEN for i, mark in zip(ids, marks, strict=True) if i in (SYSTEM, USER, ASSISTANT))


@pytest.mark.parametrize("answering", [0, 1])
def test_slices_fit_and_end_with_a_reply_of_the_one_who_answers(encoder: dialogues.Encoder, answering: int) -> None:
    talk = Dialogue(source="x", turns=TALK * 4, personas=("I like tea.", "I have two dogs."))
    for seed in range(20):
        pieces = list(dialogues.slices(talk, encoder, answering, 60, np.random.default_rng(seed)))
        assert pieces
        for ids, marks in pieces:
            assert len(ids) == len(marks) <= 60
            assert ids[-1] == END
            assert marks[-1] == REPLY
            said = [text for text in TALK if encoder._tokenizer.encode(text).ids == ids[-len(encoder._tokenizer.encode(text).ids) - 1 : -1]]  # fmt: skip
            assert any(TALK.index(text) % 2 == answering for text in said)


def test_windows_hold_whole_pieces_and_padding_is_never_learned(encoder: dialogues.Encoder) -> None:
    talks = [Dialogue(source=source, turns=TALK) for source in dialogues.SHARES]
    pieces = dialogues.stream(talks, encoder, 80, np.random.default_rng(0))
    seen = list(itertools.islice(pieces, 60))
    windows = dialogues.pack(iter(seen), 8, 81)
    assert windows.ids.shape == windows.marks.shape == (8, 81)
    for ids, marks in zip(windows.ids.tolist(), windows.marks.tolist(), strict=True):
        left = ids
        while left and left[0] != END:
            piece = next(p for p, _ in seen if p == left[: len(p)])
            left = left[len(piece) :]
        assert not any(left)
        assert not any(marks[len(ids) - len(left) :])
        assert ASKED in marks
        assert REPLY in marks


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [
        ("hello   there", "Hello there."), ("HOW ARE YOU", "How are you?"), ("what do i do", "What do I do?"),
        ("I’m “fine” .", 'I\'m "fine".'), ("yes. me too!", "Yes. Me too!"), ("", ""), ("I.e. this", "I.e. This."),
    ],
)  # fmt: skip
def test_tidying_gives_sentences(raw: str, tidied: str) -> None:
    assert dialogues.tidy(raw) == tidied


def test_reading_drops_what_is_not_fit_to_learn_from(tmp_path: Path) -> None:
    rows = [
        {"src": "synthetic-persona-chat", "turns": ["Hi, I'm [user 1's name].", "Hello!", "see <b>this</b>", "No."], "persona1": ["I sing."], "persona2": ["I ski."]},
        {"src": "chatterbot-corpus", "lang": "en", "topic": "computers", "turns": ["What is a computer?", "A machine.", "This thing."]},
        {"src": "chatterbot-corpus", "lang": "zh", "topic": "greetings", "turns": ["你好", "你好"]},
        {"src": "chatterbot-corpus", "lang": "en", "topic": "coding", "turns": ["Code?", "No."]},
        {"src": "taskmaster-4", "turns": ["A latte please.", "Look at the screen."]},
        {"src": "self-dialogue-corpus", "turns": ["Did Han Solo beat Darth Vader?", "No, Luke Skywalker met Boba Fett."]},
    ]  # fmt: skip
    file = tmp_path / "d.jsonl.xz"
    with lzma.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps({**row, "split": "train"}) + "\n" for row in rows)
    found = dialogues.read(file, "train")
    assert [talk.turns[1] for talk in found] == ["Hello!", "A machine.", "This thing."]
    assert "[" not in found[0].turns[0]
    assert found[0].personas == ("I sing.", "I ski.")
    assert dialogues.read(file, "val") == []
