"""Diffusion on a VAE's latents as a pipeline: decoding, trajectories, drawings, mixing, sliders; tiny random weights."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from aigc_core import checkpoint, registry
from aigc_core.datasets import face_labels
from aigc_core.engine import drain
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.media.image import enlarge
from aigc_core.models.unet import Preconditioned, UNetConfig, fit_gaussian
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces.codec import FILE
from aigc_core.pipelines.faces.diffusion import DiffusionFaces
from aigc_core.pipelines.faces.edit import to_tensor
from aigc_core.tasks.faces import (
    SAMPLERS,
    FaceSketch,
    FacesRequest,
    FaceTrajectoryRequest,
    SketchFaceRequest,
    Trajectory,
)
from aigc_core.types import Local, ModelSpec, Progress

UNET = UNetConfig(
    resolution=8, channels=4, width=8, multipliers=(1, 2), attention=(), head=8, groups=4,
    attributes=face_labels.CLASSES,
)  # fmt: skip
VAE_CONFIG = VAEConfig(resolution=32, latent=4, latent_side=8, width=8, max_width=8)
DRAWING = Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 50, 3), np.uint8))


def build(folders: list[Path], **settings: Any) -> DiffusionFaces:
    spec = ModelSpec(
        name="faces-diffusion-tiny", task="faces", title="tiny",
        target="aigc_core.pipelines.faces.diffusion:DiffusionFaces", source=Local(folder=folders[0]), license="MIT",
        summary="s", summary_zh="s", settings={"steps": 3, "display_scale": 2, **settings},
    )  # fmt: skip
    made = registry.build(spec, folders)
    assert isinstance(made, DiffusionFaces)
    return made


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    made = [tmp_path_factory.mktemp(name) for name in ("unet", "vae")]
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for folder, model, config in zip(made, (Preconditioned(UNET), VAE(VAE_CONFIG)), (UNET, VAE_CONFIG), strict=True):  # fmt: skip
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.1)
            checkpoint.save(folder, model, config)
        scale = torch.tensor([0.5, 1.0, 2.0, 1.5]).view(4, 1, 1)
        save_file({"shift": torch.randn(4, 1, 1), "scale": scale}, made[0] / FILE)
        save_file({"age": torch.randn(4 * 64)}, made[1] / face_labels.DIRECTIONS_FILE)
    return made


@pytest.fixture(scope="module", params=[1, 3], ids=lambda batch: f"batch {batch}")
def pipeline(folders: list[Path], request: pytest.FixtureRequest) -> DiffusionFaces:
    return build(folders, batch=request.param)


def face(pipeline: DiffusionFaces, **request: Any) -> Image.Image:
    image: Image.Image = drain(pipeline.stream(FacesRequest(count=1, seed=3, **request))).output.images[0]
    return image


def test_latents_come_back_through_the_decoder(pipeline: DiffusionFaces) -> None:
    photo = to_tensor(DRAWING.resize((32, 32)))
    with torch.inference_mode():
        x = pipeline.codec.encode(photo)
        vae = pipeline.codec.vae  # type: ignore[attr-defined]
        assert torch.allclose(pipeline.codec.decode(x), vae.decode(vae.encode(photo)[0]), atol=1e-5)
    assert x.shape == (1, 4, 8, 8) and pipeline.codec.side == 32


def test_faces_have_the_decoders_size_and_their_own_seeds(pipeline: DiffusionFaces) -> None:
    *steps, last = pipeline.stream(FacesRequest(count=5, seed=7))
    assert [image.size for image in last.output.images] == [(32, 32)] * 5
    for seed, image in zip(last.output.seeds, last.output.images, strict=True):
        assert image.tobytes() == drain(pipeline.stream(FacesRequest(count=1, seed=seed))).output.images[0].tobytes()
    batches = -(-5 // pipeline.rows)
    assert [(e.step, e.total) for e in steps] == [(i + 1, 3 * batches) for i in range(3 * batches)]
    assert [len(e.preview.images) for e in steps] == [min(5, (i // 3 + 1) * pipeline.rows) for i in range(3 * batches)]
    assert steps[-1].preview.images == last.output.images
    assert len(last.info["labels"]) == 5


def test_a_walk_between_two_faces_ends_in_them(pipeline: DiffusionFaces) -> None:
    *steps, last = pipeline.stream(FacesRequest(count=2, seed=3, seed_to=11, frames=8))
    first, final = (drain(pipeline.stream(FacesRequest(count=1, seed=seed))).output.images[0] for seed in (3, 11))
    frames = last.output.frames
    assert len(frames) == 8 and steps[-1].step == steps[-1].total
    assert (frames[0].tobytes(), frames[-1].tobytes()) == (enlarge(first, 2).tobytes(), enlarge(final, 2).tobytes())


@pytest.fixture(scope="module")
def gaussian(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """With a Gaussian part, of latents with mean 0.2 and deviations from 0.1 to 1, and a network that adds little."""
    config = dataclasses.replace(UNET, gaussian=256)
    folder = tmp_path_factory.mktemp("gaussian")
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(1)
        model = Preconditioned(config)
        for parameter in model.net.conv_out.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
        assert model.linear is not None
        fit_gaussian(model.linear, 0.2 + torch.randn(600, 4, 8, 8) * torch.linspace(0.1, 1, 64).view(8, 8))
    checkpoint.save(folder, model, config)
    shutil.copy(folders[0] / FILE, folder)
    return [folder, folders[1]]


def test_the_noisy_end_is_crossed_in_closed_form(gaussian: list[Path]) -> None:
    jumping = build(gaussian, teleport=1.5, sigma_min=0.02, rho=2.5, steps=4)
    *steps, last = jumping.stream(FaceTrajectoryRequest(seed=5))
    walk = last.output
    assert walk.teleported and len(steps) == len(walk.steps) == steps[-1].total == 5
    assert [step.i for step in walk.steps] == list(range(5))
    assert (walk.steps[0].sigma, walk.steps[0].sigma_next, walk.steps[1].sigma) == (80, 1.5, 1.5)
    assert "diag" in walk.steps[0].formula and "D_before" not in walk.steps[1].formula
    assert last.info["teleport"] == 1.5 and last.info["steps"] == 4 and last.info["sigma_max"] == 80
    *steps, last = jumping.stream(FacesRequest(count=2, seed=3, seed_to=9, frames=8))
    assert [step.step for step in steps] == list(range(1, 51)) and steps[-1].total == 50
    assert last.output.images[0].tobytes() == face(jumping).tobytes()
    *steps, last = jumping.stream(SketchFaceRequest(image=DRAWING, strength=1.0))
    assert len(steps) == 18 and last.info["sigma_start"] == 80, "a drawing needs the whole way"


def test_the_closed_form_changes_a_face_as_little_as_the_network_does_up_there(gaussian: list[Path]) -> None:
    whole, jumped, early = (
        np.asarray(face(build(gaussian, steps=40, **settings), guidance_scale=1.0), float)
        for settings in ({}, {"teleport": 20.0}, {"teleport": 0.05})
    )
    assert np.abs(whole - jumped).mean() < 1 < np.abs(whole - early).mean()


def test_a_batch_is_teleported_too(gaussian: list[Path]) -> None:
    jumping = build(gaussian, teleport=1.5, steps=4)
    (image,) = jumping.batch([FacesRequest(count=1, seed=3)])
    assert np.abs(np.asarray(image, float) - np.asarray(face(jumping), float)).max() <= 1


@pytest.mark.parametrize("scale", [0.0, 1.0, 3.0])
def test_a_batch_gives_the_same_faces(scale: float, pipeline: DiffusionFaces) -> None:
    asked = [FacesRequest(count=1, seed=s, guidance_scale=scale, prompt=p) for s, p in ((3, "a man"), (9, "an old woman"))]  # fmt: skip
    for image, request in zip(pipeline.batch(asked), asked, strict=True):
        alone = drain(pipeline.stream(request)).output.images[0]
        assert np.abs(np.asarray(image, float) - np.asarray(alone, float)).max() <= 1


def test_the_row_names_its_decoder(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigc_core.weights.CHECKPOINTS", folders[1].parent)
    named = build(folders[:1], decoder=folders[1].name)
    assert face(named).tobytes() == face(build(folders)).tobytes()
    with pytest.raises(CheckpointError, match="nothing-here"):
        build(folders[:1], decoder="nothing-here")


def test_latents_of_another_shape_are_a_clear_error(folders: list[Path], tmp_path: Path) -> None:
    config = VAEConfig(resolution=32, latent=2, latent_side=8, width=8, max_width=8)
    checkpoint.save(tmp_path, VAE(config), config)
    with pytest.raises(CheckpointError, match=r"shape \(4, 8, 8\).*\(2, 8, 8\)"):
        build([folders[0], tmp_path])


def test_the_vaes_sliders_move_the_finished_face(pipeline: DiffusionFaces) -> None:
    plain = np.asarray(face(pipeline), float)
    near, far = (np.abs(np.asarray(face(pipeline, age=a), float) - plain).mean() for a in (0.3, 3.0))
    assert 0 < near < far
    with pytest.raises(InvalidRequestError, match="brightness"):
        face(pipeline, brightness=1.0)


def test_mixing_two_noises(pipeline: DiffusionFaces) -> None:
    assert face(pipeline, mix_seed=3) == face(pipeline)
    assert len({face(pipeline, mix_seed=4, mix_at=at).tobytes() for at in ("coarse", "middle", "fine")}) == 3


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_trajectory_is_the_way_of_the_face(sampler: str, pipeline: DiffusionFaces) -> None:
    request = FaceTrajectoryRequest(seed=3, sampler=sampler, num_inference_steps=4, prompt="a woman, 35")
    *events, last = pipeline.stream(request)
    made = last.output
    assert isinstance(made, Trajectory) and made.sampler == sampler and len(made.steps) == 4
    assert [len(e.preview.steps) for e in events] == [1, 2, 3, 4]
    for step, after in zip(made.steps, made.steps[1:], strict=False):
        assert step.sigma_next == after.sigma and step.after is after.noisy
    assert made.steps[-1].sigma_next == 0
    assert {step.latent.size for step in made.steps if step.latent is not None} == {(17, 17)}, (
        "2 × 2 maps, a gap between"
    )
    end = face(pipeline, sampler=sampler, num_inference_steps=4, prompt="a woman, 35")
    assert made.steps[-1].after.tobytes() == end.tobytes(), "it ends in the face that the tab would draw"
    assert made.to_json()["steps"][0]["numbers"]["σ"] == pytest.approx(80)


def test_a_drawing_is_kept_at_0_and_forgotten_at_1(pipeline: DiffusionFaces) -> None:
    def drawn(strength: float, **request: Any) -> FaceSketch:
        made = drain(pipeline.stream(SketchFaceRequest(image=DRAWING, strength=strength, seed=3, **request))).output
        assert isinstance(made, FaceSketch)
        return made

    kept = drawn(0.0, count=2)
    with torch.inference_mode():
        back = pipeline.codec.decode(pipeline.codec.encode(to_tensor(kept.drawing)))
    assert np.abs(np.asarray(kept.images[0], float) - np.asarray(back[0].permute(1, 2, 0) * 127.5 + 127.5)).max() < 1
    half = drawn(0.5, count=2, num_inference_steps=6)
    assert half.seeds == (3, 4) and half.images[0].tobytes() != half.images[1].tobytes()
    assert half.images[1].tobytes() == drain(pipeline.stream(SketchFaceRequest(image=DRAWING, strength=0.5, seed=4, num_inference_steps=6))).output.images[0].tobytes()  # fmt: skip
    events = [e for e in pipeline.stream(SketchFaceRequest(image=DRAWING, strength=1.0, count=2)) if isinstance(e, Progress)]  # fmt: skip
    total = 3 * -(-2 // pipeline.rows)
    assert [e.step for e in events] == list(range(1, total + 1)) and {e.total for e in events} == {total}
    assert [len(e.preview.images) for e in events] == [min(2, (i // 3 + 1) * pipeline.rows) for i in range(total)]
