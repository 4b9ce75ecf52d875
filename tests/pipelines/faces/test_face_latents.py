"""Sliders, mixing, photos and nearest faces of our VAE and GAN, with tiny random checkpoints."""

from __future__ import annotations

import copy
from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from aigc_core import checkpoint, registry
from aigc_core.datasets.face_labels import DIRECTIONS_FILE
from aigc_core.engine import drain
from aigc_core.errors import DownloadError, InvalidRequestError
from aigc_core.models.features import efficientnet_lite
from aigc_core.models.features.efficientnet_lite import EfficientNetLite0
from aigc_core.models.gan import Generator as GAN
from aigc_core.models.gan import GeneratorConfig, sphere
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces import edit as edit_face
from aigc_core.pipelines.faces import nearest as nearest_faces
from aigc_core.pipelines.faces.gan import ProjectedGAN, adain
from aigc_core.pipelines.faces.latents import blend, dct_matrix
from aigc_core.tasks.faces import (
    EditFaceRequest,
    FaceEdit,
    FacesRequest,
    NearestFaces,
    NearestFacesRequest,
)
from aigc_core.types import Local, ModelSpec, Pipeline, Progress

TARGETS = {"vae": "aigc_core.pipelines.faces.vae:VAEFaces", "gan": "aigc_core.pipelines.faces.gan:ProjectedGAN"}
PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8))
kinds = pytest.mark.parametrize("kind", ["vae", "gan"])


def build(kind: str, folder: Path, **settings: Any) -> Pipeline:
    spec = ModelSpec(
        name=f"faces-{kind}-tiny", task="faces", title="tiny", target=TARGETS[kind], source=Local(folder=folder),
        license="MIT", summary="s", summary_zh="s", settings=settings,
    )  # fmt: skip
    return registry.build(spec, [folder])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made: dict[str, Path] = {}
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        vae_config = VAEConfig(resolution=32, latent=4, latent_side=8, width=8, max_width=8)
        vae = VAE(vae_config)
        for parameter in vae.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
        gan_config = GeneratorConfig(latent=8, width=8, max_width=16, resolution=32)
        gan = GAN(gan_config)
        gan.to_rgb.weight.mul_(20)
        for _ in range(40):
            gan(sphere(torch.randn(16, 8)))
        for kind, model, config, size in (("vae", vae, vae_config, 4 * 64), ("gan", gan, gan_config, 8)):
            made[kind] = tmp_path_factory.mktemp(kind)
            checkpoint.save(made[kind], model, config)
            save_file({"age": torch.randn(size), "smile": torch.randn(size)}, made[kind] / DIRECTIONS_FILE)
    return made


@pytest.fixture(scope="module")
def load(folders: dict[str, Path]) -> dict[str, Pipeline]:
    return {kind: build(kind, folder) for kind, folder in folders.items()}


def face(pipeline: Pipeline, **request: Any) -> Image.Image:
    image: Image.Image = drain(pipeline.stream(FacesRequest(count=1, seed=3, **request))).output.images[0]
    return image


# --- sliders and mixing -----------------------------------------------------------------------------------------------


@kinds
def test_a_slider_moves_a_face_the_further_the_more(kind: str, load: dict[str, Pipeline]) -> None:
    plain = np.asarray(face(load[kind]), float)
    moved = [np.abs(np.asarray(face(load[kind], age=a), float) - plain).mean() for a in (0.0, 0.3, 1.0, 3.0)]
    assert moved[0] == 0 and moved[1] < moved[2] < moved[3]
    assert face(load[kind], age=1.0).tobytes() != face(load[kind], smile=1.0).tobytes()


@kinds
def test_a_slider_without_a_direction_is_refused(kind: str, load: dict[str, Pipeline]) -> None:
    with pytest.raises(InvalidRequestError, match=r"no direction for gender \(got 2\)"):
        face(load[kind], gender=2.0)


def test_a_checkpoint_without_the_file_has_no_sliders(tmp_path: Path) -> None:
    config = VAEConfig(resolution=32, latent=4, width=8, max_width=8)
    checkpoint.save(tmp_path, VAE(config), config)
    pipeline = build("vae", tmp_path)
    assert face(pipeline).size == (32, 32)
    with pytest.raises(InvalidRequestError, match="direction"):
        face(pipeline, age=1.0)
    with pytest.raises(InvalidRequestError, match="cannot mix"):
        face(pipeline, mix_seed=1)


@kinds
def test_mixing_with_itself_changes_nothing_and_coarse_changes_most(kind: str, load: dict[str, Pipeline]) -> None:
    plain = np.asarray(face(load[kind]), float)
    for at in ("coarse", "middle", "fine"):
        assert np.abs(np.asarray(face(load[kind], mix_seed=3, mix_at=at), float) - plain).max() <= 1
    change = [
        np.abs(np.asarray(face(load[kind], mix_seed=9, mix_at=at), float) - plain).mean()
        for at in ("fine", "middle", "coarse")
    ]
    assert change[0] > 0 and change[0] < change[2]


def test_the_blend_of_white_noise_is_white_and_keeps_low_frequencies() -> None:
    rng = torch.Generator().manual_seed(0)
    own, other = (torch.randn(500, 2, 8, 8, generator=rng) for _ in range(2))
    assert torch.allclose(dct_matrix(8) @ dct_matrix(8).T, torch.eye(8), atol=1e-6)
    mixed = blend(own, other, "middle")
    correlation = torch.corrcoef(mixed.flatten(1).T)
    assert mixed.std().item() == pytest.approx(1, abs=0.01)
    assert (correlation - torch.eye(len(correlation))).abs().max() < 0.25, "independent up to what 500 samples show"
    assert torch.allclose(mixed.mean((2, 3)), own.mean((2, 3)), atol=1e-6)
    basis = dct_matrix(8)
    high = (basis @ (mixed - other) @ basis.T)[:, :, 3:]
    assert high.abs().max() < 1e-5


def test_adain_hands_over_mean_and_deviation() -> None:
    rng = torch.Generator().manual_seed(0)
    own, other = torch.randn(1, 3, 8, 8, generator=rng), 2 + 5 * torch.randn(1, 3, 8, 8, generator=rng)
    made = adain(own, other)
    assert torch.allclose(made.mean((2, 3)), other.mean((2, 3)), atol=1e-4)
    assert torch.allclose(made.std((2, 3)), other.std((2, 3)), rtol=1e-3)


@kinds
def test_a_batch_gives_the_same_faces(kind: str, load: dict[str, Pipeline]) -> None:
    asked = [FacesRequest(count=1, seed=seed, truncation=0.8) for seed in (3, 9)]
    together = load[kind].batch(asked)  # type: ignore[attr-defined]
    for image, request in zip(together, asked, strict=True):
        alone = drain(load[kind].stream(request)).output.images[0]
        assert np.abs(np.asarray(image, float) - np.asarray(alone, float)).max() <= 1


# --- photos -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, and a random network for features."""

    def unreachable() -> Generator[Progress, None, Path]:
        raise DownloadError("no network")
        yield

    torch.manual_seed(0)
    random = EfficientNetLite0().train(False).requires_grad_(False)
    monkeypatch.setattr(edit_face.face_detector, "fetch", unreachable)
    monkeypatch.setattr(efficientnet_lite, "fetch", lambda: Path("unused"))
    monkeypatch.setattr(efficientnet_lite, "load", lambda file: copy.deepcopy(random))
    monkeypatch.setattr(ProjectedGAN, "packages", ())
    monkeypatch.setattr(edit_face.weights, "ensure", lambda source: iter(()))


@kinds
def test_a_photo_is_brought_in_and_moved(kind: str, load: dict[str, Pipeline], alone: None) -> None:
    *steps, last = load[kind].stream(EditFaceRequest(image=PHOTO, steps=4, age=2.0))
    made = last.output
    assert isinstance(made, FaceEdit) and made.aligned_by == last.info["aligned_by"] == "centre"
    assert made.aligned.size == made.reconstruction.size == made.edited.size == (32, 32)
    assert made.edited.tobytes() != made.reconstruction.tobytes()
    assert [e.step for e in steps] == list(range(1, 5 if kind == "gan" else 2))
    assert all(isinstance(e.preview, FaceEdit) for e in steps)
    still = drain(load[kind].stream(EditFaceRequest(image=PHOTO, steps=4))).output
    assert still.edited.tobytes() == still.reconstruction.tobytes() == made.reconstruction.tobytes()


def test_projection_finds_a_face_of_its_own(load: dict[str, Pipeline], alone: None) -> None:
    wanted = face(load["gan"])
    errors = [e.preview.error for e in load["gan"].stream(EditFaceRequest(image=wanted, steps=40)) if isinstance(e, Progress)]  # fmt: skip
    assert errors[-1] < 0.8 * errors[0]


def test_an_encoding_is_refined_where_the_row_says_so(
    folders: dict[str, Path], load: dict[str, Pipeline], alone: None
) -> None:
    vae = load["vae"]
    refined = build("vae", folders["vae"], refine=True)
    first = drain(vae.stream(EditFaceRequest(image=PHOTO))).output
    *steps, last = refined.stream(EditFaceRequest(image=PHOTO, steps=12))
    assert len(steps) == 12 and last.output.error < first.error


# --- nearest faces ----------------------------------------------------------------------------------------------------


class Pixels(EfficientNetLite0):
    """Features that tell faces apart without trained weights."""

    def features(self, images: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(images, 16).flatten(1)  # (B, 768)


def test_a_copy_is_told_from_a_new_face(
    load: dict[str, Pipeline], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Pixels()
    monkeypatch.setattr(nearest_faces, "network", lambda folder: network)

    def ensure(source: object) -> Generator[Progress, None, list[Path]]:
        return [tmp_path]
        yield

    monkeypatch.setattr(nearest_faces, "weights", SimpleNamespace(ensure=ensure))
    images = drain(load["gan"].stream(FacesRequest(count=2, seed=5))).output.images
    copied = images[1].transpose(Image.Transpose.FLIP_LEFT_RIGHT)  # the trainings mirror: a mirrored copy is a copy
    features = nearest_faces.embed(network, [copied, PHOTO])
    mean, axes = features.mean(0), torch.linalg.qr(torch.randn(768, 8, generator=torch.Generator().manual_seed(0)))[0]
    train = (features - mean) @ axes
    spread = float(torch.pdist(train))
    save_file(
        {"mean": mean, "axes": axes.contiguous(), "train": train, "held_out": torch.linspace(0.05, 1, 100) * spread},
        tmp_path / nearest_faces.FILE,
    )
    *steps, last = load["gan"].stream(NearestFacesRequest(count=2, seed=5))
    made = last.output
    assert isinstance(made, NearestFaces) and made.seeds == (5, 6) and len(made.held_out) == 100
    assert made.distances[1] < made.threshold < made.distances[0]
    assert made.closer[1] == 0 < made.closer[0] <= 1
    assert [e.step for e in steps] == [1, 2, 3] and {e.total for e in steps} == {3}
    assert made.to_json()["distances"] == list(made.distances)
