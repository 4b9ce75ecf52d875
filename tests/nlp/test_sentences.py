"""Splitting loses nothing and cuts where a reader would, in English and Chinese."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_core.nlp.sentences import is_chinese, pack, split, tokens

ALPHABET = 'ab AB.!?…\n\t"”’)）」。！？，；:1一二三中文Mr'


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=ALPHABET, max_size=80) | st.text(max_size=60))
def test_the_pieces_joined_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(pieces) == text
    assert all(piece.strip() for piece in pieces) or not text.strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. Then it stopped.", ["It rained.", "Then it stopped."]),
        ("Dr. Lund met Mr. J. R. Brandt at 5 p.m. on Monday.", ["Dr. Lund met Mr. J. R. Brandt at 5 p.m. on Monday."]),
        ("It costs $3.5 million. Nobody knew.", ["It costs $3.5 million.", "Nobody knew."]),
        ("He moved to the U.S. He stayed.", ["He moved to the U.S.", "He stayed."]),
        ("The U.S. Senate voted.", ["The U.S. Senate voted."]),
        ("“Stop!” she said. He did.", ["“Stop!” she said.", "He did."]),
        ("See Fig. 3 and no. 7. Done?", ["See Fig. 3 and no. 7.", "Done?"]),
        ("Did he say no. Really?! Yes.", ["Did he say no.", "Really?!", "Yes."]),
        ("Opening hours\nThe museum opens at ten.", ["Opening hours", "The museum opens at ten."]),
        ("- milk\n- bread", ["- milk", "- bread"]),
        ("他走了。她没走！为什么？", ["他走了。", "她没走！", "为什么？"]),
        ("她说：“走吧。”然后关了灯。", ["她说：“走吧。”", "然后关了灯。"]),
        ("价格是3.5元……可是没人买。", ["价格是3.5元……可是没人买。"]),
        ("第一段没有句号\n第二段也没有", ["第一段没有句号", "第二段也没有"]),
        ("他用GPT-4.5写了一段。OpenAI Inc.很高兴。", ["他用GPT-4.5写了一段。", "OpenAI Inc.很高兴。"]),
        # no capitals
        (
            "i think so. yes it is fine. we went there and it rained a lot. the end came soon after that. nobody knew why.",
            ["i think so.", "yes it is fine.", "we went there and it rained a lot.", "the end came soon after that.", "nobody knew why."],
        ),
        ("really? yes! ok. so did i. we left", ["really?", "yes!", "ok.", "so did i.", "we left"]),
        ("we met dr. smith at 5 p.m. on monday, e.g. for tea etc. with jam. it was nice.", ["we met dr. smith at 5 p.m. on monday, e.g. for tea etc. with jam.", "it was nice."]),
        ("wait... nobody came. \"stop!\" she said. he did.", ["wait... nobody came.", '"stop!" she said.', "he did."]),
        ("yes.we went there.it rained. see node.js and google.com.", ["yes.", "we went there.", "it rained.", "see node.js and google.com."]),
        ("first line\nsecond line\nthird line", ["first line", "second line", "third line"]),
        ("Yahoo! said it would. He left approx. five dist. centres.", ["Yahoo! said it would.", "He left approx. five dist. centres."]),
        # ASCII stops in Chinese
        ("人工智能发展很快.机器学习是其中一部分.深度学习近年取得突破.", ["人工智能发展很快.", "机器学习是其中一部分.", "深度学习近年取得突破."]),
        ("他没走!为什么?因为下雨.OpenAI公司很高兴.", ["他没走!", "为什么?", "因为下雨.", "OpenAI公司很高兴."]),
        ("他说:\"走吧.\"然后关了灯. 天黑了．人睡了．", ['他说:"走吧."', "然后关了灯.", "天黑了．", "人睡了．"]),
        ("版本3.5很好.百度.com也好.共2.5GB.他用Python.完了.", ["版本3.5很好.", "百度.com也好.", "共2.5GB.", "他用Python.", "完了."]),
        # lists
        (
            "1. Boil the water in a large pot.\n2. Add the salt and the pasta to the water.\n3. Stir the pasta.",
            ["1. Boil the water in a large pot.", "2. Add the salt and the pasta to the water.", "3. Stir the pasta."],
        ),
        ("1) Boil water\n2) add salt\n(3) stir", ["1) Boil water", "2) add salt", "(3) stir"]),
        ("Do this: 1. Boil the water. 2. Add salt.", ["Do this: 1. Boil the water.", "2. Add salt."]),
        ("a. First thing.\nb. Second thing.\nii. Third.", ["a. First thing.", "b. Second thing.", "ii. Third."]),
        ("1.打开电脑.\n2.关闭电脑.", ["1.打开电脑.", "2.关闭电脑."]),
        ("一.打开电脑.二.关闭电脑.", ["一.打开电脑.", "二.关闭电脑."]),
        ("• item one\n• item two\n\nNext. Last.", ["• item one", "• item two", "Next.", "Last."]),
        # stops with company
        ("It rained.Then it stopped.We left.", ["It rained.", "Then it stopped.", "We left."]),
        ("See https://a.b/c?d=E.F and Node.js, end.next or a.b@c.com. Done.", ["See https://a.b/c?d=E.F and Node.js, end.next or a.b@c.com.", "Done."]),
        ("(It rained.) Then he said “no.” We left… Nobody knew.", ["(It rained.)", "Then he said “no.”", "We left…", "Nobody knew."]),
        ("Great! 😀 Then we left. 太好了！🎉然后走了。", ["Great! 😀", "Then we left.", "太好了！🎉", "然后走了。"]),
        ("One.\rTwo.\r\nThree.\u2028Four.", ["One.", "Two.", "Three.", "Four."]),
        ("The bill rose\n3.5 percent in a year that nobody will want to see again.", ["The bill rose", "3.5 percent in a year that nobody will want to see again."]),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert [piece.strip() for piece in split(text)] == expected


def test_a_wrapped_line_goes_on() -> None:
    text = "The line will run from the harbour through the old market to\nthe university hospital. It opens soon."
    assert [p.strip() for p in split(text)] == [text[: text.index(" It opens")], "It opens soon."]


@pytest.mark.parametrize("unit", [" ", "\n", ".", "…", "a. ", "A. ", " \n", '."', "。", "1", "a.b."])
def test_no_text_takes_long_to_split(unit: str) -> None:
    text = (unit * 20_000)[:20_000]
    start = time.process_time()
    assert "".join(split(text)) == text
    assert time.process_time() - start < 2


def test_inflected_english_words_are_one_term() -> None:
    assert tokens("The companies' trams") == tokens("a company's tram") == ["company", "tram"]


def test_chinese_terms_are_bigrams_without_function_words() -> None:
    assert tokens("电车的预算") == ["电车", "预算"]


def test_the_language_is_the_one_most_is_written_in() -> None:
    assert is_chinese("他用GPT-4写了一段文字") and not is_chinese("The word 电车 means tram, as everybody knows")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="ab 一", min_size=1, max_size=30), max_size=12), st.integers(1, 20))
def test_passages_fit_and_lose_nothing(sentences: list[str], limit: int) -> None:
    passages = pack(sentences, len, limit)
    assert "".join(passages) == "".join(sentences)
    assert all(len(passage) <= limit for passage in passages)
