"""The HTML of generated tokens: nothing in it is markup unless we made it, and streaming only appends."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from aigc_core.tasks.continue_text import Text
from aigc_core.tasks.decoding import Token
from demos.ui import tokens as token_view

probabilities = st.floats(0, 1)
tokens = st.builds(
    Token,
    text=st.text(max_size=6),
    probability=probabilities,
    alternatives=st.lists(st.tuples(st.text(max_size=6), probabilities), max_size=3).map(tuple),
)


class Reader(HTMLParser):
    """Collects the spans and the text outside of tags."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.spans: list[dict[str, str | None]] = []
        self.names: set[str] = set()
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.spans.append(dict(attrs))


@given(st.text(max_size=20), st.lists(tokens, max_size=5))
def test_whatever_the_model_says_only_spans_come_out(prompt: str, made: list[Token]) -> None:
    source = token_view.view(prompt, Text(text="".join(t.text for t in made), tokens=tuple(made)))
    assert set(re.findall(r"<\s*/?(\w*)", source)) == {"span"}
    spans = Reader(source.replace("\r", "&#13;").replace("\0", "")).spans
    assert len(spans) == 1 + len(made)
    for span, token in zip(spans[1:], made, strict=True):
        options = json.loads(span["data-alts"] or "")
        assert [(text, p) for text, p, _ in options] == [tuple(a) for a in token.alternatives]


@given(st.lists(tokens, min_size=1, max_size=5))
def test_a_longer_text_begins_with_the_html_of_the_shorter_one(made: list[Token]) -> None:
    shorter = token_view.view("p", Text(text="", tokens=tuple(made[:-1])))
    assert token_view.view("p", Text(text="", tokens=tuple(made))).startswith(shorter)


def test_special_tokens_and_parts_of_characters_cannot_be_continued_from() -> None:
    alternatives = (("<|im_end|>", 0.5), ("\\xe7\\x81", 0.2), (" light", 0.1), ("<", 0.1))
    span = token_view.span(Token(text="a", probability=0.5, alternatives=alternatives))
    data = json.loads(html.unescape(re.search(r'data-alts="([^"]*)"', span)[1]))  # type: ignore[index]
    assert [usable for _, _, usable in data] == [False, False, True, True]


def test_bands_cover_every_probability() -> None:
    assert [token_view.band(p) for p in (1.0, 0.5, 0.2, 0.1, 0.05, 0.009, 0.0)] == ["pa", "pa", "pb", "pb", "pc", "pd", "pd"]  # fmt: skip
