"""*All styles on this photo*: the grid, and a click that paints one style at full size."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from aigc_core import recipe, registry
from aigc_core.media.scenes import lake
from aigc_core.tasks.stylize import StyleSheet
from demos.stylize import all_styles

MODEL = "style-paintings"
STYLES = registry.find(MODEL).options["style"]


def test_a_button_a_style_in_the_models_order() -> None:
    shown = all_styles.html(StyleSheet(images=(lake(40, 30),) * 2, styles=tuple(STYLES[:2])))
    assert shown.count("<button") == shown.count("<img") == 2
    assert shown.index('data-at="0"') < shown.index("Starry night") < shown.index('data-at="1"')
    assert "凡·高《星月夜》" in shown


@pytest.mark.parametrize(("at", "style"), [(0, STYLES[0]), (15, STYLES[15]), (16, None), (-1, None), ("0", None), ([0], None)])  # fmt: skip
def test_only_a_place_in_the_grid_is_a_style(at: Any, style: str | None) -> None:
    assert all_styles.chosen(MODEL, at) == style


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from demos.ui import page

    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["stylize"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


def test_the_endpoint_gives_one_sheet_with_its_recipe(url: str, tmp_path: Any) -> None:
    from gradio_client import Client, handle_file

    lake(160, 120).save(tmp_path / "in.png")
    file, made = Client(url, verbose=False).predict(
        image=handle_file(str(tmp_path / "in.png")), max_side=128, api_name="/all_styles"
    )
    assert Image.open(file).size == (4 * 128 + 3 * 4, 4 * 96 + 3 * 4)
    assert made["model"] == MODEL and made["info"]["styles"] == list(STYLES) and recipe.read(file) == made


@pytest.mark.browser
def test_a_click_on_a_style_paints_it_at_full_size(url: str, browser: Any) -> None:
    page = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.get_by_role("button", name="Paint all styles").click()
    tile = page.locator(".all-styles button", has_text="Udnie")
    tile.wait_for()
    page.wait_for_function("document.querySelectorAll('.all-styles button').length === 16")
    page.locator(".faces-all-styles .go").wait_for()
    tile.click()
    page.wait_for_function(
        "document.querySelector('.statusbox').innerText.includes('style udnie')"
    )  # the tab's own status line
    expect(page.locator(".statusbox").first).to_contain_text("16 paintings", use_inner_text=True)
    page.context.close()
