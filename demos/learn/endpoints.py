"""The endpoints of the course, for its page and for programs: plain values in, JSON out."""

# no deferred annotations here: gr.api reads the types themselves
import base64
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr

from aigc_core.errors import InvalidRequestError
from aigc_core.lessons import course, notebook, source
from aigc_core.lessons.catalog import figures
from aigc_core.tasks.learn import LearnRequest
from demos.learn import contents, render
from demos.ui import player
from demos.ui.player import Moment
from demos.ui.studio import Studio
from demos.ui.wiring import HEAVY

LIGHT: dict[str, Any] = {"queue": False}
Answer = tuple[dict[str, Any], dict[str, Any]]
Answers = Generator[Answer, None, None]


def wire(studio: Studio) -> None:
    """``/learn``, which draws figures, and what reads the course: ``/lessons``, ``/lesson``, ``/glossary`` and so on."""
    gr.api(_drawing(studio), api_name="learn", **HEAVY)
    readers: list[Callable[..., Any]] = [
        lessons,
        chapter_covers,
        lesson,
        glossary,
        search_lessons,
        source_code,
        lesson_notebook,
    ]
    for reader in readers:
        gr.api(player.guard(reader), **LIGHT)


def _drawing(studio: Studio) -> Any:
    first = next(iter(figures()))

    def learn(
        request: gr.Request,
        figure: str = first,
        values: dict[str, Any] = {},  # noqa: B006 - Gradio shows the default and never changes it
        seed: int = 0,
    ) -> Answers:
        """A live figure for values of its controls: picture (SVG with its recipe), caption and numbers; the recipe."""
        try:
            asked = LearnRequest(figure=figure, values=values, seed=seed)
            with closing(player.moments(studio, asked, request)) as moments:
                yield from _answers(moments, previews=player.wants_previews(request))
        except (Exception, SystemExit) as error:
            yield {"error": dict(zip(("en", "zh"), player.explain(error), strict=True))}, {}
            raise player.quiet(error) from error

    learn.__annotations__["return"] = Answer  # a program gets the last one
    return learn


def _answers(moments: Generator[Moment, None, None], *, previews: bool) -> Answers:
    for moment in moments:
        if moment.result is not None:
            yield _whole(moment), dict(moment.result.recipe)
        elif previews and moment.preview is not None:
            yield contents.plain(moment.preview), {}
        else:
            yield {}, {}  # a page or a program that has left is noticed between two yields


def _whole(moment: Moment) -> dict[str, Any]:
    """The last frame as it was saved, with its sound."""
    assert moment.result is not None
    frame = contents.plain(moment.result.output)
    frame["svg"] = Path(moment.files["figure"]).read_text("utf-8")
    if "audio" in moment.files:
        frame["audio"] = "data:audio/wav;base64," + base64.b64encode(Path(moment.files["audio"]).read_bytes()).decode()
    return {**frame, "seconds": moment.result.seconds}


def lessons() -> list[Any]:
    """The table of contents: chapters, lessons, titles in both languages, minutes."""
    return contents.chapters()


def chapter_covers() -> list[Any]:
    """A picture for every chapter, as SVG."""
    return contents.covers()


def lesson(slug: str) -> dict[str, Any]:
    """A lesson as HTML in both languages, with its figures."""
    return contents.lesson(_text(slug))


def glossary() -> list[Any]:
    """The field's terms in both languages, each with a sentence or two."""
    return contents.terms()


def search_lessons(query: str) -> list[Any]:
    """Lessons and terms that have every word of a query, in either language, best first."""
    return contents.search_results(_text(query))


def source_code(name: str) -> str:
    """The source of ``module:symbol`` of this project, as HTML."""
    try:
        return render.code(_text(name))
    except source.SourceError as error:
        raise InvalidRequestError(f"There is no such code here: {error}.", f"没有这段代码：{error}。") from error


def lesson_notebook(slug: str, language: str = "en") -> str:
    """A lesson as the text of a Jupyter notebook, in ``en`` or ``zh``."""
    return notebook.dumps(course.load(_text(slug), contents.language(_text(language))))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidRequestError(
            f"Expected text, got {type(value).__name__}.", f"应为文本，收到 {type(value).__name__}。"
        )
    return value
