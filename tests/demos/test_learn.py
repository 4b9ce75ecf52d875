"""The course's endpoints and its HTML: what the page asks for, and what a program gets."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from aigc_core import recipe
from aigc_core.lessons import course
from aigc_core.lessons.blocks import FigureBlock
from aigc_core.lessons.course import LANGUAGES
from demos.learn import contents, render, tab
from demos.ui import page

FIXTURES = Path(__file__).parents[1] / "lessons" / "fixtures"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    outputs = tmp_path_factory.mktemp("learn")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE"):
            patch.setenv(name, str(outputs))
        demo, options = page.make(["learn"], page.parser().parse_args(["--outputs", str(outputs)]))
        _, url, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
        yield url.rstrip("/")
        demo.close()


@pytest.fixture(scope="module")
def client(served: str) -> Client:
    return Client(served, verbose=False)


def ask(served: str, name: str, *data: Any) -> Any:
    answer = httpx.post(f"{served}/gradio_api/run/{name}", json={"data": list(data)}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][0]


def test_every_chapter_has_the_picture_of_a_figure_of_its_own(served: str) -> None:
    pictures = ask(served, "chapter_covers")
    assert len(pictures) == len(ask(served, "lessons"))
    for svg in pictures:
        assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_a_program_gets_a_figure_with_its_recipe(client: Client, tmp_path: Path) -> None:
    frame, made = client.predict("gaussian-kl", {"mean": 2}, 7, api_name="/learn")
    assert frame["caption"]["en"] and frame["caption"]["zh"]
    assert made["parameters"]["values"] == {"mean": 2.0, "deviation": 0.5} and made["seed"] == 7
    file = tmp_path / "figure.svg"
    file.write_text(frame["svg"], "utf-8")
    ElementTree.parse(file)
    assert recipe.read(file) == made


def test_a_wrong_value_is_refused_in_words(client: Client) -> None:
    with pytest.raises(AppError, match="mean must be between -3 and 3; got 99"):
        client.predict("gaussian-kl", {"mean": 99}, 0, api_name="/learn")
    with pytest.raises(AppError, match="figure must be one of"):
        client.predict("nothing", {}, 0, api_name="/learn")


def test_the_page_sees_the_figure_grow(served: str) -> None:
    head = {"x-aigc-previews": "1"}
    asked = httpx.post(f"{served}/gradio_api/call/learn", json={"data": ["gaussian-kl", {}, 0]}, headers=head)
    seen = []
    with httpx.stream("GET", f"{served}/gradio_api/call/learn/{asked.json()['event_id']}", timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and (said := json.loads(line[6:])) and "svg" in said[0]:
                seen.append(said[0]["svg"])
    assert len(set(seen)) >= 2, "no frame came before the last one"


def test_the_contents_are_those_of_the_course(served: str) -> None:
    chapters = ask(served, "lessons")
    listed = [lesson["slug"] for chapter in chapters for lesson in chapter["lessons"]]
    assert listed == [slug for slug in course.places() if slug in course.written()]


@pytest.mark.parametrize("slug", course.written())
def test_a_lesson_is_whole(served: str, slug: str) -> None:
    given = ask(served, "lesson", slug)
    for language in LANGUAGES:
        figures = [block for block in course.load(slug, language).blocks if isinstance(block, FigureBlock)]
        assert len(given["figures"]) == len(figures) == given[language]["body"].count('class="slot"')
        assert all(figure["still"] for figure in given["figures"])
        check_html(given[language]["body"])
        assert "$" not in without_code(given[language]["body"])


def without_code(text: str) -> str:
    """What is read of a lesson's HTML: neither TeX nor code."""
    text = re.sub(r'<(span|div|dt) class="tex[^>]*>.*?</\1>', "", text, flags=re.S)
    return html.unescape(re.sub(r"<(pre|code)\b.*?</\1>", "", text, flags=re.S))


class _Balance(HTMLParser):
    VOID = ("br", "hr", "img", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"


def check_html(text: str) -> None:
    parser = _Balance()
    parser.feed(text)
    assert not parser.open
    assert "<script" not in text


@pytest.mark.parametrize("slug", ["nothing", "../figure", "", None, {"path": "/etc/passwd"}])
def test_a_lesson_that_is_not_there_is_refused(served: str, slug: Any) -> None:
    answer = httpx.post(f"{served}/gradio_api/run/lesson", json={"data": [slug]})
    assert answer.status_code == 422 and "passwd" not in answer.text


@pytest.mark.parametrize("name", ["os:path", "gradio.blocks:Blocks", "aigc_core.../x:y", "demos.learn.tab:no"])
def test_no_code_but_this_project_is_shown(served: str, name: str) -> None:
    answer = httpx.post(f"{served}/gradio_api/run/source_code", json={"data": [name]})
    assert answer.status_code == 422


def test_code_is_shown_with_its_place(served: str) -> None:
    shown = ask(served, "source_code", "aigc_core.models.vae:kl")
    assert "aigc_core/models/vae.py:" in shown and "log_variance" in shown
    check_html(shown)


def test_formulas_and_lines_point_at_each_other() -> None:
    body = render.lesson(course.load("vae-elbo", "en", FIXTURES))
    marked = re.findall(r'<span class="marked"[^>]*data-formula="([^"]+)"[^>]*>(.*?)\n</span>', body, flags=re.S)
    assert [name for name, _ in marked] == ["gaussian-kl"]
    assert "return" in marked[0][1]
    assert 'class="formula" tabindex="0" data-formula="gaussian-kl"' in body


def test_links_lead_to_lessons_tabs_terms_and_code() -> None:
    body = render.lesson(course.load("vae-elbo", "en", FIXTURES))
    assert 'href="?lesson=vae-idea" data-lesson="vae-idea"' in body
    assert 'href="?tab=faces&amp;count=16&amp;seed=3" data-tab="faces?count=16&amp;seed=3"' in body
    assert 'data-code="aigc_core.models.vae:kl"' in body


def test_markup_of_a_lesson_is_text_and_no_html() -> None:
    assert render.inline("<img src=x onerror=alert(1)> [a](javascript:alert(1))", "en").count("<img") == 0


def test_search_and_notebook_answer(served: str) -> None:
    assert isinstance(ask(served, "search_lessons", "entropy"), list)
    for slug in course.written()[:1]:
        assert json.loads(ask(served, "lesson_notebook", slug, "zh-CN"))["nbformat"] == 4


def test_gradio_brings_its_katex() -> None:
    assert all(tab.katex().values())


def test_the_glossary_is_in_both_languages() -> None:
    assert all(all(term["name"].values()) and all(term["about"].values()) for term in contents.terms())
