"""The projected GAN as a pipeline: own seeds, truncation, walks, and the streaming contract."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aigc_core import checkpoint
from aigc_core.engine import drain
from aigc_core.media.image import enlarge
from aigc_core.models.gan import Generator, GeneratorConfig, sphere
from aigc_core.pipelines.faces.gan import ProjectedGAN
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Local, ModelSpec, Progress


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> ProjectedGAN:
    folder = tmp_path_factory.mktemp("gan")
    config = GeneratorConfig(latent=8, width=8, max_width=16, resolution=32)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Generator(config)
        with torch.no_grad():
            model.to_rgb.weight.mul_(20)  # untrained pictures hardly differ
            for _ in range(40):  # lets the batch norms find their statistics
                model(sphere(torch.randn(16, 8)))
    checkpoint.save(folder, model, config)
    spec = ModelSpec(
        name="faces-gan-tiny", task="faces", title="", target="aigc_core.pipelines.faces.gan:ProjectedGAN",
        source=Local(folder=folder), license="", summary="", summary_zh="", settings={"display_scale": 2},
    )  # fmt: skip
    return ProjectedGAN(spec, [folder])


def test_faces_come_one_by_one_each_of_its_own_seed(pipeline: ProjectedGAN) -> None:
    *steps, last = pipeline.stream(FacesRequest(count=3, seed=7))
    assert all(isinstance(e, Progress) and e.total == 3 for e in steps) and len(steps) == 3
    alone = drain(pipeline.stream(FacesRequest(count=1, seed=8))).output.images[0]
    assert last.output.images[1].tobytes() == alone.tobytes()
    assert len({image.tobytes() for image in last.output.images}) == 3
    assert last.output.images[0].size == (32, 32) and last.output.display_scale == 2


def test_truncation_draws_faces_towards_one_another(pipeline: ProjectedGAN) -> None:
    def spread(psi: float) -> float:
        images = drain(pipeline.stream(FacesRequest(count=8, seed=1, truncation=psi))).output.images
        return float(np.std([np.asarray(image, float) for image in images], axis=0).mean())

    assert spread(0.1) < spread(0.5) < spread(1.0)


def test_a_walk_leads_from_one_face_to_the_other(pipeline: ProjectedGAN) -> None:
    output = drain(pipeline.stream(FacesRequest(count=1, seed=3, seed_to=11, frames=8))).output
    end = drain(pipeline.stream(FacesRequest(count=1, seed=11))).output.images[0]
    assert len(output.frames) == 8
    for frame, face in ((output.frames[0], output.images[0]), (output.frames[-1], end)):
        assert frame.tobytes() == enlarge(face, 2).tobytes()


def test_latents_lie_on_the_sphere(pipeline: ProjectedGAN) -> None:
    assert pipeline._latent(5, 1.0).norm().item() == pytest.approx(8**0.5)
    assert pipeline._latent(5, 0.5).norm().item() == pytest.approx(0.5 * 8**0.5)
