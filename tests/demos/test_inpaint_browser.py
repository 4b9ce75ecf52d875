"""Inpainting on the page and through its endpoint."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from waiting import expect_to_fit, place

from aigc_core import recipe
from aigc_core.errors import InvalidRequestError
from aigc_core.media import mask as masks
from demos.inpaint import canvas as inpaint_canvas
from demos.ui.pictures import SCENES

STEPS = 8
"""Movements of the mouse in a stroke."""
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


def test_the_canvas_gets_the_mask_as_the_run_reads_it(tmp_path: Any) -> None:
    shown = inpaint_canvas.shown(str(PICTURE), str(MASK))
    assert shown is not None and (shown["width"], shown["height"]) == Image.open(PICTURE).size
    assert shown["mask"] is not None
    layer = Image.open(io.BytesIO(base64.b64decode(shown["mask"].partition(",")[2])))
    assert (np.asarray(layer.getchannel("A")) > 0).tolist() == masks.read(masks.load(MASK)).tolist()
    assert inpaint_canvas.shown(None, str(MASK)) is None
    Image.new("L", (8, 9), 255).save(tmp_path / "small.png")
    with pytest.raises(InvalidRequestError, match="960×640, the mask 8×9"):
        inpaint_canvas.shown(str(PICTURE), str(tmp_path / "small.png"))


class Canvas:
    """The painted-on picture in a browser."""

    def __init__(self, url: str, browser: Any, **context: Any) -> None:
        self.context = browser.new_context(locale="en-US", **{"viewport": {"width": 1280, "height": 1000}, **context})
        self.page = self.context.new_page()
        self.posts: list[str] = []
        self.page.on("request", lambda sent: self.posts.append(sent.url) if sent.method == "POST" else None)
        self.page.goto(url)
        self.page.locator(".go").wait_for()
        self.page.wait_for_function(f"({COUNT})() > 0")

    def close(self) -> None:
        self.context.close()

    @property
    def shown(self) -> Any:
        """True where the page shows red, (H, W)."""
        url = self.page.evaluate("document.querySelector('.mask-stage canvas').toDataURL()")
        layer = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        return np.asarray(layer.convert("RGBA").getchannel("A")) > 0

    def stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Paint between two points in fractions of the picture."""
        view = self.page.locator(".mask-stage canvas")
        view.hover(position=place(view, *start))
        self.page.mouse.down()
        for step in range(1, STEPS + 1):
            x, y = (a + (b - a) * step / STEPS for a, b in zip(start, end, strict=True))
            view.hover(position=place(view, x, y))
        self.page.mouse.up()
        self.drawn()

    def press(self, name: str) -> None:
        self.page.locator(".mask-tools").get_by_role("button", name=name).click()
        self.drawn()

    def drawn(self) -> None:
        """Wait until the page has drawn what was painted: it does so once a frame."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def found(self) -> None:
        """Wait until the object that was clicked has joined the mask."""
        self.page.wait_for_function("!document.querySelector('.mask-stage').hasAttribute('aria-busy')")
        self.drawn()

    def framed(self, width: float, height: float, left: float) -> None:
        """Wait until the picture takes these parts of the width and the height of its frame, and lies so far from its left side
        and at its top, within one per cent."""
        sizes = f"[view.width / stage.width, {width}], [view.height / stage.height, {height}]"
        parts = f"[{sizes}, [(view.left - stage.left) / stage.width, {left}], [view.top / stage.top, 1]]"
        self.page.wait_for_function(
            f"""() => {{
              const [stage, view] = ['.mask-stage', '.mask-stage canvas'].map(part => document.querySelector(part).getBoundingClientRect());
              return {parts}.every(([is, meant]) => Math.abs(is - meant) < .01);
            }}"""
        )

    def repainted(self) -> int:
        """Run, and return the number of pixels that the run says it has repainted."""
        status = "document.querySelector('.prose.statusbox .status')"
        self.page.evaluate(f"{status}.textContent = ''")
        self.page.locator(".go").click()
        said = f"{status}.innerText.match(/(\\d+) pixels repainted/)?.[1]"
        return int(self.page.wait_for_function(said, timeout=60_000).json_value())


COUNT = """() => {
  const canvas = document.querySelector('.mask-stage canvas'), { width: w, height: h } = canvas;
  const data = canvas.getContext('2d').getImageData(0, 0, w, h).data;
  let count = 0;
  for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
  return count;
}"""
"""The number of red pixels."""


@pytest.mark.browser
def test_a_stroke_joins_the_mask_that_is_there_and_the_mask_shown_is_the_one_used(url: str, browser: Any) -> None:
    canvas = Canvas(url, browser)
    given = np.asarray(Image.open(MASK).convert("L")) > 0
    assert (canvas.shown == given).all(), "the example's mask is shown as it is"
    canvas.posts.clear()
    canvas.stroke((0.4, 0.5), (0.6, 0.5))
    joined = canvas.shown
    assert joined[320, 400:560].all() and (joined | given == joined).all() and joined.sum() > given.sum() + 2000
    assert not any("upload" in url for url in canvas.posts), "nothing is uploaded before a run"
    assert canvas.repainted() == joined.sum()
    assert sum("upload" in url for url in canvas.posts) == 1

    canvas.press("Eraser")
    canvas.stroke((0.3, 0.5), (0.7, 0.5))
    erased = canvas.shown
    assert not erased[320, 300:660].any() and erased.sum() < joined.sum()
    canvas.press("Undo")
    assert (canvas.shown == joined).all()
    canvas.press("Invert")
    assert (canvas.shown == ~joined).all()
    canvas.press("Clear")
    assert not canvas.shown.any()
    canvas.press("Brush")
    canvas.stroke((0.2, 0.2), (0.3, 0.2))
    assert canvas.repainted() == canvas.shown.sum()

    canvas.page.get_by_role("button", name="Scratched lake (Telea)").click()  # an example brings its own mask
    canvas.page.wait_for_function(f"({COUNT})() === {int(given.sum())}")
    canvas.close()


@pytest.mark.browser
def test_what_was_painted_survives_a_reload_and_an_opened_mask_takes_its_place(url: str, browser: Any) -> None:
    canvas = Canvas(url, browser)
    canvas.press("Clear")
    canvas.stroke((0.2, 0.2), (0.3, 0.2))
    painted = canvas.shown
    canvas.page.reload()
    canvas.page.locator(".mask-stage canvas").wait_for(state="attached")
    canvas.page.wait_for_function(f"({COUNT})() === {int(painted.sum())}")
    assert (canvas.shown == painted).all()
    assert canvas.repainted() == painted.sum()
    canvas.page.get_by_role("button", name="Date stamp").click()
    canvas.page.wait_for_function("!sessionStorage['aigc-mask']")
    canvas.page.get_by_role("button", name="Scratched lake (Telea)").click()
    canvas.page.wait_for_function(f"({COUNT})() === {int((np.asarray(Image.open(MASK).convert('L')) > 0).sum())}")
    canvas.close()


@pytest.mark.browser
def test_grow_and_feather_are_shown_as_they_are_used(url: str, browser: Any) -> None:
    canvas = Canvas(url, browser)
    canvas.page.get_by_role("button", name="Advanced").click()
    box = canvas.page.get_by_role("spinbutton", name=re.compile("Grow mask"))
    box.fill("6")
    box.press("Tab")
    given = masks.read(masks.load(MASK))
    for grow in (6, -2):
        box.fill(str(grow))
        box.press("Tab")
        expected = masks.edited(given, grow=grow)
        canvas.page.wait_for_function(f"({COUNT})() === {int(expected.sum())}")
        assert (canvas.shown == expected).all()
    canvas.close()


@pytest.mark.browser
def test_a_picture_and_a_mask_are_opened_and_dropped_and_a_finger_paints(url: str, browser: Any, tmp_path: Any) -> None:
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "own.png")
    hole = Image.new("L", (300, 200))
    hole.paste(255, (10, 20, 50, 60))
    hole.save(tmp_path / "hole.png")
    canvas = Canvas(url, browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = canvas.page
    page.locator(".mask-files input[type=file]").first.set_input_files(str(tmp_path / "own.png"))
    page.wait_for_function("document.querySelector('.mask-stage canvas').width === 300")
    page.wait_for_function(f"({COUNT})() === 0")  # the mask of another picture is gone
    page.locator(".mask-files input[type=file]").last.set_input_files(str(tmp_path / "hole.png"))
    page.wait_for_function(f"({COUNT})() === 1600")
    view = page.locator(".mask-stage canvas")
    view.tap(position=place(view, 0.75, 0.5))
    canvas.drawn()
    assert canvas.shown[100, 225] and canvas.shown[40, 30]
    assert canvas.repainted() == canvas.shown.sum()
    canvas.close()


@pytest.mark.browser
def test_a_click_and_a_box_select_objects_that_join_the_mask(url: str, browser: Any) -> None:
    canvas = Canvas(url, browser)
    canvas.page.locator(".mask-files input[type=file]").first.set_input_files(str(SCENES / "still-life.jpg"))
    canvas.page.wait_for_function(f"({COUNT})() === 0")
    canvas.press("Brush")
    canvas.stroke((0.05, 0.9), (0.15, 0.9))
    painted = canvas.shown
    canvas.press("Object")
    green, red = (425, 285), (745, 348)
    canvas.stroke(*[(green[0] / 960, green[1] / 640)] * 2)
    canvas.found()
    one = canvas.shown
    assert one[green[::-1]] and not one[red[::-1]] and (one | painted == one).all()
    assert one.mean() < 0.06, "the object, and not its surroundings"
    canvas.stroke((690 / 960, 290 / 640), (810 / 960, 410 / 640))
    canvas.found()
    assert canvas.shown[red[::-1]] and (canvas.shown | one == canvas.shown).all()
    canvas.press("Undo")
    assert (canvas.shown == one).all()
    assert canvas.repainted() == one.sum()
    canvas.close()


@pytest.mark.browser
def test_an_extended_picture_is_framed_and_comes_back_larger(url: str, browser: Any) -> None:
    canvas = Canvas(url, browser)
    canvas.press("Clear")
    canvas.page.get_by_role("button", name="Extend the picture").click()
    for name, percent in (("Extend left", "25"), ("Extend downwards", "10")):
        box = canvas.page.get_by_role("spinbutton", name=re.compile(name))
        box.fill(percent)
        box.press("Tab")
    canvas.framed(width=1 / 1.25, height=1 / 1.1, left=0.25 / 1.25)
    assert canvas.repainted() == 1200 * 704 - 960 * 640
    canvas.close()


@pytest.mark.browser
def test_a_deep_hole_is_warned_of_until_a_model_that_reaches_it_is_chosen(url: str, browser: Any) -> None:
    canvas = Canvas(url, browser)
    warning = canvas.page.locator(".area-main .hintbox")
    canvas.page.locator(".mask-size").fill("96")
    canvas.stroke((0.4, 0.5), (0.6, 0.5))
    warning.get_by_text("reaches 16").first.wait_for()
    canvas.press("Undo")
    warning.get_by_text("reaches 16").first.wait_for(state="hidden")
    canvas.close()


@pytest.mark.browser
def test_it_speaks_chinese_and_fits_a_phone(url: str, browser: Any) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="开始修复").wait_for()
    expect_to_fit(page)
    context.close()
