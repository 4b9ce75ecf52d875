"""Streaming text: what is let through must add up, whatever the tokens are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aigc_core.sampling.text.stream import Detokenizer, StopStrings


def decode_bytes(ids: list[int]) -> str:
    return bytes(ids).decode("utf-8", "replace")


def decode_words(ids: list[int]) -> str:
    """A vocabulary whose spaces stand only between tokens, as SentencePiece's."""
    return " ".join(f"w{i}" for i in ids)


@given(st.text())
def test_byte_tokens_come_out_as_whole_characters(text: str) -> None:
    detokenizer = Detokenizer(decode_bytes)
    pieces = [detokenizer.push(byte) for byte in text.encode("utf-8")]
    assert "".join(pieces) + detokenizer.flush() == text
    assert all(piece in ("", character) for piece, character in zip(pieces[-1:], text[-1:], strict=True))


def test_no_half_character_is_ever_shown() -> None:
    detokenizer = Detokenizer(decode_bytes)
    assert [detokenizer.push(byte) for byte in "a灯😀".encode()] == ["a", "", "", "灯", "", "", "", "😀"]


def test_an_incomplete_end_is_flushed_as_a_replacement_character() -> None:
    detokenizer = Detokenizer(decode_bytes)
    assert detokenizer.push("灯".encode()[0]) == ""
    assert detokenizer.flush() == "\ufffd"
    assert detokenizer.flush() == ""


@given(st.lists(st.integers(0, 9), max_size=12))
def test_spaces_between_tokens_survive(ids: list[int]) -> None:
    detokenizer = Detokenizer(decode_words)
    assert "".join(detokenizer.push(i) for i in ids) + detokenizer.flush() == decode_words(ids)


@given(
    st.lists(st.text("ab\n", max_size=4), max_size=12), st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3)
)
def test_text_is_cut_exactly_before_the_first_stop_string(pieces: list[str], stops: list[str]) -> None:
    stream = StopStrings(stops)
    shown = ""
    for piece in pieces:
        shown += stream.push(piece)
        assert not any(stop in shown for stop in stops)
        if stream.hit:
            break
    shown += stream.flush()
    whole = "".join(pieces)
    found = [whole.find(stop) for stop in stops if stop in whole]
    if not found:
        assert shown == whole
        assert not stream.hit
    else:
        assert stream.hit
        assert whole.startswith(shown)
        assert any(whole.startswith(shown + stop) for stop in stops)


def test_a_stop_string_across_three_tokens_never_shows() -> None:
    stream = StopStrings(["\nUser:"])
    assert [stream.push(piece) for piece in ("Hello", "\nUs", "er", ": hi")] == ["Hello", "", "", ""]
    assert stream.hit


def test_a_false_beginning_is_let_through() -> None:
    stream = StopStrings(["END"])
    assert stream.push("EN") + stream.push("EMY") == "ENEMY"
