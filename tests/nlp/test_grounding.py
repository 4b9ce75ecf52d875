"""What a source supports is not flagged; what it lacks is."""

from __future__ import annotations

import time

import pytest

from aigc_core.nlp.grounding import Source, compression

ENGLISH = Source(
    "The city of Norvik will build a tram. Mayor Ida Lund said the line costs 1,200 million crowns and has 12 stops. "
    "The European Central Bank lends 40 percent. Work begins in March 2027 and takes three years."
)
CHINESE = Source(
    "明湖市计划修建一条全长十二公里的有轨电车，总投资三十六亿元。市长林晓岚表示，工程将于2027年3月动工，共有十九座车站。"
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Mayor Lund said the tram costs 1.2 billion crowns.",
        "Norvik's tram has twelve stops.",
        "Overall, 40% of the money comes from the ECB.",
        "Building takes 3 years.",
        "“Great,” said Ida Lund.",
        "However, the work begins in 2027.",
        "One of the first trams is here.",
        "A Tram for Norvik and Its People",
    ],
)
def test_supported_english_is_not_flagged(sentence: str) -> None:
    assert ENGLISH.unsupported(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "flags"),
    [
        ("The tram costs 1.3 billion crowns.", ("1.3 billion",)),
        ("Norvik's tram has fifteen stops.", ("fifteen",)),
        ("Peter Hansen agreed.", ("Peter Hansen",)),
        ("The tram links Norvik to Oslo in April.", ("Oslo", "April")),
        ("In 2028 the New York office opens.", ("2028", "New York")),
        ("The UN and NATO pay 15%.", ("UN", "NATO", "15")),
        ("Three people, two dogs.", ("two",)),
    ],
)
def test_unsupported_english_is_flagged_in_order(sentence: str, flags: tuple[str, ...]) -> None:
    assert ENGLISH.unsupported(sentence) == flags


@pytest.mark.parametrize(
    "sentence", ["明湖市将投资36亿元修建12公里电车。", "林晓岚说电车十分方便。", "电车共设19座车站，三月动工。"]
)
def test_supported_chinese_is_not_flagged(sentence: str) -> None:
    assert CHINESE.unsupported(sentence) == ()


def test_unsupported_chinese_is_flagged() -> None:
    flags = CHINESE.unsupported("市长王建国说工程2028年动工，共有15座车站，连接北京和上海，见《城市发展规划》。")
    assert flags == ("王建国", "2028", "15", "北京", "上海", "城市发展规划")


def test_a_rank_supports_no_amount_but_a_date_does() -> None:
    source = Source("On the 8th she won her nineteenth game, in round 3, aged seventeen.")
    assert source.unsupported("A 19-year-old won.") == ("19",)
    assert source.unsupported("She won her 19th game on 8 May, in the third round.") == ("May",)


def test_a_copied_sentence_links_to_its_original_alone() -> None:
    for source in (ENGLISH, CHINESE):
        for i, sentence in enumerate(source.sentences):
            assert source.closest(sentence) == (i,)
            assert source.unsupported(sentence) == ()


def test_a_paraphrase_links_to_the_sentence_it_came_from() -> None:
    assert ENGLISH.closest("The cost of the line is 1,200 million crowns, the mayor said.")[0] == 1
    assert CHINESE.closest("工程由市长林晓岚宣布动工。")[0] == 1
    assert ENGLISH.closest("Zebras graze quietly.") == ()


def test_summary_holds_every_sentence_and_the_source() -> None:
    summary = ENGLISH.summary("Norvik builds a tram. It has 99 stops.")
    assert [s.text for s in summary.sentences] == ["Norvik builds a tram.", "It has 99 stops."]
    assert summary.sentences[1].unsupported == ("99",)
    assert summary.source_sentences == ENGLISH.sentences
    assert 0 < compression(summary, ENGLISH.text) < 1


def test_odd_texts_are_no_trouble() -> None:
    for text in ("", " \n ", "。。。", "1", "😀", "A" * 5000, "\x00\u202e"):
        summary = Source(text).summary(text)
        assert all(s.unsupported == () for s in summary.sentences)


def test_the_largest_text_allowed_is_prepared_quickly() -> None:
    start = time.process_time()
    Source("短句很多，各有不同。甲乙丙丁戊己庚辛。" * 1000).summary("短句很多。")
    assert time.process_time() - start < 5
