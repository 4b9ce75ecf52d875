"""The course as it is written: it fits together, and the checks that say so find what does not."""

import json
from pathlib import Path

import pytest

from aigc_core.lessons import check, course, markup, search, source, stills
from aigc_core.lessons.__main__ import main
from aigc_core.lessons.blocks import CodeBlock, FigureBlock, FormulaBlock, NotebookBlock, Prose, QuestionBlock
from aigc_core.lessons.outline import CHAPTERS
from aigc_core.lessons.parsing import LessonError, parse

FIXTURES = Path(__file__).parent / "fixtures"


def test_everything_in_the_course_fits_together() -> None:
    assert check.problems() == []


def test_every_section_of_the_outline_is_written_in_both_languages() -> None:
    assert check.unwritten() == []


@pytest.mark.parametrize("chapter", [2, 3, 4, 5, 6, 9])
def test_lessons_on_what_a_tab_can_do_fill_that_tab(chapter: int) -> None:
    slugs = next(one.slugs for one in CHAPTERS if one.number == chapter)
    for lesson in (course.load(slug, language) for slug in slugs for language in course.LANGUAGES):
        links = [link for text in check.texts(lesson) for link in markup.links(text)]
        assert any(link.startswith("tab:") and "?" in link for link in links), (lesson.slug, lesson.language)


def test_the_list_tells_all_of_every_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    main(["list"])
    entries = json.loads(capsys.readouterr().out)
    assert [entry["slug"] for entry in entries] == [slug for slug in course.places() if slug in course.written()]
    for entry in entries:
        assert entry["figures"] and entry["minutes"] > 0
        assert all(entry["title"][language] and entry["words"][language] for language in course.LANGUAGES)
        assert course.places()[entry["slug"]].chapter.number == entry["chapter"]


def test_the_figures_take_little_room() -> None:
    assert sum(file.stat().st_size for file in stills.FOLDER.glob("*")) < 6_000_000


def test_a_lesson_is_read_in_its_parts() -> None:
    lesson = course.load("vae-elbo", "en", FIXTURES)
    kinds = [type(block) for block in lesson.blocks]
    assert kinds == [Prose, FigureBlock, FormulaBlock, CodeBlock, QuestionBlock, QuestionBlock, NotebookBlock, Prose]
    figure, formula = lesson.blocks[1], lesson.blocks[2]
    assert isinstance(figure, FigureBlock) and figure.values == {"mean": 1.5}
    assert isinstance(formula, FormulaBlock) and formula.symbols.keys() == {r"\mu, \sigma"}
    text = course.path("vae-elbo", "en", FIXTURES).read_text("utf-8").splitlines()
    assert all(text[block.at - 1].startswith("```") for block in lesson.blocks if not isinstance(block, Prose))


def test_short_lessons_have_no_other_problem_than_their_length() -> None:
    found = [p for p in check.problems(FIXTURES) if not p.split(": ", 1)[1].endswith("are needed")]
    assert found == []


BROKEN = {
    "mean: 1.5": ("mean: 99", "mean must be between -3 and 3; got 99"),
    "figure gaussian-kl": ("figure gaussian-kk", "figure must be one of"),
    "line: return 0.5": ("line: mean", "lines of aigc_core/models/vae.py"),
    "code: aigc_core.models.vae:kl": ("code: aigc_core.models.vae:kkl", "no 'kkl'"),
    "lesson:vae-idea": ("lesson:vae-ideas", "no lesson 'vae-ideas'"),
    "(lesson:vae-idea)": ("(term:nothing)", "no term 'nothing'"),
    "code:aigc_core.models.vae:kl)": ("code:aigc_core.models.no:kl)", "no module 'aigc_core.models.no'"),
    "tab:faces?count=16": ("tab:faces?count=99999", "count must be between"),
    "faces?count": ("faces?number", "has no setting number"),
    "tab:faces?": ("tab:facets?", "no task 'facets'"),
    "$\\sigma \\ll 1$": ("$\\sigma \\ll 1", "a $ without its partner"),
    "a narrow Gaussian": ("a **narrow:**Gaussian", "a * that emphasises nothing"),
    "## A price": ("# A price", "headings begin at ##"),
    "## What goes wrong": ("## More", "no section"),
    "minutes: 4": ("minutes: 5", "differ in their minutes"),
    "\\ln\\sigma^2": ("\\log\\sigma^2", "differ in their formulas"),
    "```code": ("```kode", "unknown kind of block 'kode'"),
    "print(kl": ("print((kl", "notebook"),
    "title: What": ("titel: What", "front matter needs title"),
    "```question\nAnd": ("```text\nAnd", "1 questions; at least 2"),
}


@pytest.mark.parametrize("good", BROKEN)
def test_a_mistake_is_found(good: str, tmp_path: Path) -> None:
    bad, said = BROKEN[good]
    for language in course.LANGUAGES:
        text = course.path("vae-elbo", language, FIXTURES).read_text("utf-8")
        course.path("vae-elbo", language, tmp_path).write_text(text, "utf-8")
    english = course.path("vae-elbo", "en", tmp_path)
    text = english.read_text("utf-8")
    assert good in text
    english.write_text(text.replace(good, bad, 1), "utf-8")
    assert any(said in problem for problem in check.problems(tmp_path)), check.problems(tmp_path)


def test_a_lesson_without_front_matter_is_refused() -> None:
    with pytest.raises(LessonError, match="front matter"):
        parse("## A heading\n")


def test_code_is_cut_as_it_stands_in_its_file() -> None:
    for name in ("aigc_core.models.vae:kl", "aigc_core.engine:Engine.run", "aigc_core.tasks:TASKS"):
        code = source.cut(name)
        lines = (source.ROOT / code.file).read_text("utf-8").splitlines()
        count = code.text.count("\n") + 1
        assert code.text == "\n".join(lines[code.first - 1 : code.first - 1 + count])
        assert name.rpartition(":")[2].rpartition(".")[2] in code.text.splitlines()[0]


@pytest.mark.parametrize("name", ["aigc_core.no:x", "aigc_core.models.vae:no", "aigc_core.engine:Engine.no", "..:x"])
def test_code_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(source.SourceError):
        source.cut(name)


def test_mathematics_is_not_read_as_markdown() -> None:
    tokens = [(t.type, t.content) for t in markup.tokens(r"$x_t^* = a_*b*c$ and $$\frac12$$ for \$5 or $ 6")]
    assert (markup.INLINE, "x_t^* = a_*b*c") in tokens
    assert (markup.DISPLAY, r"\frac12") in tokens
    assert not any(kind.startswith("em_") for kind, _ in tokens)


@pytest.mark.parametrize(
    ("query", "found"), [("encoder pay", "vae-elbo"), ("编码器", "vae-elbo"), ("collaps", "vae-elbo")]
)
def test_search_finds_words_of_both_languages(query: str, found: str) -> None:
    assert found in [hit.document.key for hit in search.search(query, folder=FIXTURES)]


def test_search_ranks_titles_first_and_asks_for_every_word() -> None:
    assert search.search("first look", folder=FIXTURES)[0].document.key == "vae-idea"
    assert search.search("encoder zebra", folder=FIXTURES) == []
    assert search.search(" ,。 ", folder=FIXTURES) == []
