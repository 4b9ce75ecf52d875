"""The summary columns and the source view: everything escaped, every mark and link in place."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.errors import InvalidRequestError
from aigc_core.nlp.grounding import Source
from aigc_core.tasks.summarize import Summary, SummarySentence
from demos.summarize import view
from demos.summarize.compare import check_columns

EVIL = '<img src=x onerror=alert(1)> & "quotes" </span></section><script>alert(2)</script>'
MODEL = "summarize-textrank"


class _Tree(HTMLParser):
    """Collects tags and complains about those that do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _tree(markup: str) -> _Tree:
    tree = _Tree()
    tree.feed(markup)
    tree.close()
    assert not tree.open
    return tree


def _column(*sentences: SummarySentence) -> view.Column:
    return view.Column(MODEL, "done", Summary(sentences=sentences, source_sentences=("a",)))


def test_text_of_the_user_never_becomes_markup() -> None:
    column = _column(SummarySentence(text=EVIL, sources=(0,), unsupported=("<img", "script")))
    for markup in (view.columns([column], EVIL), view.source(EVIL)):
        tags = set(_tree(markup).tags)
        assert not tags & {"img", "script"}


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab<>&\"'1 23.\n。一", max_size=40), st.text(alphabet="ab<>&1 2", min_size=1, max_size=4))
def test_any_text_gives_well_formed_markup(text: str, fact: str) -> None:
    tree = _tree(view.columns([_column(SummarySentence(text=text, unsupported=(fact,)))], text or "x"))
    assert tree.tags[0] == "div"
    _tree(view.source(text))


def test_source_numbers_are_those_of_the_links() -> None:
    text = "  First one. Second one.\n\nThird one. "
    markup = view.source(text)
    source = Source(text)
    shown = re.findall(r'<span class="src-s" data-i="(\d+)"><sup>(\d+)</sup>([^<]*)</span>', markup)
    assert [(int(i), int(n), s) for i, n, s in shown] == [(i, i + 1, s) for i, s in enumerate(source.sentences)]


@pytest.mark.parametrize(
    ("text", "fact", "marked"),
    [
        ("In 2015 there were 15.", "15", "15."),
        ("He paid 1,500 and 500.", "500", "500."),
        ("Ann met Anna and Ann.", "Anna", "Anna and"),
        ("市长王建国说", "王建国", "王建国说"),
    ],
)
def test_the_mark_is_on_the_fact_and_not_inside_another(text: str, fact: str, marked: str) -> None:
    markup = view.columns([_column(SummarySentence(text=text, unsupported=(fact,)))], text)
    rest = re.sub(r'<span class="sum-note">(<span[^>]*>[^<]*</span>)*</span></mark>', "", markup.split('"sum-bad">')[1])
    assert markup.count("<mark") == 1 and rest.startswith(marked)


def test_unsupported_facts_are_listed_below_and_their_absence_is_said() -> None:
    bad = view.columns([_column(SummarySentence(text="Paris has 9.", unsupported=("Paris", "9")))], "x")
    assert "Not in the source: Paris, 9" in bad and "原文没有：Paris、9" in bad
    assert "occurs in the source" in view.columns([_column(SummarySentence(text="Fine."))], "x")


@pytest.mark.parametrize(("text", "warned"), [("The tram is green.", False), ("电车是绿色的。", True)])
def test_a_model_that_does_not_know_the_language_says_so(text: str, warned: bool) -> None:
    assert ("not made for the language" in view.columns([view.Column("summarize-smollm2-135m")], text)) == warned
    assert "not made for the language" not in view.columns([view.Column(MODEL)], text)


@pytest.mark.parametrize("names", [[], ["a", "b", "c", "d", "e"]])
def test_too_few_or_too_many_columns_are_refused_with_the_number(names: list[str]) -> None:
    with pytest.raises(InvalidRequestError, match=f"got {len(names)}"):
        check_columns(names)


def test_a_model_chosen_twice_is_one_column() -> None:
    assert check_columns(["a", "b", "a"]) == ["a", "b"]
