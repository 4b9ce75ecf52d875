"""A replay that would not be what the recipe says is refused, each difference by its name."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigc_core import cli, recipe, registry, tasks, weights
from aigc_core.errors import InvalidRequestError
from aigc_core.recipe import compare
from aigc_core.recipe.__main__ import main as recipe_main
from aigc_core.tasks import REQUESTS, SIDE_REQUESTS
from aigc_core.tasks.request import Request

GALLERY = Path(__file__).resolve().parents[1] / "docs" / "gallery"
TEXT = "One cat sat. Two cats sat. The cats sat on a mat. A dog barked at the cats."
MODEL = "summarize-textrank"


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert cli.main(["summarize", "--model", MODEL, "--text", TEXT, "--out", str(tmp_path / "first.json")]) == 0
    capsys.readouterr()
    return recipe.read(tmp_path / "first.json")


def replay(made: dict[str, Any], folder: Path, *more: str) -> Path:
    (folder / "recipe.json").write_text(json.dumps(made), "utf-8")
    assert recipe_main([str(folder / "recipe.json"), "--replay", str(folder / "again.json"), "--force", *more]) == 0
    return folder / "again.json"


def without(made: dict[str, Any], name: str) -> dict[str, Any]:
    return {**made, "parameters": {k: v for k, v in made["parameters"].items() if k != name}}


def changes(made: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    return {
        "unknown parameter": ({**made, "parameters": {**made["parameters"], "hair_style": "curly"}}, "parameters.hair_style: unknown field"),
        "unknown key": ({**made, "scheduler": "euler"}, "scheduler: unknown field"),
        "other weights": ({**made, "weights": "0" * 64}, "weights: the recipe was made with 000000000000, this copy has none"),
        "missing field": (without(made, "max_sentences"), "max_sentences: missing, its default 3 would be used"),
        "missing seed": ({k: v for k, v in made.items() if k != "seed"}, "seed: missing"),
        "missing model": ({k: v for k, v in made.items() if k != "model"}, "model: missing"),
    }  # fmt: skip


CASES = list(changes({"parameters": {}}))


@pytest.mark.parametrize("case", CASES)
def test_each_difference_is_named_and_refused(case: str, made: dict[str, Any], tmp_path: Path) -> None:
    changed, message = changes(made)[case]
    with pytest.raises(InvalidRequestError) as caught:
        replay(changed, tmp_path)
    assert message in str(caught.value) and "--anyway" in str(caught.value)
    assert "--anyway" in caught.value.zh and caught.value.zh != str(caught.value)
    assert not (tmp_path / "again.json").exists()


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("missing") or case == "missing field"])
def test_it_is_run_when_asked_for(case: str, made: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    changed, message = changes(made)[case]
    again = replay(changed, tmp_path, "--anyway")
    assert message in capsys.readouterr().err
    assert again.read_bytes() == (tmp_path / "first.json").read_bytes()


def test_all_differences_are_in_one_message(made: dict[str, Any], tmp_path: Path) -> None:
    worse = {**without(made, "max_sentences"), "weights": "1" * 64, "x": 1}
    with pytest.raises(InvalidRequestError) as caught:
        replay(worse, tmp_path)
    for part in ("max_sentences: missing", "weights: ", "x: unknown field"):
        assert part in str(caught.value)


def test_other_versions_licence_and_date_are_a_note(
    made: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {**made, "app": "aigc-studio 99.0", "license": "other", "versions": {**made["versions"], "numpy": "1.0"}}
    replay(other, tmp_path)
    shown = capsys.readouterr().err
    assert "versions or threads differ" in shown and "numpy 1.0 → " in shown and "aigc-studio 99.0" in shown
    replay(made, tmp_path)
    assert "note: package" not in capsys.readouterr().err


def test_facts_of_the_run_that_turn_out_differently_are_a_note(
    made: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay({**made, "info": {**made["info"], "steps": 12345}}, tmp_path)
    assert "the run differs from the recipe's: steps 12345 → " in capsys.readouterr().err


@pytest.mark.parametrize("file", sorted(p.name for p in GALLERY.iterdir() if p.is_file()))
def test_nothing_in_the_gallery_would_be_refused(file: str) -> None:
    try:
        kept = recipe.read(GALLERY / file)
    except InvalidRequestError:
        pytest.skip("carries no recipe")
    cls = tasks.request_type(kept["task"], kept.get("request", ""))
    spec = registry.find(kept["model"], kept["task"])
    assert recipe.differences(kept, cls, weights.sha256(spec.source)) == []


@pytest.mark.parametrize("cls", [*REQUESTS, *SIDE_REQUESTS], ids=lambda cls: cls.__name__)
def test_a_recipe_of_now_has_no_differences_and_every_lost_field_is_one(cls: type[Request]) -> None:
    names = {f.name for f in fields(cls)} - {"model", "seed"}
    whole = {"parameters": dict.fromkeys(names), "weights": "w", "model": "m", "seed": 0, "task": cls.task}
    assert recipe.differences(whole, cls, "w") == []
    for name in names - set(compare.ADDED.get(cls.task, ())):
        found = recipe.differences(without(whole, name), cls, "w")
        assert len(found) == 1 and found[0].en.startswith(f"{name}: missing")


@given(st.none() | st.text() | st.dictionaries(st.text(max_size=8), st.none() | st.integers(), max_size=5))
def test_any_shape_is_compared(parameters: Any) -> None:
    for cls in REQUESTS:
        found = recipe.differences({"parameters": parameters}, cls, "w")
        assert all(one.en and one.zh for one in found)


def test_a_primer_kept_inside_the_recipe_must_be_the_one_it_names() -> None:
    from aigc_core.tasks.compose import ComposeRequest

    spec = registry.find("", "compose")
    stored = recipe.make(ComposeRequest(primer=b"MThd other"), spec, "", {})
    stored["parameters"]["primer"]["base64"] = "TVRoZA=="
    with pytest.raises(InvalidRequestError, match="not the one the recipe was made with"):
        recipe.to_request(stored)
