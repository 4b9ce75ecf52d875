"""Requests are checked where they are made: kind, limits, and a message that names field, limit, value and remedy."""

import math
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aigc_core.errors import InvalidRequestError
from aigc_core.tasks import REQUESTS, request_type
from aigc_core.tasks.chat import ChatRequest
from aigc_core.tasks.checks import check
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.fields import MAX_SEED, MAX_TEXT, Limits, Message, default, limits
from aigc_core.tasks.request import Request
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.tasks.stylize import StylizeRequest

NUMBERS = [
    (cls, f.name)
    for cls in REQUESTS
    for f in fields(cls)
    if limits(cls, f.name).kind in ("int", "float")
]  # fmt: skip


def required(cls: type[Request]) -> dict[str, Any]:
    """The smallest valid arguments of a request."""
    samples = {"image": Image.new("RGB", (8, 8)), "str": "text"}
    more = {"inpaint": {"mask": Image.new("L", (8, 8), 255)}}.get(cls.kind, {})  # or objects, or an extended side
    needed = [f for f in fields(cls) if default(cls, f.name) is None and not limits(cls, f.name).optional]
    return {f.name: samples[limits(cls, f.name).kind] for f in needed} | more


@pytest.mark.parametrize("cls", REQUESTS)
def test_the_defaults_are_valid_and_frozen(cls: type[Request]) -> None:
    request = cls(**required(cls))
    assert request_type(cls.task) is cls
    with pytest.raises(FrozenInstanceError):
        request.seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("cls", REQUESTS)
def test_every_field_has_labels_in_both_languages(cls: type[Request]) -> None:
    for f in fields(cls):
        lim = limits(cls, f.name)
        assert lim.label and lim.label_zh, f.name


@pytest.mark.parametrize(("cls", "name"), NUMBERS)
def test_both_ends_of_a_range_are_inside_and_what_lies_beyond_is_not(cls: type[Request], name: str) -> None:
    lim = limits(cls, name)
    assert lim.minimum is not None and lim.maximum is not None
    for inside in (lim.minimum, lim.maximum):
        assert getattr(cls(**{**required(cls), name: inside}), name) == inside
    for outside in (lim.minimum - 1, lim.maximum + 1, -math.inf, math.inf):
        with pytest.raises(InvalidRequestError, match=name):
            cls(**{**required(cls), name: outside})


@pytest.mark.parametrize("value", [math.nan, math.inf, True, "4", "", [4], 4.5, b"4"])
def test_a_whole_number_is_nothing_else(value: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        FacesRequest(count=value)
    assert str(caught.value).startswith("count must be")
    assert len(str(caught.value)) < 200
    assert "张数" in caught.value.zh


@pytest.mark.parametrize("exponent", [40, 400, 5000])
def test_numbers_too_long_to_print_are_refused_all_the_same(exponent: int) -> None:
    for field in ("count", "truncation", "guidance_scale"):
        with pytest.raises(InvalidRequestError, match=rf"{field} must be between"):
            FacesRequest(**{field: 10**exponent})


@pytest.mark.parametrize("value", [math.nan, -math.inf, True, "1", None])
def test_a_number_is_nothing_else(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="truncation"):
        FacesRequest(truncation=value)


def test_a_whole_float_counts_as_the_integer_it_is() -> None:
    request = FacesRequest(count=4.0)  # type: ignore[arg-type]  # JSON and sliders send floats
    assert request.count == 4 and isinstance(request.count, int)


def test_the_message_names_field_limit_and_value() -> None:
    with pytest.raises(InvalidRequestError, match=r"count must be between 1 and 16; got 99\."):
        FacesRequest(count=99)
    with pytest.raises(InvalidRequestError, match=rf"at most {MAX_TEXT} characters; got {MAX_TEXT + 1}\."):
        ContinueTextRequest(prompt="a" * (MAX_TEXT + 1))
    with pytest.raises(InvalidRequestError, match=rf"between 0 and {MAX_SEED}; got {MAX_SEED + 1}\."):
        FacesRequest(seed=MAX_SEED + 1)


def test_a_long_wrong_value_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        FacesRequest(count="x" * 10_000)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("prompt", ["", " \n\t ", "　"])
def test_an_empty_text_asks_for_one(prompt: str) -> None:
    with pytest.raises(InvalidRequestError, match="prompt is empty") as caught:
        ContinueTextRequest(prompt=prompt)
    assert "为空" in caught.value.zh


def test_a_text_may_be_as_long_as_the_limit_in_any_script() -> None:
    for letter in ("a", "字", "🎲"):
        assert len(ContinueTextRequest(prompt=letter * MAX_TEXT).prompt) == MAX_TEXT


@pytest.mark.parametrize(
    "make",
    [
        lambda bad: ContinueTextRequest(prompt=bad),
        lambda bad: ContinueTextRequest(prompt="a", stop=(bad,)),
        lambda bad: ChatRequest(message="a", history=[{"role": "user", "content": bad}]),  # type: ignore[arg-type]
        lambda bad: FacesRequest(model=bad),
    ],
)
def test_half_a_surrogate_pair_is_refused_in_every_text(make: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make("broken \ud83c emoji")
    str(caught.value).encode(), caught.value.zh.encode()  # the message itself can be sent


def test_a_picture_is_a_picture_of_at_most_16_megapixels() -> None:
    with pytest.raises(InvalidRequestError, match=r"16 megapixels; got 4001×4000"):
        StylizeRequest(image=Image.new("1", (4001, 4000)))
    with pytest.raises(InvalidRequestError, match="image must be a picture; got '/etc/passwd'"):
        StylizeRequest(image="/etc/passwd")  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="image is missing"):
        StylizeRequest(image=None)  # type: ignore[arg-type]
    assert StylizeRequest(image=Image.new("1", (4000, 4000))).style_image is None


def test_a_primer_is_bytes_up_to_a_megabyte() -> None:
    assert ComposeRequest(primer=b"MThd").primer == b"MThd"
    with pytest.raises(InvalidRequestError, match=r"at most 1000 kB; got 1001 kB"):
        ComposeRequest(primer=b"x" * 1_001_000)
    with pytest.raises(InvalidRequestError, match="primer must be a file"):
        ComposeRequest(primer="MThd")  # type: ignore[arg-type]


def test_messages_come_as_dicts_in_gradios_forms_too() -> None:
    request = ChatRequest(
        message="and now?",
        history=[  # type: ignore[arg-type]
            {"role": "user", "content": "hello", "metadata": {"title": None}, "options": None},
            {"role": "assistant", "content": [{"type": "text", "text": "hi "}, {"type": "text", "text": "there"}]},
            Message(role="user", content="more"),
        ],
    )
    assert [m.content for m in request.history] == ["hello", "hi there", "more"]


@pytest.mark.parametrize(
    "history",
    [
        "hello", {"role": "user"}, [["hello", "hi"]], [{"role": "robot", "content": "x"}], [{"content": "x"}], [None],
        [{"role": "user", "content": None}], [{"role": ["user"], "content": "x"}],
        [{"role": "user", "content": "x" * (MAX_TEXT + 1)}], [{"role": "user", "content": "x"}] * 2001,
    ],
)  # fmt: skip
def test_other_histories_are_refused(history: Any) -> None:
    with pytest.raises(InvalidRequestError, match="history must be"):
        ChatRequest(message="hello", history=history)


def test_a_history_has_bounds_that_are_named() -> None:
    turn = {"role": "user", "content": "x"}
    assert len(ChatRequest(message="m", history=[turn] * 2000).history) == 2000  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="history must be at most 2000 messages; got 2001"):
        ChatRequest(message="m", history=[turn] * 2001)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="history must be at most 2000000 characters in all"):
        ChatRequest(message="m", history=[{**turn, "content": "x" * MAX_TEXT}] * 101)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["tool", "System", "", None, 1])
def test_a_message_object_is_checked_like_a_dict(role: Any) -> None:
    with pytest.raises(InvalidRequestError, match="history must be"):
        ChatRequest(message="m", history=(Message(role=role, content="x"),))


def test_only_texts_enter_a_message_of_parts() -> None:
    parts = ["a", {"type": "text", "text": "b"}, {"text": "c"}, {"type": "file", "file": {"path": "/etc/passwd"}}, {"type": "file", "text": "d"}, 5]  # fmt: skip
    request = ChatRequest(message="m", history=[{"role": "user", "content": parts}])  # type: ignore[arg-type]
    assert request.history[0].content == "abc"
    with pytest.raises(InvalidRequestError, match="history must be"):
        ChatRequest(message="m", history=[{"role": "user", "content": ["x"] * 101}])  # type: ignore[arg-type]


def test_odd_parts_of_a_message_do_not_break_the_check() -> None:
    parts = [{"type": "text", "text": None}, 3, {"file": {}}]
    request = ChatRequest(message="m", history=[{"role": "user", "content": parts}])  # type: ignore[arg-type]
    assert request.history[0].role == "user"


def test_stop_strings_drop_empty_ones_and_are_few_and_short() -> None:
    assert ContinueTextRequest(prompt="a", stop=["\n", "", "END"]).stop == ("\n", "END")  # type: ignore[arg-type]
    for bad in ("END", ["x"] * 9, ["x" * 101], [1], [""] * 10**6, ["x" * 10**7]):
        with pytest.raises(InvalidRequestError, match="stop must be"):
            ContinueTextRequest(prompt="a", stop=bad)  # type: ignore[arg-type]


def test_there_is_no_other_task() -> None:
    with pytest.raises(InvalidRequestError, match="no task 'dance'"):
        request_type("dance")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
def test_any_value_in_any_field_is_taken_or_refused_in_words(data: st.DataObject) -> None:
    cls = data.draw(st.sampled_from(REQUESTS))
    name = data.draw(st.sampled_from([f.name for f in fields(cls)]))
    value = data.draw(ANYTHING)
    error = None
    try:
        request = cls(**{**required(cls), name: value})
    except InvalidRequestError as caught:
        error = caught
    if error is not None:
        assert str(error).encode() and error.zh.encode()
        return
    lim = limits(cls, name)
    kept = getattr(request, name)
    assert check(name, lim, kept) == kept, "what was accepted is accepted again"
    if lim.kind in ("int", "float") and kept is not None:
        assert lim.minimum is not None and lim.maximum is not None
        assert lim.minimum <= kept <= lim.maximum


@given(low=st.integers(-1000, 1000), span=st.integers(0, 1000), value=st.integers(-3000, 3000))
def test_an_integer_is_accepted_exactly_inside_its_range(low: int, span: int, value: int) -> None:
    lim = Limits(kind="int", minimum=low, maximum=low + span, label="n", label_zh="数")
    if low <= value <= low + span:
        assert check("n", lim, value) == value
    else:
        with pytest.raises(InvalidRequestError):
            check("n", lim, value)


def test_speech_takes_text_or_phonemes() -> None:
    assert SpeakRequest(text="hello").phonemes == ""
    assert SpeakRequest(text="", phonemes="həlˈO").phonemes == "həlˈO"
