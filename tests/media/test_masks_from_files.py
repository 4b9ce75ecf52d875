"""Masks are read with their transparency, the same from the command line, the page and the API."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from aigc_core import cli, recipe
from aigc_core.engine import drain
from aigc_core.errors import InvalidRequestError
from aigc_core.media import inputs
from aigc_core.media import mask as masks
from aigc_core.recipe.__main__ import main as recipe_main
from aigc_core.tasks.fields import limits
from aigc_core.tasks.inpaint import InpaintRequest
from demos.inpaint import canvas
from demos.ui.fields import make_request

ROOT = Path(__file__).parents[2]
SIZE = (96, 64)
INKS = {"white": (255, 255, 255), "black": (0, 0, 0), "red": (255, 0, 0), "blue": (0, 0, 200), "grey": (90, 90, 90)}
FORMATS: dict[str, dict[str, Any]] = {"PNG": {}, "WEBP": {"lossless": True}, "GIF": {}, "TIFF": {}}


def painted(ink: tuple[int, int, int], under: int = 0) -> Image.Image:
    """A stroke on a transparent layer."""
    layer = Image.new("RGBA", SIZE, (under, under, under, 0))
    ImageDraw.Draw(layer).line([(12, 14), (50, 40), (80, 20)], fill=(*ink, 255), width=7)
    return layer


STROKE: NDArray[np.bool_] = np.asarray(painted((1, 2, 3)))[..., 3] > 0


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def hole(data: bytes) -> NDArray[np.bool_]:
    return masks.read(masks.load(data))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("under", [0, 255])
@pytest.mark.parametrize("ink", INKS)
def test_paint_on_a_transparent_layer_is_the_mask_whatever_its_colour(ink: str, under: int, kind: str) -> None:
    assert (hole(saved(painted(INKS[ink], under), kind, **FORMATS[kind])) == STROKE).all()


@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("quality", [40, 90])
def test_lossy_compression_moves_the_edge_by_a_little(ink: str, quality: int) -> None:
    read = hole(saved(painted(INKS[ink]), "WEBP", quality=quality))
    assert (read != STROKE).sum() <= 0.03 * STROKE.sum()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_with_alpha(kind: str) -> None:
    for ink in ("white", "black"):
        assert (hole(saved(painted(INKS[ink]).convert("LA"), kind)) == STROKE).all()


def test_a_transparent_colour_counts_as_transparency() -> None:
    for mode, clear in (("RGB", (0, 0, 0)), ("L", 0), ("P", 0)):
        picture = Image.new("L", SIZE, 0)
        picture.paste(255, (5, 5, 20, 20))
        data = saved(picture.convert(mode), transparency=clear)
        assert hole(data).sum() == 225
        data = saved(Image.eval(picture, lambda v: 40 if v else 0).convert(mode), transparency=clear)
        assert hole(data).sum() == (225 if mode != "P" else hole(data).sum())


def test_black_beside_white_on_a_transparent_layer_is_kept() -> None:
    layer = Image.new("RGBA", SIZE, (255, 255, 255, 0))
    layer.paste((0, 0, 0, 255), (0, 0, 48, 64))
    layer.paste((255, 255, 255, 255), (10, 10, 14, 14))
    read = hole(saved(layer))
    assert read.sum() == 16 and read[10:14, 10:14].all()


def test_an_opaque_mask_is_read_by_brightness_alone() -> None:
    grey = Image.fromarray(np.arange(256, dtype=np.uint8)[None].repeat(4, 0))
    expected = [v >= 128 for v in range(256)]
    deep = Image.fromarray((np.arange(256, dtype=np.uint16) * 257)[None].repeat(4, 0))
    for picture in (grey, grey.convert("RGB"), grey.convert("RGBA"), grey.convert("LA"), grey.convert("P"), deep):
        assert hole(saved(picture))[0].tolist() == expected
        assert masks.read(picture)[0].tolist() == expected
    assert hole(saved(grey.point(lambda v: 255 * (v >= 128)).convert("1")))[0].tolist() == expected
    red = Image.new("RGB", (4, 4), (255, 0, 0))
    assert not hole(saved(red)).any() and not hole(saved(red.convert("RGBA"))).any()


def test_half_transparent_white_repaints_from_the_middle_on() -> None:
    layer = Image.new("RGBA", (256, 1), (255, 255, 255, 0))
    layer.putalpha(Image.fromarray(np.arange(256, dtype=np.uint8)[None]))
    assert hole(saved(layer))[0].tolist() == [v >= 128 for v in range(256)]


def test_an_empty_layer_and_a_full_one_say_so() -> None:
    picture = Image.new("RGB", SIZE)
    for mask, words in ((Image.new("RGBA", SIZE, (255, 255, 255, 0)), "selects nothing"), (Image.new("RGBA", SIZE, "white"), "selects the whole picture")):  # fmt: skip
        with pytest.raises(InvalidRequestError, match=words):
            masks.prepare(InpaintRequest(image=picture, mask=mask))


def test_a_mask_of_another_size_names_both() -> None:
    with pytest.raises(InvalidRequestError, match="the picture is 96×64, the mask 10×9"):
        masks.prepare(InpaintRequest(image=Image.new("RGB", SIZE), mask=Image.new("RGBA", (10, 9))))


@pytest.mark.parametrize("ink", ["white", "black"])
def test_command_line_page_and_recipe_read_the_same_mask(ink: str, tmp_path: Path) -> None:
    base = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8))
    base.save(tmp_path / "base.png")
    painted(INKS[ink], 255 - INKS[ink][0]).save(tmp_path / "mask.png")
    files = {"image": str(tmp_path / "base.png"), "mask": str(tmp_path / "mask.png")}
    out = tmp_path / "out.png"
    assert cli.main(["inpaint", *(part for k, v in files.items() for part in (f"--{k}", v)), "--out", str(out)]) == 0
    changed = (np.asarray(Image.open(out)) != np.asarray(base)).any(-1)
    assert changed.any() and not (changed & ~STROKE).any()
    request = make_request(InpaintRequest, files)
    assert isinstance(request, InpaintRequest)
    assert (masks.prepare(request).hole == STROKE).all()
    shown = canvas.shown(files["image"], files["mask"])
    assert shown is not None and shown["mask"] is not None
    layer = Image.open(io.BytesIO(base64.b64decode(shown["mask"].partition(",")[2])))
    assert ((np.asarray(layer.getchannel("A")) > 0) == STROKE).all()
    given = [part for k, v in files.items() for part in ("--input", f"{k}={v}")]
    assert recipe_main([str(out), "--replay", str(tmp_path / "again.png"), *given]) == 0
    assert (tmp_path / "again.png").read_bytes() == out.read_bytes()


def test_the_gallery_still_replays() -> None:
    """The mask without transparency is handed over as before, so that recipes made earlier know it."""
    made = recipe.read(ROOT / "docs/gallery/inpaint.png")
    folder = ROOT / "docs/gallery/scenes"
    given = {
        "image": inputs.read(limits(InpaintRequest, "image"), folder / "scratched.jpg"),
        "mask": inputs.read(limits(InpaintRequest, "mask"), folder / "scratched-mask.png"),
    }
    request = recipe.to_request(made, given)
    from aigc_core.engine import Engine

    result = drain(Engine().run(request))
    with Image.open(ROOT / "docs/gallery/inpaint.png") as shown:
        assert (np.asarray(result.output) == np.asarray(shown)).all()
