"""Text files are read in the encodings people have, and refused in words otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_core.data.text_file import decode
from aigc_core.errors import InvalidRequestError

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
