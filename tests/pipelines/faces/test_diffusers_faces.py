"""The hub rows of ``faces`` with tiny random weights, through the very classes that load the real ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import tiny_diffusers
import torch

from aigc_core import registry
from aigc_core.engine import Engine, drain
from aigc_core.errors import CheckpointError
from aigc_core.pipelines.images import diffusers_common
from aigc_core.tasks.faces import Faces, FacesRequest
from aigc_core.types import Hub, Local, ModelSpec, Pipeline, Progress, Result

STEPS = 3


def _row(name: str, folder: Path) -> ModelSpec:
    spec = registry.find(name)
    size = {"size": 16} if "size" in spec.settings else {}
    return replace(spec, source=Local(folder=folder), settings={**spec.settings, **size})


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pipeline]:
    makers: dict[str, Callable[[Path], Path]] = {
        "faces-ddpm-256": lambda folder: tiny_diffusers.ddpm(folder, side_by_side=True),
        "faces-lcm-512": tiny_diffusers.latent_consistency,
        "faces-flux2-klein-4b": tiny_diffusers.flux2_klein,
    }
    made: dict[str, Pipeline] = {}

    def build(name: str) -> Pipeline:
        if name not in made:
            folder = makers[name](tmp_path_factory.mktemp(name) / name)
            made[name] = registry.build(_row(name, folder), [folder])
        return made[name]

    return build


ROWS = ["faces-ddpm-256", "faces-lcm-512", "faces-flux2-klein-4b"]
each_row = pytest.mark.parametrize("name", ROWS)


@each_row
def test_streams_previews_of_growing_batches_then_one_result(name: str, load: Callable[[str], Pipeline]) -> None:
    request = FacesRequest(model=name, count=2, seed=5, num_inference_steps=STEPS)
    events = list(load(name).stream(request))
    *steps, last = events
    assert isinstance(last, Result)
    assert last.output.seeds == (5, 6) and len(last.output.images) == 2
    shown = [e for e in steps if isinstance(e, Progress) and e.preview is not None]
    assert [e.step for e in shown] == [1, 2, 3, 4, 5, 6] and {e.total for e in shown} == {2 * STEPS}
    assert [len(e.preview.images) for e in shown] == [1, 1, 1, 2, 2, 2]
    assert all(isinstance(e.preview, Faces) and len(e.preview.seeds) == len(e.preview.images) for e in shown)
    assert shown[-1].preview.images[0].tobytes() == last.output.images[0].tobytes(), "the finished one stays in view"


@each_row
def test_a_face_is_the_same_alone_and_in_a_batch(name: str, load: Callable[[str], Pipeline]) -> None:
    pipeline = load(name)
    batch = drain(pipeline.stream(FacesRequest(count=2, seed=5, num_inference_steps=STEPS))).output
    alone = drain(pipeline.stream(FacesRequest(count=1, seed=6, num_inference_steps=STEPS))).output
    assert batch.images[1].tobytes() == alone.images[0].tobytes()
    assert batch.images[0].tobytes() != batch.images[1].tobytes()


@each_row
def test_closing_ends_the_thread_and_leaves_the_pipeline_usable(name: str, load: Callable[[str], Pipeline]) -> None:
    pipeline = load(name)
    request = FacesRequest(count=1, seed=1, num_inference_steps=50)
    events = pipeline.stream(request)
    next(events)
    events.close()
    assert not [t for t in threading.enumerate() if t.name == "diffusers"]
    pipe = pipeline.pipe  # type: ignore[attr-defined]
    parts = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    assert not any(layer._forward_pre_hooks for part in parts for layer in part.modules())
    assert "step" not in vars(pipe.scheduler)
    assert drain(pipeline.stream(replace(request, num_inference_steps=1))).output.images


def test_the_prompt_decides(load: Callable[[str], Pipeline]) -> None:
    for name in ("faces-lcm-512", "faces-flux2-klein-4b"):
        make = [FacesRequest(count=1, num_inference_steps=2, prompt=prompt) for prompt in ("a man", "a woman", "a man")]
        first, other, again = (drain(load(name).stream(r)).output.images[0].tobytes() for r in make)
        assert first == again != other


def test_rows_name_a_commit_and_carry_no_pickles() -> None:
    for spec in registry.list_models("faces"):
        if isinstance(spec.source, Hub):
            assert len(spec.source.revision) == 40 and set(spec.source.revision) <= set("0123456789abcdef")
            assert not any(pattern.endswith((".bin", ".ckpt", ".pt")) for pattern in spec.source.patterns)


def test_ddpm_loads_from_subfolders_too(tmp_path: Path) -> None:
    folder = tiny_diffusers.ddpm(tmp_path / "repository", side_by_side=False)
    spec = _row("faces-ddpm-256", folder)
    made = drain(registry.build(spec, [folder]).stream(FacesRequest(count=1, num_inference_steps=2)))
    assert len(made.output.images) == 1


def test_an_empty_folder_is_a_clear_error(tmp_path: Path) -> None:
    for name in ROWS:
        with pytest.raises(CheckpointError, match="could not be loaded"):
            registry.build(_row(name, tmp_path), [tmp_path])


def test_engine_writes_a_recipe_of_a_hub_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_diffusers.ddpm(tmp_path / "repository", side_by_side=True)
    row = _row("faces-ddpm-256", folder)
    monkeypatch.setattr(registry, "find", lambda name, task=None: row)
    result = drain(Engine().run(FacesRequest(model=row.name, count=1, num_inference_steps=2)))
    assert result.recipe["info"] == {"steps": 2, "sampler": "DDIM, eta 0", "size": [8, 8]}
    assert len(result.recipe["weights"]) == 64


# --- the runner itself ------------------------------------------------------------------------------------------------


class _SlowPipe:
    """Stands in for a pipeline: one step of many slow layers."""

    class _Scheduler:
        def step(self, model_output: object, timestep: int, sample: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return sample, sample

    class _Nap(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            time.sleep(0.05)
            self.reached = True
            return x

    def __init__(self, layers: int) -> None:
        self.scheduler = self._Scheduler()
        self.network = torch.nn.Sequential(*(self._Nap() for _ in range(layers)))
        self.components = {"network": self.network}

    def __call__(self, fail: bool = False) -> str:
        self.network(torch.zeros(1))
        if fail:
            raise ZeroDivisionError("inside the call")
        self.scheduler.step(None, 0, torch.ones(1))
        return "done"


def test_a_long_step_still_gives_control_and_stops_within_a_layer() -> None:
    pipe = _SlowPipe(layers=200)  # ten seconds a step
    events = diffusers_common.run(pipe, total=1)
    assert next(events).step == 0
    events.close()
    assert not hasattr(pipe.network[-1], "reached"), "no heartbeat, or it was not stopped"
    assert not [t for t in threading.enumerate() if t.name == "diffusers"]


def test_errors_of_the_call_reach_the_consumer() -> None:
    with pytest.raises(ZeroDivisionError, match="inside"):
        list(diffusers_common.run(_SlowPipe(layers=1), total=1, fail=True))


def test_a_failing_preview_ends_the_run_of_who_looks_at_it() -> None:
    def preview(clean: torch.Tensor) -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        [event.preview for event in diffusers_common.run(_SlowPipe(layers=1), total=1, preview=preview)]
    list(diffusers_common.run(_SlowPipe(layers=1), total=1, preview=preview))


def test_flow_matching_previews_the_clean_estimate() -> None:
    """For v = ε - x_0 the estimate x_t - σ_t v is x_0 exactly, at every step."""
    from diffusers import FlowMatchEulerDiscreteScheduler

    x_0, eps = torch.randn(1, 4, 2, 2), torch.randn(1, 4, 2, 2)

    class Pipe:
        scheduler = FlowMatchEulerDiscreteScheduler()
        components: ClassVar[dict[str, object]] = {}

        def __call__(self) -> None:
            self.scheduler.set_timesteps(4)
            x_t = eps
            for t in self.scheduler.timesteps:
                x_t = self.scheduler.step(eps - x_0, t, x_t, return_dict=False)[0]

    events = diffusers_common.run(Pipe(), total=4, preview=lambda clean: clean)
    seen = [event.preview for event in events if event.preview is not None]
    assert len(seen) == 4
    for clean in seen:
        torch.testing.assert_close(clean, x_0)
