"""Every lesson as a notebook: valid, complete, and its code runs."""

import json
from collections.abc import Iterator

import nbformat
import pytest

from aigc_core.lessons import course, notebook, source
from aigc_core.lessons.blocks import FigureBlock, NotebookBlock
from aigc_core.lessons.course import LANGUAGES, Language

CELL_S = 60


@pytest.mark.parametrize("slug", course.written())
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notebook_holds_the_whole_lesson(slug: str, language: Language) -> None:
    lesson = course.load(slug, language)
    text = notebook.dumps(lesson)
    made = nbformat.reads(text, as_version=4)
    nbformat.validate(made)
    assert notebook.dumps(lesson) == text
    code = [cell.source for cell in made.cells if cell.cell_type == "code"]
    assert code == [block.code for block in lesson.blocks if isinstance(block, NotebookBlock)]
    pictures = [cell for cell in made.cells if cell.get("attachments")]
    assert len(pictures) == sum(isinstance(block, FigureBlock) for block in lesson.blocks)
    assert lesson.title in made.cells[0].source
    assert not any(f"]({kind}:" in json.dumps(made.cells) for kind in ("term", "lesson", "tab", "code"))


@pytest.mark.slow
def test_the_code_of_every_lesson_runs_and_shows_something() -> None:
    """In one kernel, which imports torch once; what a lesson has named is forgotten before the next."""
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook()
    for slug, language, code in runnable():
        book.cells += [nbformat.v4.new_code_cell("%reset -f")]
        book.cells += [nbformat.v4.new_code_cell(cell, metadata={"of": f"{slug}.{language}"}) for cell in code]
    NotebookClient(book, timeout=CELL_S, resources={"metadata": {"path": str(source.ROOT)}}).execute()
    last = {cell.metadata.of: cell for cell in book.cells if "of" in cell.metadata}
    assert [name for name, cell in last.items() if not cell.outputs] == [], "a lesson ends in something to see"


def runnable() -> Iterator[tuple[str, Language, list[str]]]:
    """The cells of each lesson; in the second language only where they differ, as in words that they print."""
    for slug in course.written():
        known: list[str] = []
        for language in LANGUAGES:
            blocks = course.load(slug, language).blocks
            code = [block.code for block in blocks if isinstance(block, NotebookBlock)]
            if code != known:
                yield slug, language, code
            known = code
