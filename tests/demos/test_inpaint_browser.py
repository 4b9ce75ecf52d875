"""Inpainting on the page and through its endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aigc_core import recipe
from aigc_core.errors import InvalidRequestError
from demos.inpaint import mask as inpaint_mask
from demos.ui.pictures import SCENES

PICTURE, MASK = SCENES / "scratched.jpg", SCENES / "scratched-mask.png"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tab alone, served from a free port."""
    from demos.ui import page

    args = page.parser().parse_args(["--outputs", str(tmp_path_factory.mktemp("outputs"))])
    demo, options = page.make(["inpaint"], args)
    _, address, _ = demo.launch(prevent_thread_lock=True, **{**options, "quiet": True})
    yield address
    demo.close()


@pytest.fixture(scope="module")
def client(url: str) -> Any:
    from gradio_client import Client

    return Client(url, verbose=False)


@pytest.mark.parametrize("model", ["inpaint-telea", "inpaint-ns", "inpaint-patchmatch"])
def test_the_endpoint_keeps_every_byte_outside_the_mask(client: Any, model: str) -> None:
    from gradio_client import handle_file

    file, made = client.predict(
        image=handle_file(str(PICTURE)), mask=handle_file(str(MASK)), model=model, feather=2, api_name="/inpaint"
    )
    before, after = (np.asarray(Image.open(f).convert("RGB")) for f in (PICTURE, file))
    hole = np.asarray(Image.open(MASK).convert("L")) > 0
    assert (before[~hole] == after[~hole]).all() and (before[hole] != after[hole]).any()
    assert made["model"] == model and recipe.read(file) == made


def test_bad_masks_are_answered_in_words(client: Any, tmp_path: Any) -> None:
    from gradio_client import handle_file

    for size, colour, message in (((8, 9), 255, "960×640, the mask 8×9"), ((960, 640), 0, "selects nothing")):
        Image.new("L", size, colour).save(tmp_path / "mask.png")
        with pytest.raises(Exception, match=message):
            client.predict(image=handle_file(str(PICTURE)), mask=handle_file(str(tmp_path / "mask.png")), api_name="/inpaint")  # fmt: skip
    with pytest.raises(Exception, match="radius must be between 1 and 32; got 99"):
        client.predict(image=handle_file(str(PICTURE)), mask=handle_file(str(MASK)), radius=99, api_name="/inpaint")


def test_the_page_keeps_its_event_to_itself(client: Any) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/inpaint"}


def test_strokes_become_a_mask_of_the_pictures_own_size(tmp_path: Any) -> None:
    layer = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    layer.paste((255, 0, 0, 255), (20, 10, 40, 30))
    layer.save(tmp_path / "layer.png")
    drawn = SimpleNamespace(layers=[SimpleNamespace(path=str(tmp_path / "layer.png"))])
    Image.new("RGB", (400, 200)).save(tmp_path / "picture.png")
    values = {"image": str(tmp_path / "picture.png"), "mask": None}
    mask = np.asarray(inpaint_mask.with_mask({**values, "editor": drawn})["mask"]) > 0
    assert mask.shape == (200, 400) and mask[45:115, 85:155].all() and not mask[:, :76].any()
    uploaded = {**values, "mask": "given.png"}
    assert inpaint_mask.with_mask({**uploaded, "editor": drawn})["mask"] == "given.png", "an uploaded mask wins"
    with pytest.raises(InvalidRequestError, match="no picture yet"):
        inpaint_mask.with_mask({"image": None, "editor": drawn})


def settled(page: Any, canvas: Any) -> dict[str, float]:
    """The canvas' box once it has stopped moving: the editor lays itself out around the picture."""
    box, same = canvas.bounding_box(), 0
    while same < 10:
        page.wait_for_timeout(100)
        box, before = canvas.bounding_box(), box
        same = same + 1 if box == before else 0
    return box  # type: ignore[no-any-return]


@pytest.mark.browser
def test_painting_a_stroke_repairs_what_is_under_it(url: str, browser: Any) -> None:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.goto(url)
    page.locator(".go").wait_for()
    page.get_by_label("Remove Image").last.click()  # the example's mask
    canvas = page.locator("canvas").first
    canvas.wait_for()
    box = settled(page, canvas)
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5, steps=8)
    page.mouse.up()
    page.wait_for_timeout(2000)
    page.locator(".go").click()
    page.locator(".statusbox b", has_text="Telea").wait_for(timeout=60_000)
    repainted = int(re.search(r"(\d+) pixels repainted", page.locator(".statusbox").first.inner_text())[1])  # type: ignore[index]
    assert repainted > 2000 and repainted != int((np.asarray(Image.open(MASK).convert("L")) > 0).sum())
    context.close()


@pytest.mark.browser
def test_it_speaks_chinese_and_fits_a_phone(url: str, browser: Any) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="开始修复").wait_for()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    context.close()
