"""Every lesson as a notebook: valid, complete, and its code runs."""

import json

import nbformat
import pytest

from aigc_core.lessons import course, notebook, source
from aigc_core.lessons.blocks import FigureBlock, NotebookBlock
from aigc_core.lessons.course import LANGUAGES, Language

WITH_CODE = [
    slug
    for slug in course.written()
    if any(isinstance(block, NotebookBlock) for block in course.load(slug, "en").blocks)
]
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
@pytest.mark.parametrize("slug", WITH_CODE)
def test_the_code_of_a_lesson_runs_and_shows_something(slug: str) -> None:
    from nbclient import NotebookClient

    for language in LANGUAGES:
        made = nbformat.reads(notebook.dumps(course.load(slug, language)), as_version=4)
        if language == "zh" and _code(made) == _code(
            nbformat.reads(notebook.dumps(course.load(slug, "en")), as_version=4)
        ):
            continue  # the same code was run just now
        NotebookClient(made, timeout=CELL_S, resources={"metadata": {"path": str(source.ROOT)}}).execute()
        last = [cell for cell in made.cells if cell.cell_type == "code"][-1]
        assert last.outputs, "it ends in something to see"


def _code(made: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in made.cells if cell.cell_type == "code"]
