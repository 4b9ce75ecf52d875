"""The faces tab without a browser: what its handlers hand to the page, and its endpoint through ``gradio_client``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aigc_core import recipe as recipes
from aigc_core import registry
from aigc_core.catalog.faces import FACES_DIFFUSION, FACES_GAN, FACES_VAE
from aigc_core.media.image import grid as contact_sheet
from aigc_core.tasks.faces import Faces
from demos.faces import grid as tab
from demos.faces import how as faces_how
from demos.ui import contact_sheet as previews
from demos.ui import source as source_text
from demos.ui.gallery import ROOT

grid = tab
DCGAN = "faces-dcgan-64"
OURS = (FACES_VAE, FACES_GAN, FACES_DIFFUSION)


def _faces(count: int, seed: int = 3) -> Faces:
    images = tuple(Image.new("RGB", (8, 8), (i, 0, 0)) for i in range(count))
    return Faces(images=images, seeds=tuple(range(seed, seed + count)))


def test_a_preview_is_one_sheet_of_small_pictures_in_the_order_of_the_faces() -> None:
    large = [Image.new("RGB", (512, 512), colour) for colour in ("red", "lime", "blue", "white", "black")]
    sheet = previews.sheet(large, columns=4)
    side = previews.SIDE
    assert sheet.size == (4 * side, 2 * side)
    assert [sheet.getpixel((side * x + 9, 9)) for x in range(3)] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert sheet.getpixel((9, side + 9)) == (0, 0, 0)
    shown = previews.view(large, 4)
    assert shown.count("<img") == 1 and len(shown) < 20_000
    assert previews.sheet(large[:2], columns=4).size == (2 * side, side) and previews.view([], 4) == ""


def test_a_result_shows_the_files_that_carry_recipes() -> None:
    files = {"sheet": "s.png", "face-0": "a.png", "face-1": "b.png", "morph": "m.mp4"}
    assert tab.files_of(_faces(2), files) == [("a.png", "3"), ("b.png", "4")]


def test_the_opening_example_is_the_sheet_cut_into_its_faces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    colours = [(i * 15, 0, 255 - i * 15) for i in range(16)]
    contact_sheet([Image.new("RGB", (12, 12), colour) for colour in colours]).save(tmp_path / "faces.png")
    made = {"parameters": {"count": 16}, "seed": 45}
    monkeypatch.setattr(tab, "example", lambda task, suffix: (str(tmp_path / "faces.png"), made))
    pictures, recipe = tab.opening()
    assert recipe is made and [seed for _, seed in pictures] == [str(45 + i) for i in range(16)]
    assert [(p.size, p.getpixel((0, 0)), p.getpixel((11, 11))) for p, _ in pictures] == [
        ((12, 12), c, c) for c in colours
    ]


def test_the_gallery_example_was_made_by_the_app() -> None:
    pictures, recipe = tab.opening()
    assert (
        recipe is not None
        and recipe["model"] == FACES_DIFFUSION.name
        and len(pictures) == recipe["parameters"]["count"]
    )
    assert recipes.read(ROOT / "docs/gallery/faces.mp4")["parameters"] == recipe["parameters"]
    recipes.to_request(recipe)


@pytest.mark.parametrize("spec", [*registry.list_models("faces"), *OURS], ids=lambda spec: spec.name)
def test_proposals_and_accordions_follow_the_model(spec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_table", lambda: {spec.name: spec})
    updates = grid.control_updates(spec.name)
    for accordion, field in (("attributes", "age"), ("walk", "seed_to"), ("mixing", "mix_seed")):
        assert updates[accordion]["visible"] == (field in spec.accepts)
    assert updates["count"].get("value", 1) == spec.settings.get("count", 1)
    for name, setting in (("num_inference_steps", "steps"), ("guidance_scale", "guidance_scale")):
        proposed = spec.settings.get(setting) if name in spec.accepts else None
        assert updates[name].get("value") == proposed, "an empty number would come into view as 0"


@pytest.mark.parametrize("page", faces_how.PAGES)
def test_how_it_works_leads_to_the_lines_that_do_it(page: str) -> None:
    for file, name in faces_how.PAGES[page].sources:
        line = (ROOT / file).read_text("utf-8").splitlines()[source_text.line_of(file, name) - 1]
        assert line.strip().startswith((f"def {name}(", f"class {name}"))


@pytest.fixture(scope="module")
def client(real_weights: Callable[[str], list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from gradio_client import Client

    from demos.ui import page

    real_weights(DCGAN)
    folder = tmp_path_factory.mktemp("outputs")
    args: argparse.Namespace = page.parser().parse_args(["--outputs", str(folder)])
    demo, options = page.make(["faces"], args)
    _, url, _ = demo.launch(**{**options, "quiet": True, "prevent_thread_lock": True})
    yield Client(url, verbose=False, download_files=str(folder))
    demo.close()


@pytest.mark.weights
def test_endpoint_gives_the_gallery_first_and_the_recipe_last(client: Any) -> None:
    pictures, morph, recipe = client.predict(model=DCGAN, count=2, seed=57, api_name="/faces")
    assert morph is None
    assert [p["caption"] for p in pictures] == ["57", "58"]
    with Image.open(pictures[1]["image"]) as face:
        assert face.size == (64, 64)
    assert recipes.read(pictures[1]["image"])["part"] == {"index": 1, "seed": 58}
    assert recipe["seed"] == 57 and recipe["parameters"]["count"] == 2 and recipe["generated"] == "AI-generated"


@pytest.mark.weights
def test_endpoint_morphs_and_names_what_is_out_of_range(client: Any) -> None:
    _, morph, recipe = client.predict(count=1, seed=1, seed_to=2, frames=8, api_name="/faces")
    path = morph["video"] if isinstance(morph, dict) else morph
    assert recipes.read(path)["parameters"]["frames"] == 8 == recipe["parameters"]["frames"]
    with pytest.raises(Exception, match="count must be between 1 and 16; got 17"):
        client.predict(count=17, api_name="/faces")
    with pytest.raises(Exception, match="There is no model 'nobody' for faces"):
        client.predict(model="nobody", api_name="/faces")


@pytest.mark.weights
def test_every_parameter_has_a_default(client: Any) -> None:
    endpoint = client.view_api(return_format="dict")["named_endpoints"]["/faces"]
    names = {p["parameter_name"]: p["parameter_has_default"] for p in endpoint["parameters"]}
    assert {"model", "count", "seed", "truncation", "seed_to", "frames", "prompt"} <= set(names) and all(names.values())
