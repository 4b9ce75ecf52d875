"""Estimates grow with the work, follow what runs really take, and refuse what cannot run, naming what would."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aigc_core import registry
from aigc_core.budget import Budget, figures, machine
from aigc_core.budget import __main__ as command
from aigc_core.budget.figures import Figures, Law
from aigc_core.budget.machine import RATES, Machine
from aigc_core.budget.work import amounts, size
from aigc_core.errors import AigcError, InvalidRequestError
from aigc_core.tasks.compose import ComposeRequest
from aigc_core.tasks.continue_text import ContinueTextRequest
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.tasks.request import Request
from aigc_core.tasks.stylize import AllStylesRequest, StylizeRequest

FAST = {"matmul": 100.0, "convolution": 100.0, "memory": 10.0}


def picture(side: int = 512) -> Image.Image:
    return Image.new("1", (side, side), 1)


LESS_AND_MORE: list[tuple[Request, dict[str, Any]]] = [
    (FacesRequest(model="faces-diffusion-128", count=4), {"count": 16}),
    (FacesRequest(model="faces-diffusion-128", count=4), {"num_inference_steps": 30}),
    (FacesRequest(model="faces-diffusion-128", count=4), {"sampler": "heun"}),
    (FacesRequest(model="faces-gan-128", count=4), {"seed_to": 3, "frames": 40}),
    (FacesRequest(model="faces-gan-128", count=4), {"candidates": 30}),
    (ContinueTextRequest(model="text-gpt-en", prompt="It was"), {"max_new_tokens": 400}),
    (ContinueTextRequest(model="text-gpt-en", prompt="It was"), {"prompt": "It was " * 100}),
    (ComposeRequest(model="chorale-ngram", bars=4), {"bars": 32}),
    (StylizeRequest(model="style-paintings", image=picture(1000), max_side=256), {"max_side": 1000}),
    (
        InpaintRequest(model="inpaint-telea", image=picture(), mask=picture()),
        {"image": picture(900), "mask": picture(900)},
    ),
]


@pytest.mark.parametrize(("request_", "changes"), LESS_AND_MORE)
def test_more_work_counts_for_more(request_: Request, changes: dict[str, Any]) -> None:
    more = replace(request_, **changes)
    assert size(more) > size(request_)
    assert all(value >= 0 for value in amounts(more).values())


@pytest.mark.parametrize(("request_", "changes"), LESS_AND_MORE)
def test_what_is_asked_for_more_never_costs_less(request_: Request, changes: dict[str, Any]) -> None:
    less, more = (Budget().estimate(one) for one in (request_, replace(request_, **changes)))
    if less.seconds is None or more.seconds is None:
        pytest.skip("nobody has measured this row")
    assert less.seconds <= more.seconds and less.memory_mb <= more.memory_mb


def test_the_figures_are_of_rows_and_kinds_that_exist_and_none_falls_with_the_work() -> None:
    rows = json.loads(figures.FILE.read_text())["rows"]
    assert set(figures.rates()) == set(RATES)
    for model, kinds in rows.items():
        spec = registry.find(model)
        assert set(kinds) <= {spec.task, *spec.answers}
        for kind in kinds:
            found = figures.of(model, kind)
            assert found is not None and found.bound in RATES
            for law in (found.seconds, found.memory_mb):
                assert law.constant >= 0 and min(law.per.values(), default=0) >= 0


def test_a_row_nobody_has_measured_is_unknown_until_it_has_run_and_then_follows_its_runs() -> None:
    budget, asked = Budget(), FacesRequest(model="unheard", count=4)
    assert budget.estimate(asked).seconds is None
    for seconds in (2.0, 2.2, 60.0):  # once something else kept the machine busy
        budget.took(asked, seconds)
    assert budget.estimate(asked).seconds == pytest.approx(2.2)
    assert budget.estimate(replace(asked, count=8)).seconds == pytest.approx(4.4)


def known(monkeypatch: pytest.MonkeyPatch, **law: Any) -> None:
    """Every row takes a second, and a tenth for each face; ``law`` says what memory it needs."""
    made = Figures(
        seconds=Law(constant=1.0, per={"faces": 0.1, "painted": 1.0}),
        memory_mb=Law(**{"constant": 500.0, **law}), load_s=2.0, bound="matmul",
    )  # fmt: skip
    monkeypatch.setattr(figures, "of", lambda model, kind: made)
    monkeypatch.setattr(figures, "rates", lambda: FAST)


def test_a_machine_half_as_fast_takes_twice_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch)
    asked = FacesRequest(model="faces-gan-128", count=10)
    assert Budget(machine=Machine(FAST)).estimate(asked).seconds == pytest.approx(2.0)
    slow = Budget(machine=Machine({name: rate / 2 for name, rate in FAST.items()})).estimate(asked)
    assert slow.seconds == pytest.approx(4.0) and slow.load_s == pytest.approx(4.0)


def test_what_does_not_fit_the_memory_is_refused_with_the_largest_count_that_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known(monkeypatch, per={"faces": 100.0})
    budget = Budget(memory_mb=1400)
    budget.check(FacesRequest(model="faces-gan-128", count=9))
    with pytest.raises(
        InvalidRequestError, match=r"needs about 2\.1 GB of memory; there are 1\.4 GB\. count 9 would fit"
    ) as caught:
        budget.check(FacesRequest(model="faces-gan-128", count=16))
    assert "张数（count）不超过 9" in caught.value.zh


def test_a_picture_that_does_not_fit_is_answered_with_a_size_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, per={"megapixels": 1000.0})
    with pytest.raises(InvalidRequestError, match=r"A picture of (\d+)×\1 would fit"):
        Budget(memory_mb=900).check(StylizeRequest(model="style-paintings", image=picture(2000)))


def test_where_nothing_of_the_row_fits_other_rows_are_named_if_any_does(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch)
    with pytest.raises(InvalidRequestError, match="No model of this task fits here"):
        Budget(memory_mb=100).check(FacesRequest(model="faces-gan-128", count=1))


def test_what_would_be_cut_at_the_deadline_is_refused_before_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch)
    budget = Budget(machine=Machine(FAST))
    with pytest.raises(InvalidRequestError, match=r"about 3 s; this server allows 2 s\. count \d+ would fit"):
        budget.check(FacesRequest(model="faces-gan-128", count=16), deadline_s=1.7)
    budget.check(FacesRequest(model="faces-gan-128", count=16), deadline_s=3)


def test_a_machine_is_measured_once_and_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIGC_HOME", str(tmp_path))
    monkeypatch.setattr(machine, "measure", lambda: dict(FAST))
    monkeypatch.setattr(figures, "rates", lambda: FAST)
    assert Machine().slowness("memory") == 1.0
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 9.0, 9.0), raising=False)
    Machine()._measure()
    assert Machine()._rates is None, "what a busy machine does is not kept"
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 9.0, 9.0), raising=False)
    Machine()._measure()
    monkeypatch.setattr(machine, "measure", lambda: pytest.fail("measured again"))
    again = Machine()
    again.begin()
    assert again._rates == FAST
    (tmp_path / "machine.json").write_text('{"machine": 3, "rates": []}')
    assert Machine()._rates is None


def test_the_measured_rates_are_those_that_figures_name() -> None:
    rates = machine.measure(piece_s=0.01)
    assert set(rates) == set(RATES) and min(rates.values()) > 0


def test_the_command_reads_fields_and_sizes() -> None:
    asked = command.asked("inpaint-telea", ["image=640x480", "mask=640x480", "radius=7"])
    assert isinstance(asked, InpaintRequest) and asked.radius == 7 and asked.image.size == (640, 480)
    assert command.asked("faces-gan-128", ["kind=nearest_faces", "count=3"]).kind == "nearest_faces"
    for bad in (["count=many"], ["colour=red"], ["count"]):
        with pytest.raises(AigcError):
            command.asked("faces-gan-128", bad)


def test_one_slow_run_moves_a_measured_row_but_half_and_three_move_it_wholly(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch)
    budget, asked = Budget(), FacesRequest(model="faces-gan-128", count=10)
    budget.took(asked, 6.0)
    assert budget.estimate(asked).seconds == pytest.approx(4.0)
    budget.took(asked, 6.0)
    budget.took(asked, 6.0)
    assert budget.estimate(asked).seconds == pytest.approx(6.0)


def test_what_is_extended_or_marked_counts_as_repainted() -> None:
    wide = Image.new("RGB", (1000, 500))
    half = amounts(InpaintRequest(model="inpaint-telea", image=wide, extend_left=50))
    assert half["megapixels"] == pytest.approx(0.75) and half["hole"] == pytest.approx(0.25)
    marked = amounts(InpaintRequest(model="inpaint-telea", image=wide, objects=("5,5",)))
    assert 0 < marked["hole"] < marked["megapixels"] == pytest.approx(0.5)


def test_all_styles_cost_as_many_small_pictures() -> None:
    found = amounts(AllStylesRequest(model="style-paintings", image=picture(), max_side=256))
    assert found["painted"] == pytest.approx(16 * 0.256**2)
