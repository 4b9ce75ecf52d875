"""Spaces: how long a card is asked for, and that it is asked for before the start, by those alone who need it; what a disk keeps."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from toys import row

from aigc_core import registry
from aigc_core.budget import Budget, Estimate
from aigc_core.tasks.faces import FacesRequest
from demos.ui import offer, page, zero
from demos.ui.studio import Studio


@pytest.mark.parametrize(
    ("cost", "seconds"),
    [
        (Estimate(seconds=None), zero.LONGEST_S),
        (Estimate(seconds=0.2), zero.SHORTEST_S),
        (Estimate(seconds=20.0, load_s=4.0), 36),
        (Estimate(seconds=10.0, most_s=40.0), 60),
        (Estimate(seconds=900.0), zero.LONGEST_S),
    ],
    ids=["never timed", "short", "with loading", "a text of any length", "long"],
)
def test_a_card_is_asked_for_as_long_as_the_work_may_take(cost: Estimate, seconds: int) -> None:
    assert zero.lease_s(cost) == seconds


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a ZeroGPU Space is asked for: first the functions that are made known, then the seconds of each lease."""
    seen: list[Any] = []

    def gpu(*, duration: Any) -> Any:
        def decorated(task: Any) -> Any:
            seen.append("known")

            def leased(request: Any) -> Any:
                seen.append(duration(request))
                yield from task(request)

            return leased

        return decorated

    module = ModuleType("spaces")
    module.GPU = gpu  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spaces", module)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    rows = {spec.name: spec for spec in (row(), row("faces-gpu", needs_gpu=True))}
    monkeypatch.setattr(registry, "_table", lambda: rows)
    return seen


def test_only_rows_that_need_a_card_ask_for_one_and_the_space_knows_before_it_starts(
    asked: list[Any], tmp_path: Path
) -> None:
    studio = Studio(outputs=tmp_path)
    assert asked == ["known"]
    studio.ask(FacesRequest(model="faces-toy", count=1), "local")
    assert asked == ["known"]
    assert studio.ask(FacesRequest(model="faces-gpu", count=1), "local").recipe["model"] == "faces-gpu"
    assert asked == ["known", zero.LONGEST_S]
    studio.ask(FacesRequest(model="faces-gpu", count=1), "local")
    assert asked[2:] == [zero.SHORTEST_S], "by now it is known how long it takes"


def test_elsewhere_nothing_is_asked_for(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACES_ZERO_GPU")

    def run(request: Any) -> Any:
        yield

    assert zero.leased(run, Budget()) is run and asked == []


def test_the_disk_of_a_space_keeps_weights_unless_another_place_was_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIGC_HOME", raising=False)
    monkeypatch.setenv("HF_HOME", "/elsewhere")
    page._keep_weights_on(tmp_path)
    home = os.environ.pop("AIGC_HOME")
    assert home == str(tmp_path / "cache" / "aigc") and os.environ["HF_HOME"] == "/elsewhere"


def test_the_first_models_can_be_asked_for_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIGC_HOME", str(tmp_path))
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    on_a_space = offer.offered((), public=True)
    monkeypatch.delenv("SPACE_ID")
    assert offer.offered((offer.FIRST,), public=True) == on_a_space
    assert offer.offered((offer.FIRST, "faces-vae-64"), public=True) == {"faces-vae-64"}, "names alone replace all that"
    firsts = {spec.name for spec in registry.packaged_firsts()}
    assert firsts and firsts <= (on_a_space or set())
