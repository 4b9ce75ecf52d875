"""Text files are read in the encodings people have, and refused in words otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aigc_core.errors import InvalidRequestError
from aigc_core.media.text_file import decode, read

CHINESE = "明湖市计划修建一条有轨电车，全长 12 公里。"
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=50)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_chinese_in_every_common_encoding(encoding: str) -> None:
    assert decode(CHINESE.encode(encoding), 100) == CHINESE


@given(TEXT.filter(lambda text: not text.startswith("\ufeff")))
def test_any_utf8_comes_back(text: str) -> None:
    assert decode(text.encode(), 100) == text


@pytest.mark.parametrize(
    "data", ["Zoë déjà élève naïve".encode("latin-1"), b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfe\x00"]
)
def test_other_bytes_are_refused_with_what_to_do(data: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="UTF-8") as caught:
        decode(data, 100)
    assert "UTF-8" in caught.value.zh


def test_too_long_a_file_names_limit_and_length() -> None:
    with pytest.raises(InvalidRequestError, match=r"1,001 characters; at most 1,000"):
        decode(b"a" * 1001, 1000)


def test_line_ends_become_newlines() -> None:
    assert decode(b"a\r\nb\rc\n", 10) == "a\nb\nc\n"


# --- cut and mistaken files ---------------------------------------------------------------------------------------------

LONG = "今天天气很好，我们去公园散步。\n明天也许会下雨，所以要带伞。" * 3
TRADITIONAL = "這個國家的人們為了發展經濟，經過長時間的討論，決定從今年開始實行新的政策。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("text", [LONG, TRADITIONAL, "天气", "Weather: 天气很好 😀 and 晴"])
def test_a_cut_tail_costs_at_most_the_last_character(encoding: str, text: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    data = mark + text.encode(encoding)
    for cut in range(1, len(data)):
        try:
            read = decode(data[:-cut], 1000)
        except InvalidRequestError:  # cut inside its first characters, or too little is left to tell the encoding by
            assert len(data) - cut < 12 or (encoding == "gb18030" and text.startswith("Weather"))
            continue
        kept = data[:-cut].decode(encoding.replace("utf-16-le", "utf-16").replace("utf-16-be", "utf-16"), "ignore")
        assert read == kept.removeprefix("\ufeff")


def test_the_case_of_the_issue() -> None:
    assert decode("今天天气很好，我们去公园散步。".encode()[:-1], 100) == "今天天气很好，我们去公园散步"


FRENCH = "Zoë déjà élève naïve, le garçon a mangé à Noël où l'été était très chaud."
RUSSIAN = "Привет, как дела? Сегодня хорошая погода, мы идём гулять в парк."
JAPANESE = "今日はとても良い天気です。公園へ散歩に行きましょう。東京の大学で勉強しています。"
KOREAN = "오늘은날씨가매우좋습니다우리는공원에산책하러갑니다"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "latin-1"), (FRENCH[:3], "latin-1"), ("Größe Übermäßig schöne Füße, Mädchen", "cp1252"), (FRENCH, "mac-roman"),
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (RUSSIAN, "cp866"), (RUSSIAN.replace(" ", ""), "koi8-r"),
        (JAPANESE, "shift-jis"), (JAPANESE, "euc-jp"), (KOREAN, "euc-kr"), (TRADITIONAL, "big5"), ("Žluťoučký kůň", "iso8859-2"),
        ("Καλημέρα σας, τι κάνετε σήμερα;", "iso8859-7"), ("hello", "utf-32"), ("hello there", "utf-16-le"), ("hello", "utf-16-be"),
    ],
)  # fmt: skip
def test_other_encodings_are_refused_rather_than_guessed(text: str, encoding: str) -> None:
    with pytest.raises(InvalidRequestError, match="Save it as UTF-8"):
        decode(text.encode(encoding), 1000)


@pytest.mark.parametrize("text", [LONG, TRADITIONAL, FRENCH + "é" * 9, RUSSIAN, JAPANESE, KOREAN + "\n" + KOREAN])
def test_utf8_with_a_damaged_byte_is_refused_rather_than_taken_for_chinese(text: str) -> None:
    data = text.encode()
    for at in range(0, len(data) - 8, 5):
        damaged = data[:at] + b"\xff" + data[at + 1 :]
        with pytest.raises(InvalidRequestError, match="Save it as UTF-8"):
            decode(damaged, 1000)


@example(b"\xfe\xff")
@example(b"\xef\xbb\xbf")
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    for content in (data, b"\xff\xfe" + data, LONG.encode() + data, LONG.encode("gb18030") + data):
        try:
            text = decode(content, 1000)
        except InvalidRequestError as error:
            refusal = error
            assert refusal.zh != str(refusal)
        else:
            assert "\x00" not in text and text.encode("utf-8")


def test_what_holds_zero_bytes_is_said_to() -> None:
    with pytest.raises(InvalidRequestError, match="holds zero bytes"):
        decode(b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff", 1000)
    with pytest.raises(InvalidRequestError, match="UTF-16 without its byte-order mark"):
        decode("plain words".encode("utf-16-le"), 1000)


def test_size_is_checked_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("aigc_core.media.text_file._decoded", lambda _: pytest.fail("it was decoded"))
    (tmp_path / "long.txt").write_bytes("好".encode("gb18030") * 3000)
    with pytest.raises(InvalidRequestError, match=r"has 6 kB; at most 5 kB"):
        read(tmp_path / "long.txt", 1000)
    with pytest.raises(InvalidRequestError, match="at most 5 kB"):
        decode(b"a" * 5000, 1000)


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    with pytest.raises(InvalidRequestError, match=r"empty\.txt is empty") as caught:
        read(tmp_path / "empty.txt", 1000)
    assert "是空的" in caught.value.zh and str(tmp_path) not in str(caught.value)
    with pytest.raises(InvalidRequestError, match="is an address"):
        read("https://example.org/a.txt", 1000)
