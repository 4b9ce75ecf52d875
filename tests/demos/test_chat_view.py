"""The chat window's turns: marks come off, retry and undo cut at the user's message."""

from __future__ import annotations

from aigc_core.tasks.chat import Candidate, Reply
from demos.chat import view as chat_view
from demos.ui.i18n import Text

TALK = [
    {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    {"role": "assistant", "content": "Hello" + chat_view.STOPPED},
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "Because."},
]


def test_plain_reads_parts_and_takes_the_mark_of_a_stop_off() -> None:
    assert [turn["content"] for turn in chat_view.plain(TALK)] == ["Hi", "Hello", "Why?", "Because."]
    assert chat_view.plain(None) == []


def test_a_reply_is_marked_as_stopped_once() -> None:
    once, unanswered = chat_view.mark_stopped(TALK)
    assert once[-1]["content"] == "Because." + chat_view.STOPPED
    assert unanswered is None
    assert chat_view.mark_stopped(once)[0] == once
    assert chat_view.mark_stopped([]) == ([], None)


def test_a_message_stopped_before_its_reply_comes_back() -> None:
    turns, unanswered = chat_view.mark_stopped(TALK[:3])
    assert [turn["content"] for turn in turns] == ["Hi", "Hello" + chat_view.STOPPED]
    assert unanswered == "Why?"


def test_going_back_returns_the_turns_before_and_the_message() -> None:
    earlier, message = chat_view.back_to(TALK, 3)
    assert ([turn["content"] for turn in earlier], message) == (["Hi", "Hello" + chat_view.STOPPED], "Why?")
    assert chat_view.back_to(TALK, (0, 0)) == ([], "Hi")
    assert chat_view.back_to([], 0) == ([], "")


def test_the_meter_says_what_the_model_no_longer_sees() -> None:
    full = Reply(text="x", prompt_tokens=7000, new_tokens=200, context_window=8192, dropped_messages=4)
    assert "7,200 of 8,192 tokens" in chat_view.meter(full)
    assert "4 oldest messages" in chat_view.meter(full)
    assert "oldest" not in chat_view.meter(Reply(text="x", context_window=8192))


def test_candidates_are_listed_once_each_best_first_and_escaped() -> None:
    drawn = [Candidate(text=text, score=score, given=-1.0, alone=-2.0) for text, score in (("<b>", 0.5), ("a", 0.1), ("<b>", 0.0))]  # fmt: skip
    shown = chat_view.considered(Reply(text="<b>", candidates=tuple(drawn)))
    assert "&lt;b&gt; ×2</td><td>0.50" in shown
    assert shown.count("<tr>") == 3
    assert "<table" not in chat_view.considered(None)


def test_columns_show_both_replies_and_a_failure_where_it_happened() -> None:
    columns = [
        chat_view.Column("chat-smollm2-135m", state="done", reply=Reply(text="<i>", new_tokens=3), seconds=1.0),
        chat_view.Column("unknown", state="failed", message=Text("too long", "过长")),
    ]
    shown = chat_view.columns(columns)
    assert "SmolLM2-135M-Instruct" in shown
    assert "&lt;i&gt;" in shown
    assert 'role="alert"' in shown
