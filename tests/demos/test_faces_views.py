"""The views below the Faces tab without a browser: formulas, source lines, plots, and their endpoints on toy rows."""

from __future__ import annotations

import itertools
import json
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import faces_toy
import pytest
import torch
from PIL import Image

from aigc_core import registry, weights
from aigc_core.errors import InvalidRequestError
from aigc_core.sampling.diffusion import samplers as diffusion
from aigc_core.sampling.diffusion.formulas import explain
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.tasks.faces import SAMPLERS, FaceEdit, FaceTrajectoryRequest, NearestFaces, Trajectory
from demos.faces import canvas as faces_canvas
from demos.faces import columns as faces_columns
from demos.faces import kept as faces_kept
from demos.faces.views import edit as faces_edit
from demos.faces.views import families as faces_families
from demos.faces.views import nearest as faces_nearest
from demos.faces.views import same_seed as faces_same_seed
from demos.faces.views import scores as faces_scores
from demos.faces.views import trajectory_view as view
from demos.ui import source as source_text
from demos.ui.compare import turns
from demos.ui.studio import Studio

SIGMAS = karras_sigmas(5, 0.02, 20.0)
LEVELS = [(float(a), float(b)) for a, b in itertools.pairwise(SIGMAS)]


def _steps(sampler: str) -> diffusion.Steps:
    x = torch.full((1, 2), 20.0)
    run = getattr(diffusion, sampler)
    rest = [] if sampler == "dpmpp_2m" else [[torch.Generator().manual_seed(0)]]
    steps: diffusion.Steps = run(lambda x, sigma: x / (1 + sigma[:, None] ** 2), x, SIGMAS, *rest)
    return steps


# --- the formula of a step, and the lines that ran -----------------------------------------------------------------------


def test_the_run_that_is_kept_has_the_formulas_of_its_steps() -> None:
    walk = faces_kept.trajectory()
    assert walk is not None and walk.teleported
    first, *rest = walk.steps
    assert first.formula == explain("teleport", first.sigma, first.sigma_next).tex
    before = None
    for step in rest:
        assert step.formula == explain(walk.sampler, step.sigma, step.sigma_next, before).tex
        before = step.sigma


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_lines_struck_out_are_those_that_python_did_not_run(sampler: str) -> None:
    source = source_text.function(view.SAMPLERS, sampler)
    assert {test for test, *_ in source.branches} <= set(view.CONDITIONS)
    code = getattr(diffusion, sampler).__code__
    ran: set[int] = set()

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        if frame.f_code is not code:
            return None
        if event == "line":
            ran.add(frame.f_lineno)
        return trace

    steps = _steps(sampler)
    for i, (_, after) in enumerate(LEVELS):
        ran.clear()
        old = sys.gettrace()
        sys.settrace(trace)
        try:
            next(steps)
        finally:
            sys.settrace(old)
        skipped = set(source_text.skipped(source, view.held(i, after)))
        assert not skipped & ran
        guarded = {n for _, first, last in source.branches for n in range(first, last + 1)}
        assert guarded - skipped <= ran


def test_the_source_shown_is_the_function_without_its_docstring() -> None:
    source = source_text.function(view.SAMPLERS, "ddim")
    lines = (source_text.ROOT / view.SAMPLERS).read_text("utf-8").splitlines()
    assert list(source.lines) == lines[source.first - 1 : source.first - 1 + len(source.lines)]
    assert "yield Step" in source.lines[-2] and '"""' not in "".join(source.lines)
    assert f'data-line="{source.first}"' in source_text.view(source)
    with pytest.raises(LookupError):
        source_text.function(view.SAMPLERS, "nothing")


def _walk(count: int = 5) -> Trajectory:
    toy = faces_toy.Discs(faces_toy.rows()["faces-diffusion-128"], [])
    walk: Trajectory = list(toy.stream(FaceTrajectoryRequest(num_inference_steps=count)))[-1].output  # type: ignore[union-attr]
    return walk


def test_a_trajectory_carries_all_steps_to_the_page() -> None:
    walk = _walk()
    sheet = view.sheet(walk)
    assert sheet.size == (5 * 32, 3 * 32)
    assert sheet.crop((32, 32, 64, 64)).tobytes() == walk.steps[1].denoised.tobytes()
    data = json.loads(re.search(r'data-walk="([^"]*)"', view.view(walk)).group(1).replace("&quot;", '"'))  # type: ignore[union-attr]
    assert len(data["levels"]) == len(data["skipped"]) == 5 and data["levels"][-1][1] == 0
    assert view.formulas(walk).count("$$") == 10
    assert "canvas" not in view.live(replace(walk, steps=walk.steps[:1]), 5)


def test_a_latent_is_shown_beside_the_decoded_pictures_in_hard_squares() -> None:
    walk = faces_kept.trajectory()
    assert walk is not None and view.sheet(walk).height == 4 * walk.steps[0].noisy.width
    fresh = _walk()
    latent = Image.effect_noise((8, 8), 90).convert("RGB")
    shown = view.pictures(replace(fresh.steps[0], latent=latent))
    assert len(shown) == 4 and shown[-1].size == (32, 32)
    assert shown[-1].resize((8, 8), Image.Resampling.NEAREST).tobytes() == latent.tobytes()
    assert "latent" not in fresh.to_json()["steps"][0]


def test_steps_are_counted_as_in_the_request() -> None:
    for teleported, count, numbers in ((False, 5, "1 / 5"), (True, 4, "0 / 4")):
        page = view.view(replace(_walk(), teleported=teleported))
        assert numbers in page and f"Noise level σ of {count} steps" in page


def test_the_closed_form_takes_the_first_step_where_there_is_one() -> None:
    walk = replace(_walk(), teleported=True)
    plain = view.levels(walk)[1:]
    source, closed = (source_text.function(view.SAMPLERS, name) for name in (walk.sampler, "teleport"))
    skipped = view.left_out(walk)
    assert len(skipped) == 5 and skipped[0] == source_text.all_lines(source)
    assert set(skipped[1]) == {
        *source_text.skipped(source, view.held(0, plain[0][1])),
        *source_text.all_lines(closed),
    }
    assert view.code(walk.sampler, True).count("<pre") == 2 and view.code(walk.sampler, False).count("<pre") == 1


# --- scores ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    point = {"setting": "truncation", "value": 0.7, "precision": 0.8, "recall": 0.3, "kid-lite0": 99.0}
    record = {
        "rows": [
            {"model": "real training faces", "space": "lite0", "truncation": 1.0, "precision": 0.7, "recall": 0.72, "kid-lite0": -0.6, "error": 0.5},
            {"model": "faces-gan-128", "space": "lite0", "truncation": 1.0, "precision": 0.74, "recall": 0.16, "kid-lite0": 200.0, "error": 2.0},
            {"model": "faces-gan-128", "space": "vgg16", "truncation": 1.0, "precision": 0.1, "recall": 0.1, "kid-vgg16": 297.0, "error": 9.0},
            {"model": "faces-gan-128", "space": "lite0", "truncation": 0.7, "precision": 0.9, "recall": 0.05, "kid-lite0": 300.0, "error": 2.0},
        ],
        "curve": [point, {**point, "value": 1.0, "precision": 0.7, "recall": 0.4}],
    }  # fmt: skip
    folder = tmp_path / "faces-gan-128"
    folder.mkdir()
    (folder / "eval.json").write_text(json.dumps(record))
    monkeypatch.setattr(weights, "CHECKPOINTS", tmp_path)
    return tmp_path


def test_scores_are_those_of_the_default_setting_with_both_spaces_in_a_row(measured: Path) -> None:
    row = faces_scores.scores()["faces-gan-128"]
    assert (row["precision"], row["kid-lite0"], row["kid-vgg16"]) == (0.74, 200.0, 297.0)
    table = faces_scores.table(faces_scores.scores())
    assert "200.0 ± 2.0" in table and "297.0" in table and "真实人脸" in table


def test_the_curve_has_a_point_a_setting_and_precision_grows_upwards(measured: Path) -> None:
    found = faces_scores.curves()
    svg = faces_scores.plot(found, faces_scores.scores()["real training faces"])
    points = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', svg)]
    assert len(points) == 2
    assert points[0][1] < points[1][1] and points[0][0] < points[1][0], "0.7: more precise, less recall"
    assert "KID 99" in svg and "截断" in svg


def test_nothing_measured_is_nothing_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "CHECKPOINTS", tmp_path)
    assert faces_scores.scores() == {} == faces_scores.curves()


# --- the other views ------------------------------------------------------------------------------------------------------


def test_a_face_closer_than_chance_is_marked() -> None:
    held_out = tuple(1 + i / 100 for i in range(300))
    images = tuple(Image.new("RGB", (8, 8)) for _ in range(2))
    output = NearestFaces(images=images, seeds=(1, 2), distances=(0.5, 2.0), held_out=held_out)
    page = faces_nearest.view(output)
    assert page.count("<figure") == 2 and page.count('class="copied"') == 1
    assert sum(faces_nearest.counts(held_out, 1, 4)) == 300
    assert faces_nearest.counts([4.0], 1, 4)[-1] == 1


def test_the_note_says_when_no_face_was_found() -> None:
    picture = Image.new("RGB", (8, 8))
    output = FaceEdit(aligned=picture, reconstruction=picture, edited=picture, aligned_by="centre", error=3.21)
    assert "未检测到人脸" in faces_edit.note(output) and "3.2 of 255" in faces_edit.note(output)
    assert "No face" not in faces_edit.note(replace(output, aligned_by="eyes"))


def test_doodles_are_sheets_of_the_canvas_and_nothing_drawn_is_said() -> None:
    assert all(faces_canvas.doodle(key).size == (faces_canvas.SIDE,) * 2 for key in faces_canvas.DOODLES)
    assert faces_canvas.composite({"composite": {"path": "a.png"}}) == "a.png"
    with pytest.raises(InvalidRequestError, match="no drawing"):
        faces_canvas.composite(None)


def test_one_family_that_fails_leaves_the_others_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = faces_toy.rows()
    table["faces-gan-128"] = replace(table["faces-gan-128"], target="faces_toy:Nobody")
    monkeypatch.setattr(registry, "_table", lambda: table)
    board = faces_same_seed.Board()
    for turn in turns(Studio(outputs=tmp_path), faces_same_seed.requests({"count": 2, "seed": 8}), None):
        board.put(turn)
    page, found = faces_columns.html(board.columns), [column.to_json() for column in board.columns]
    assert set(board.recipes) == set(faces_families.FAMILIES) - {"faces-gan-128"}
    assert page.count("<img") == 8 and page.count("ss-bad") == 1
    assert [row["model"] for row in found] == list(faces_families.FAMILIES)
    assert found[0]["seeds"] == [8, 9] and found[0]["seconds"] > 0 and math.isclose(found[0]["steps"], 1)
    assert len(board.files) == 4 * 3, "a sheet and two faces of each"


def test_columns_before_their_turn_show_what_is_known(monkeypatch: pytest.MonkeyPatch, measured: Path) -> None:
    table = faces_toy.rows()
    monkeypatch.setattr(registry, "_table", lambda: table)
    waiting = faces_families.waiting()
    assert [column.state for column in waiting] == ["waiting"] * 5
    assert "0.74" in faces_columns.html(waiting) and "1 M" in faces_columns.html(waiting)


# --- endpoints ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from gradio_client import Client

    folder = tmp_path_factory.mktemp("outputs")
    with faces_toy.served(folder) as url:
        yield Client(url, verbose=False, download_files=str(folder))


def test_every_view_has_an_endpoint_whose_last_value_is_the_recipe(client: Any, tmp_path: Path) -> None:
    from gradio_client import handle_file

    Image.new("RGB", (40, 40), "teal").save(tmp_path / "photo.png")
    photo = handle_file(str(tmp_path / "photo.png"))
    walk, shown, recipe = client.predict(num_inference_steps=4, seed=3, api_name="/faces_trajectory")
    assert [step["i"] for step in walk["steps"]] == [0, 1, 2, 3] and len(shown) == 4
    assert (recipe["request"], recipe["model"]) == ("face_trajectory", "faces-diffusion-128")
    *pictures, recipe = client.predict(image=photo, age=2, api_name="/edit_face")
    assert len(pictures) == 3 and recipe["parameters"]["age"] == 2
    faces, recipe = client.predict(image=photo, count=2, strength=0.5, api_name="/sketch_face")
    assert len(faces) == 2 and recipe["parameters"]["strength"] == 0.5
    found, recipe = client.predict(count=3, api_name="/nearest_faces")
    assert len(found["distances"]) == 3 and recipe["parameters"]["count"] == 3
    table, recipes = client.predict(count=1, seed=4, api_name="/faces_same_seed")
    assert [row["seeds"] for row in table] == [[4]] * 5 and set(recipes) == set(faces_families.FAMILIES)


def test_the_endpoints_name_limit_and_value(client: Any) -> None:
    with pytest.raises(Exception, match="num_inference_steps must be between 1 and 100; got 101"):
        client.predict(num_inference_steps=101, api_name="/faces_trajectory")
    with pytest.raises(Exception, match="image is missing"):
        client.predict(image=None, api_name="/edit_face")
    with pytest.raises(Exception, match=r"There is no drawing yet|image is missing"):
        client.predict(image=None, api_name="/sketch_face")
    with pytest.raises(Exception, match="count must be between 1 and 16; got 99"):
        client.predict(count=99, api_name="/nearest_faces")


def test_without_our_rows_the_views_are_sentences(tmp_path: Path) -> None:
    from gradio_client import Client

    table = {"faces-dcgan-64": faces_toy.rows()["faces-dcgan-64"]}
    with faces_toy.served(tmp_path, table) as url:
        client = Client(url, verbose=False)
        named = client.view_api(return_format="dict")["named_endpoints"]
        assert "/faces" in named and "/faces_same_seed" in named and "/faces_trajectory" not in named
        pictures, _, _ = client.predict(count=1, api_name="/faces")
        assert len(pictures) == 1
        text = json.dumps(client.config, ensure_ascii=False)
        assert text.count("当前项目副本中没有相应权重") == 4 and "Not in this copy" in text
