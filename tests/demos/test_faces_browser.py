"""The faces tab in a real browser: opens with faces, makes new ones, shows a seed, morphs, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from waiting import expect_to_fit

from aigc_core import recipe as recipes
from aigc_core import registry

DCGAN = "faces-dcgan-64"


@pytest.fixture(scope="module")
def url(real_weights: Callable[[str], list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from demos.ui import page

    real_weights(DCGAN)
    demo, options = page.make(
        ["faces"], page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    )
    _, address, _ = demo.launch(**{**options, "quiet": True, "prevent_thread_lock": True})
    yield address
    demo.close()


@pytest.fixture
def open_page(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    contexts = []

    def opened(locale: str = "en-US", width: int = 1280) -> Any:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(url)
        page.wait_for_selector(".faces-grid .thumbnail-item img")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.weights
def test_faces_seed_and_morph(open_page: Callable[..., Any], tmp_path: Path) -> None:
    page = open_page()
    captions = page.locator(".faces-grid .caption-label, .faces-grid .thumbnail-item")
    expect(captions.nth(15)).to_be_attached()  # the tab opens with finished faces
    expect(page.locator(".faces-morph")).to_be_hidden()

    page.get_by_role("button", name="Sixteen faces").click()
    page.wait_for_selector(".columns .status b")
    page.locator(".faces-grid .thumbnail-item").nth(2).click()
    page.get_by_text("Face 3: seed").wait_for()
    expect(page.locator(".faces-selected .status")).to_contain_text("602", use_inner_text=True)

    page.get_by_role("button", name="Morph to it").click()
    page.get_by_role("button", name="Morph", exact=True).click()
    page.wait_for_selector("video")
    expect(page.get_by_label("Morph to seed")).to_have_value("602")
    page.get_by_text("Click a face to see its seed.").wait_for()  # the pick of the last run is gone

    page.locator(".columns").first.get_by_role("button", name="Files").click()
    with page.expect_download() as download:
        page.locator("a[download$='.mp4']").first.click()
    made = recipes.read(download.value.path())
    assert made["parameters"]["seed_to"] == 602 and made["model"] == registry.list_models("faces")[0].name


@pytest.mark.browser
@pytest.mark.weights
def test_the_models_bring_their_controls(open_page: Callable[..., Any]) -> None:
    left = open_page().locator(".columns").first
    expect(left.get_by_text("Morph between two seeds")).to_be_visible()
    expect(left.get_by_text("Prompt", exact=True)).to_be_visible()
    left.get_by_label("Model").click()
    left.page.get_by_role("option", name="VAE-GAN").click()
    left.get_by_text("Prompt", exact=True).wait_for(state="hidden")
    left.get_by_text("Truncation ψ").wait_for()
    left.get_by_label("Model").click()
    left.page.get_by_role("option", name="LCM").click()
    left.get_by_text("Prompt", exact=True).wait_for()
    left.get_by_text("Guidance scale").wait_for()
    left.get_by_text("Morph between two seeds").wait_for(state="hidden")
    expect(left.get_by_label("number input for Faces")).to_have_value("1")


@pytest.mark.browser
@pytest.mark.weights
@pytest.mark.parametrize("width", [1280, 390])
def test_chinese_page_fits_and_explains_itself(open_page: Callable[..., Any], width: int) -> None:
    page = open_page("zh-CN", width)
    page.get_by_role("button", name="生成人脸").wait_for()
    page.locator("button.label-wrap", has_text="原理").last.click()
    page.locator(".how .lesson-links .t-zh").first.wait_for(state="attached")
    expect(page.locator(".how .katex-error")).to_have_count(0)
    expect_to_fit(page)
