"""Our VAE and diffusion model as pipelines, with tiny random checkpoints: seeds, previews, prompts, walks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from aigc_core import checkpoint, registry
from aigc_core.datasets import face_labels
from aigc_core.engine import Engine, drain
from aigc_core.errors import CheckpointError
from aigc_core.media.image import enlarge
from aigc_core.models.unet import Preconditioned, UNetConfig
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces.diffusion import SAMPLERS
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Local, ModelSpec, Pipeline, Progress

UNET = UNetConfig(
    resolution=16, width=8, multipliers=(1, 2), attention=(8,), head=8, groups=4, attributes=face_labels.CLASSES
)
TARGETS = {
    "vae": "aigc_core.pipelines.faces.vae:VAEFaces", "diffusion": "aigc_core.pipelines.faces.diffusion:DiffusionFaces",
}  # fmt: skip


def spec_of(kind: str, folder: Path) -> ModelSpec:
    return ModelSpec(
        name=f"faces-{kind}-tiny", task="faces", title="tiny", target=TARGETS[kind], source=Local(folder=folder),
        license="MIT", summary="s", summary_zh="s", settings={"display_scale": 2, "steps": 3},
    )  # fmt: skip


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelSpec]:
    made: dict[str, ModelSpec] = {}
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        config = VAEConfig(resolution=32, latent=4, width=8, max_width=8)
        models: dict[str, tuple[nn.Module, object]] = {
            "vae": (VAE(config), config), "diffusion": (Preconditioned(UNET), UNET),
        }  # fmt: skip
        for kind, (model, config_) in models.items():
            folder = tmp_path_factory.mktemp(kind)
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.1)
            checkpoint.save(folder, model, config_)
            made[kind] = spec_of(kind, folder)
    return made


@pytest.fixture(scope="module")
def load(specs: dict[str, ModelSpec]) -> dict[str, Pipeline]:
    return {kind: registry.build(spec, [spec.source.folder]) for kind, spec in specs.items()}  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["vae", "diffusion"])
def test_a_face_depends_on_its_own_seed_alone(kind: str, load: dict[str, Pipeline]) -> None:
    together = drain(load[kind].stream(FacesRequest(count=3, seed=7))).output
    alone = drain(load[kind].stream(FacesRequest(count=1, seed=8))).output
    assert together.seeds == (7, 8, 9)
    assert together.images[1].tobytes() == alone.images[0].tobytes()
    assert len({image.tobytes() for image in together.images}) == 3 and together.display_scale == 2


@pytest.mark.parametrize("kind", ["vae", "diffusion"])
def test_a_walk_leads_from_one_face_to_the_other(kind: str, load: dict[str, Pipeline]) -> None:
    output = drain(load[kind].stream(FacesRequest(count=1, seed=3, seed_to=11, frames=8))).output
    end = drain(load[kind].stream(FacesRequest(count=1, seed=11))).output.images[0]
    assert len(output.frames) == 8
    for frame, face in ((output.frames[0], output.images[0]), (output.frames[-1], end)):
        assert frame.tobytes() == enlarge(face, 2).tobytes()


def test_every_step_of_diffusion_shows_the_faces_so_far(load: dict[str, Pipeline]) -> None:
    *steps, last = load["diffusion"].stream(FacesRequest(count=2, seed=1, num_inference_steps=4))
    shown = [e for e in steps if isinstance(e, Progress)]
    assert [(e.step, e.total) for e in shown] == [(i + 1, 8) for i in range(8)]
    assert [len(e.preview.images) for e in shown] == [1] * 4 + [2] * 4
    assert shown[-1].preview.images == last.output.images
    assert last.info["steps"] == 4 and last.info["sampler"] == "dpmpp_2m" and len(set(last.info["labels"])) == 2
    assert last.info["sigma_max"] == pytest.approx(80) and last.info["sigma_min"] == pytest.approx(0.002)


def test_words_and_guidance_decide(load: dict[str, Pipeline]) -> None:
    def drawn(**request: object) -> bytes:
        made = drain(load["diffusion"].stream(FacesRequest(count=1, seed=1, **request)))  # type: ignore[arg-type]
        return bytes(made.output.images[0].tobytes())

    plain, man, free = drawn(), drawn(prompt="a man, 65"), drawn(guidance_scale=0.0)
    assert plain == drawn(prompt="一张人像") != man
    assert plain != free == drawn(prompt="a man, 65", guidance_scale=0.0), "guidance 0 ignores the prompt"
    assert len({man, drawn(prompt="a man, 65", guidance_scale=6.0), drawn(negative_prompt="old man")}) == 3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_serves(sampler: str, specs: dict[str, ModelSpec]) -> None:
    spec = specs["diffusion"]
    row = replace(spec, settings={**spec.settings, "sampler": sampler})
    pipeline = registry.build(row, [spec.source.folder])  # type: ignore[union-attr]
    one, again = (drain(pipeline.stream(FacesRequest(count=1, seed=4))) for _ in range(2))
    assert one.info["sampler"] == sampler and one.output.images[0].tobytes() == again.output.images[0].tobytes()


@pytest.mark.parametrize("kind", ["vae", "diffusion"])
def test_the_engine_serves_default_arguments(
    kind: str, specs: dict[str, ModelSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "find", lambda name, task=None: specs[kind])
    result = drain(Engine().run(FacesRequest()))
    assert len(result.output.images) == 16 and len(result.recipe["weights"]) == 64


def test_unknown_attributes_are_a_clear_error(tmp_path: Path) -> None:
    config = replace(UNET, attributes=(2,))
    checkpoint.save(tmp_path, Preconditioned(config), config)
    with pytest.raises(CheckpointError, match="attributes"):
        registry.build(spec_of("diffusion", tmp_path), [tmp_path])
