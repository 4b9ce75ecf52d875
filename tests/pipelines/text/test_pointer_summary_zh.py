"""The Chinese pointer-generator (row summarize-pointer-zh): read, written and compared by characters, on a tiny network."""

from __future__ import annotations

import json
import lzma
from dataclasses import replace
from pathlib import Path

import pytest

from aigc_core.catalog.summarize import SUMMARIZE_POINTER_ZH
from aigc_core.engine import drain
from aigc_core.evaluation import summaries
from aigc_core.metrics.rouge import characters, rouge
from aigc_core.pipelines.text.pointer_summary import Line as Written
from aigc_core.pipelines.text.pointer_summary import PointerSummary, _stopped, _touching
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.tokenizers import vocabulary
from aigc_core.tokenizers.vocabulary import UNKNOWN, Vocabulary
from aigc_core.training import summarizer
from aigc_core.types import Local

RECORDS = [
    ("csl-title", "研究了水稻种子的萌发。结果表明，温度影响萌发率。", "温度对水稻种子萌发的影响"),
    (
        "msdocs-vs",
        "了解如何在 Visual Studio 中调试 ASP.NET 应用。可以设置 3 个断点。",
        "了解如何在 Visual Studio 中调试应用。",
    ),
    ("huimu-水浒传", "却说宋江来到庙前，撞见李逵。众人大喜。", "宋江庙前遇李逵，众人山寨贺相逢"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "summarization_zh.jsonl.xz"
    with lzma.open(file, "wt", encoding="utf-8") as lines:
        for i in range(12):
            source, document, summary = RECORDS[i % 3]
            record = {"src": source, "document": document, "summary": summary, "split": "val" if i < 3 else "train"}
            lines.write(json.dumps(record) + "\n")
    return file


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    sizes = (
        "--steps 60 --every 60 --batch 3 --width 64 --encoder-layers 1 --decoder-layers 1 --dropout 0 --max-source 60"
    )
    summarizer.main(
        ["--data", str(data), "--out", str(out), "--threads", "1", *sizes.split(), "--lr", "1e-2", "--ema", "0.5"]
    )
    return out / "model"


@pytest.fixture(scope="module")
def pipeline(trained: Path) -> PointerSummary:
    return PointerSummary(replace(SUMMARIZE_POINTER_ZH, source=Local(folder=trained)), [trained])


def test_a_chinese_character_is_a_word_and_rare_ones_can_be_copied() -> None:
    assert [w.text for w in vocabulary.words("在ASP.NET里，𠮷野家3.5元")] == [
        "在", "ASP", ".", "NET", "里", "，", "𠮷", "野", "家", "3.5", "元",
    ]  # fmt: skip
    words = Vocabulary([*vocabulary.SPECIALS, "元", "，"])
    reading = words.read("𠮷元，鑫元")
    assert reading.ids.tolist() == [UNKNOWN, 4, 5, UNKNOWN, 4] and reading.unknown == ("𠮷", "鑫")
    assert words.write("鑫𠮷元", reading.unknown).tolist() == [7, 6, 4]


def test_it_learns_titles_and_writes_them_without_spaces(pipeline: PointerSummary) -> None:
    document, title = RECORDS[0][1:]
    written = drain(pipeline.stream(SummarizeRequest(text=document, max_sentences=1))).output
    assert rouge(written.text, title, characters).rougeL > 0.6 and " " not in written.text
    (sentence,) = written.sentences
    assert "".join(word.text for word in sentence.words) == sentence.text
    for word in sentence.words:
        assert word.start < 0 or document[word.start : word.end] == word.text
    assert sentence.sources


def test_names_of_programs_keep_their_spelling(pipeline: PointerSummary) -> None:
    text = pipeline._spelled(
        pipeline._vocabulary.read("在 Visual Studio 中用 ASP.NET 3 次"),
        _ids(pipeline, "用 ASP.NET 3 次在 Visual Studio 中"),
        [],
    )
    assert text == "用ASP.NET 3次在Visual Studio中"
    english = pipeline._vocabulary.read("We use ASP.NET here")
    assert _touching(english) == set()


def _ids(pipeline: PointerSummary, text: str) -> list[int]:
    reading = pipeline._vocabulary.read("在 Visual Studio 中用 ASP.NET 3 次")
    return [int(i) for i in pipeline._vocabulary.write(text, reading.unknown)]


def test_several_lines_end_with_the_stop_of_their_language() -> None:
    lines = _stopped([Written("温度的影响"), Written("了解如何调试。"), Written("A title")])
    assert [line.text for line in lines] == ["温度的影响。", "了解如何调试。", "A title."]
    assert _stopped([Written("温度的影响")])[0].text == "温度的影响"


def test_rouge_over_characters_by_hand() -> None:
    # candidate 天地人和, reference 天人地: longest common subsequence 天人 (or 天地) = 2; 2·2/(4 + 3)
    found = rouge("天地，人和。", "天人地", characters)
    assert found.rougeL == pytest.approx(4 / 7) and found.rouge1 == pytest.approx(6 / 7) and found.rouge2 == 0
    # letters and digits count one by one, marks and spaces not at all
    assert characters("用 PB3，好") == ["用", "p", "b", "3", "好"]
    assert rouge("", "天", characters) == (0, 0, 0)


def test_the_baselines_of_chinese_and_the_figures(trained: Path, data: Path) -> None:
    rows = summaries.baselines(characters)
    document = "研究了水稻。结果表明，温度影响水稻种子的萌发率很大。"
    assert rows["first-16-characters"](document, "") == document[:16]
    assert rows["lead-1"](document, "") == "研究了水稻。"
    assert rows["oracle-sentence"](document, "温度影响萌发率").startswith("结果")
    figures = summaries.scores([(document, "水稻")], lambda d, r: "水稻的种", characters)
    assert figures["rouge1"] == pytest.approx(100 * 4 / 6, abs=0.01) and figures["characters"] == 4
    pairs = [(r[1], r[2]) for r in RECORDS]
    (*_, ours) = summaries.rows([str(trained)], pairs, characters)
    assert ours["documents"] == 3 and float(str(ours["rougeL"])) > 50
