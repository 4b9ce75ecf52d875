"""Style transfer on the page and through its endpoint, with the real networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect
from waiting import expect_to_fit

from aigc_core import recipe
from demos.ui.pictures import SCENES

pytestmark = pytest.mark.weights
LAKE = SCENES / "lake.jpg"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, real_weights: Callable[[str], list[Path]]) -> Iterator[str]:
    """The tab alone, served from a free port."""
    from demos.ui import page

    real_weights("style-multi-26")
    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["stylize"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture(scope="module")
def client(url: str) -> Any:
    from gradio_client import Client

    return Client(url, verbose=False)


def test_the_endpoint_gives_the_picture_and_the_recipe(client: Any) -> None:
    from gradio_client import handle_file

    picture, made = client.predict(image=handle_file(str(LAKE)), max_side=256, strength=0.8, api_name="/stylize")
    with Image.open(picture) as image:
        assert image.size == (256, 171)
    assert made["model"] == "style-multi-26" and made["info"]["style"] == "starry-swirl"
    assert recipe.read(picture)["parameters"]["strength"] == 0.8


def test_a_style_picture_through_the_endpoint(client: Any) -> None:
    from gradio_client import handle_file

    _, made = client.predict(
        image=handle_file(str(LAKE)), model="style-arbitrary", style="", max_side=128,
        style_image=handle_file(str(SCENES / "canal.jpg")), api_name="/stylize",
    )  # fmt: skip
    assert made["info"]["style"] == "picture"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"strength": 1.5}, "strength must be between 0 and 1; got 1.5"),
        ({"style": "no-such-style"}, "no style 'no-such-style'"),
        ({"model": "inpaint-telea"}, "There is no model 'inpaint-telea'"),
        ({"max_side": "abc"}, "max_side must be a whole number"),
    ],
)
def test_bad_values_are_answered_in_words(client: Any, values: dict[str, Any], message: str) -> None:
    from gradio_client import handle_file

    with pytest.raises(Exception, match=message):
        client.predict(image=handle_file(str(LAKE)), **values, api_name="/stylize")


@pytest.mark.browser
def test_a_thumbnail_picks_the_style_and_the_button_paints(url: str, browser: Any) -> None:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(url)
    page.locator(".style-pick button.thumbnail-lg").nth(3).click()
    page.get_by_label("Style", exact=True).and_(page.locator("input")).wait_for()
    page.wait_for_function("[...document.querySelectorAll('input')].some(e => e.value.startsWith('Lilac dawn'))")
    page.locator(".columns .go").first.click()
    page.locator(".statusbox b", has_text="26 painted styles").wait_for(timeout=60_000)
    expect(page.locator(".statusbox").first).to_contain_text("lilac-dawn", use_inner_text=True)
    context.close()


@pytest.mark.browser
def test_it_speaks_chinese_and_fits_a_phone(url: str, browser: Any) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="开始绘制").wait_for()
    expect(page.get_by_text("拖动中线即可对比前后效果")).to_be_visible()
    expect_to_fit(page)
    context.close()
