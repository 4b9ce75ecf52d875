"""Lead-k and TextRank: only the source's sentences, ranked by the PageRank the paper defines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from streams import check_stream

from aigc_core.engine import Engine, drain
from aigc_core.errors import InvalidRequestError
from aigc_core.nlp.clauses import LONGEST, MOST
from aigc_core.nlp.sentences import tokens
from aigc_core.pipelines.text.extractive import DAMPING, pagerank, similarity
from aigc_core.tasks.summarize import SummarizeRequest

TEXT = (
    "The council of Norvik voted to build a tram line. Cats slept in the sun. The tram line will link the harbour of "
    "Norvik and its hospital. The council expects the tram line to carry many people from the harbour. Bread was cheap."
)
ZH = "明湖市决定修建有轨电车。猫在晒太阳。有轨电车将连接明湖市的港口和医院。明湖市预计有轨电车每天运送很多乘客。面包很便宜。"
BOTH = ("summarize-lead", "summarize-textrank")


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize("text", [TEXT, ZH])
def test_it_keeps_the_protocol_and_copies_the_source(engine: Engine, model: str, text: str) -> None:
    result = check_stream(engine, SummarizeRequest(text=text, model=model, max_sentences=2))
    summary = result.output
    assert len(summary.sentences) == 2
    for sentence in summary.sentences:
        assert sentence.text in text and sentence.unsupported == ()
        assert [summary.source_sentences[i] for i in sentence.sources] == [sentence.text]
    again = drain(engine.run(SummarizeRequest(text=text, model=model, max_sentences=2)))
    assert again.output == summary and again.recipe == result.recipe


def test_lead_takes_the_beginning(engine: Engine) -> None:
    output = drain(engine.run(SummarizeRequest(text=TEXT, model="summarize-lead", max_sentences=3))).output
    assert [s.sources for s in output.sentences] == [(0,), (1,), (2,)]


@pytest.mark.parametrize("text", [TEXT, ZH])
def test_textrank_leaves_out_what_nothing_else_mentions(engine: Engine, text: str) -> None:
    output = drain(engine.run(SummarizeRequest(text=text, model="summarize-textrank", max_sentences=3))).output
    assert [s.sources for s in output.sentences] == [(0,), (2,), (3,)]


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(float, st.integers(2, 8).map(lambda n: (n, n)), elements=st.floats(0.01, 5)))
def test_scores_solve_the_linear_system_of_the_paper(raw: np.ndarray) -> None:
    weights = raw + raw.T
    np.fill_diagonal(weights, 0.0)
    *_, scores = pagerank(weights)
    n = len(weights)
    passed = weights / weights.sum(axis=1, keepdims=True)
    exact = np.linalg.solve(np.eye(n) - DAMPING * passed.T, np.full(n, 1 - DAMPING))
    np.testing.assert_allclose(scores, exact, atol=1e-3)


def test_similarity_is_the_overlap_over_the_logarithms() -> None:
    a, b = set(tokens("harbour tram line council")), set(tokens("tram line hospital bridge market"))
    assert similarity([a, b])[0, 1] == pytest.approx(2 / (np.log(4) + np.log(5)))


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize("text", ["One.", "no full stop at all", "同一句。同一句。同一句。", "  x  \n\n"])
def test_short_and_repeated_texts_work(engine: Engine, model: str, text: str) -> None:
    output = drain(engine.run(SummarizeRequest(text=text, model=model, max_sentences=3))).output
    assert output.sentences and all(s.text in text for s in output.sentences)


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize("unit", ["word ", "小句，", "字", "x", "one, two; "])
def test_a_text_without_a_stop_is_shortened_by_clauses(engine: Engine, model: str, unit: str) -> None:
    text = (unit * 20_000)[:19_499]
    result = drain(engine.run(SummarizeRequest(text=text, model=model)))
    assert 0 < len(result.output.text) <= 3 * (LONGEST + 1)
    assert all(s.text in text for s in result.output.sentences)
    assert result.info["cut_sentences"] == 1


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize("unit", ["a. ", "Cats eat. ", "猫吃鱼。", "x.\n\n"])
def test_a_text_of_nothing_but_stops_is_taken_in_larger_pieces(engine: Engine, model: str, unit: str) -> None:
    result = drain(engine.run(SummarizeRequest(text=(unit * 20_000)[:20_000], model=model)))
    assert result.info["source_sentences"] <= MOST < result.info["merged_sentences"]
    assert len(result.output.text) < 500


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize("text", ["It rained.Then it stopped.", "下雨.停了.", "a\nb", "Yes. No.", "x" * 401, "One,two"])
def test_a_summary_is_never_longer_than_its_source(engine: Engine, model: str, text: str) -> None:
    output = drain(engine.run(SummarizeRequest(text=text, model=model, max_sentences=20))).output
    assert 0 < len(output.text) <= len(text)


@pytest.mark.parametrize("text", ["?", "。。。", "!!! ??? ...", "😀", "— — —", "\u0301\u200b." * 50])
def test_a_text_without_a_word_has_nothing_to_summarise(text: str) -> None:
    with pytest.raises(InvalidRequestError, match="nothing to summarise") as caught:
        SummarizeRequest(text=text)
    assert "没有可概括" in caught.value.zh
