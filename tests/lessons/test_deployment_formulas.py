"""Both sides of every formula of the lesson on deployment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aigc_core.errors import AigcError
from aigc_core.lessons.figures.deployment import measure, speed
from aigc_core.lessons.figures.text import gpt
from aigc_core.metrics.queueing import mean_wait, waits
from aigc_core.models.quantise import megabytes, quantised, rounded


@pytest.mark.parametrize("per_row", [True, False])
@pytest.mark.parametrize("bits", [2, 4, 8])
def test_rounding_errs_by_half_a_step_at_most_and_uses_the_whole_grid(bits: int, per_row: bool) -> None:
    weight = torch.randn(12, 300, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.1, 3, 12)[:, None]
    top = 2 ** (bits - 1) - 1
    step = (weight.abs().amax(1, keepdim=True) if per_row else weight.abs().max()) / top
    made = rounded(weight, bits, per_row=per_row)
    assert bool(((made - weight).abs() <= step / 2 * (1 + 1e-5)).all())
    levels = (made / step).round()
    assert levels.abs().max() == top
    assert torch.allclose(levels * step, made, atol=1e-6)


def test_one_scale_a_row_never_errs_more_than_one_for_all() -> None:
    weight = torch.randn(8, 64, generator=torch.Generator().manual_seed(1)) * torch.logspace(-2, 0, 8)[:, None]
    fine, coarse = ((rounded(weight, 4, per_row=per_row) - weight).square().mean() for per_row in (True, False))
    assert fine < coarse / 2


def test_a_quantised_model_is_a_copy_with_its_vectors_kept() -> None:
    network = gpt.english().network
    before = network.model.embed_tokens.weight.clone()
    made = quantised(network, 4)
    assert torch.equal(network.model.embed_tokens.weight, before)
    assert torch.equal(made.model.norm.weight, network.model.norm.weight)
    assert len(made.model.layers[0].mlp.up_proj.weight[0].unique()) <= 15
    assert megabytes(network, 32) == pytest.approx(4 * sum(w.numel() for w in network.parameters()) / 1e6)


@pytest.mark.parametrize("variation", [0.0, 1.0])
def test_simulated_waits_agree_with_pollaczek_and_khinchine(variation: float) -> None:
    rng, count, load = np.random.default_rng(3), 200_000, 0.7
    services = rng.exponential(1, count) if variation else np.ones(count)
    simulated = waits(rng.exponential(1 / load, count), services).mean()
    assert simulated == pytest.approx(mean_wait(load, 1, variation), rel=0.05)


@torch.inference_mode()
def test_keeping_keys_and_values_writes_the_same_tokens() -> None:
    reread = measure.reread()[0].tolist()
    assert measure.cached()[: len(reread)] == reread


def test_measuring_leaves_this_process_its_threads_and_every_way_is_measured() -> None:
    before = torch.get_num_threads()
    lines = list(speed.measurements("faces"))
    assert [line["en"] for line in lines] == [way.words.en for way in measure.faces()]
    assert all(line["seconds"] > 0 and line["ways"] == len(lines) for line in lines)
    assert torch.get_num_threads() == before


@pytest.fixture
def measured_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a program of a few lines in the place of the measuring one."""

    def replace(program: str) -> None:
        (tmp_path / "in_its_place.py").write_text(program)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(speed, "MEASURE", "in_its_place")

    return replace


def test_closing_the_figure_ends_the_measuring_process(measured_by: Callable[[str], None]) -> None:
    measured_by("""import json, os, time
print(json.dumps({"process": os.getpid()}), flush=True)
time.sleep(600)
""")
    measuring = speed.measurements("faces")
    process = next(measuring)["process"]
    os.kill(process, 0)  # it lives
    measuring.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_measurement_that_fails_is_an_error(measured_by: Callable[[str], None]) -> None:
    measured_by("raise SystemExit(3)")
    with pytest.raises(AigcError, match="measurement failed"):
        list(speed.measurements("faces"))
