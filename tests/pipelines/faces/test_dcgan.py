"""The DCGAN: one seed one face, walks on the sphere, conversion, and the streaming contract."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from streams import check_stream

from aigc_core import checkpoint, recipe, registry
from aigc_core.engine import Engine, drain
from aigc_core.errors import CheckpointError
from aigc_core.export import save
from aigc_core.models.dcgan import Config, Generator
from aigc_core.pipelines.faces.dcgan import DCGAN, convert, to_picture
from aigc_core.sampling.diffusion.latents import slerp, truncate
from aigc_core.tasks.faces import FacesRequest
from aigc_core.types import Local, Progress, Result

ROW = "faces-dcgan-64"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> DCGAN:
    """The real class over a small random network, whose pictures differ clearly."""
    folder = tmp_path_factory.mktemp("dcgan")
    torch.manual_seed(0)
    config = Config(latent_size=8, width=4, image_size=16)
    checkpoint.save(folder, Generator(config), config, half=False)
    return DCGAN(replace(registry.find(ROW), source=Local(folder=folder)), [folder])


# --- the pipeline -----------------------------------------------------------------------------------------------------


def test_each_face_shows_as_it_is_made(tiny: DCGAN) -> None:
    *steps, last = tiny.stream(FacesRequest(count=3, seed=7))
    assert isinstance(last, Result) and last.output.seeds == (7, 8, 9) and last.output.frames == ()
    assert all(isinstance(e, Progress) and e.total == 3 for e in steps)
    assert [len(e.preview.images) for e in steps] == [1, 2, 3]
    assert steps[0].preview.images[0].tobytes() == last.output.images[0].tobytes()


def test_a_face_is_the_same_alone_and_in_a_batch(tiny: DCGAN) -> None:
    batch = drain(tiny.stream(FacesRequest(count=16, seed=100))).output
    for i in (0, 9, 15):
        alone = drain(tiny.stream(FacesRequest(count=1, seed=100 + i))).output
        assert alone.images[0].tobytes() == batch.images[i].tobytes()
    assert len({image.tobytes() for image in batch.images}) == 16


def test_morph_goes_from_the_one_face_to_the_other(tiny: DCGAN) -> None:
    output = drain(tiny.stream(FacesRequest(count=1, seed=3, seed_to=11, frames=9))).output
    assert len(output.frames) == 9 and output.frames[0].size == (48, 48), "16 pixels, enlarged three times"
    ends = [drain(tiny.stream(FacesRequest(count=1, seed=seed))).output.images[0] for seed in (3, 11)]
    for frame, end in zip((output.frames[0], output.frames[-1]), ends, strict=True):
        assert frame.tobytes() == end.resize((48, 48), 1).tobytes()
    assert output.images[0].size == (16, 16), "the network's own pixels stay"


def test_morph_frames_change_little_from_one_to_the_next(tiny: DCGAN) -> None:
    frames = drain(tiny.stream(FacesRequest(count=1, seed=3, seed_to=11, frames=60))).output.frames
    pixels = np.stack([np.asarray(frame, np.float32) for frame in frames])
    between = np.abs(np.diff(pixels, axis=0)).mean((1, 2, 3))
    assert between.max() < np.abs(pixels[0] - pixels[-1]).mean() / 5


def test_truncation_scales_the_noise(tiny: DCGAN) -> None:
    full, half, again = (drain(tiny.stream(FacesRequest(count=1, truncation=psi))).output for psi in (1.0, 0.5, 1.0))
    assert full.images[0].tobytes() == again.images[0].tobytes() != half.images[0].tobytes()


def test_closing_early_stops(tiny: DCGAN) -> None:
    calls = []
    hook = tiny.generator.register_forward_hook(lambda *_: calls.append(1))
    try:
        events = tiny.stream(FacesRequest(count=16))
        next(events)
        events.close()
    finally:
        hook.remove()
    assert len(calls) == 1 and torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


# --- the network ------------------------------------------------------------------------------------------------------


def test_has_the_papers_layers() -> None:
    """Figure 1 of the paper with half its width: 100 to 4×4×512, 8×8×256, 16×16×128, 32×32×64, 64×64×3."""
    generator = Generator(Config())
    shapes = []
    for layer in [generator.project, *generator.blocks, generator.to_rgb]:
        layer.register_forward_hook(lambda _m, _i, out: shapes.append(tuple(out.shape[1:])))
    picture = generator(torch.randn(2, 100))
    assert shapes == [(512, 4, 4), (256, 8, 8), (128, 16, 16), (64, 32, 32), (3, 64, 64)]
    assert picture.shape == (2, 3, 64, 64) and picture.abs().max() <= 1
    assert sum(p.numel() for p in generator.parameters()) == registry.find(ROW).parameters


def test_every_parameter_gets_a_gradient() -> None:
    generator = Generator(Config(latent_size=8, width=4, image_size=32))
    generator(torch.randn(4, 8)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in generator.parameters())


@pytest.mark.parametrize("size", [4, 48, 0])
def test_sizes_it_cannot_make_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        Config(image_size=size)


def test_pixels_are_rounded_not_cut() -> None:
    levels = torch.arange(256) / 127.5 - 1  # exactly the 256 levels
    assert list(np.asarray(to_picture(levels.expand(3, 1, 256)))[0, :, 0]) == list(range(256))
    assert np.asarray(to_picture(torch.full((3, 1, 1), 9.0))).max() == 255


# --- latents ----------------------------------------------------------------------------------------------------------


def test_slerp_is_the_arc_between_its_ends() -> None:
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    for t in (0.0, 0.25, 0.5, 1.0):
        expected = torch.tensor([[math.cos(t * math.pi / 2), math.sin(t * math.pi / 2)]])
        torch.testing.assert_close(slerp(a, b, t), expected)


def test_slerp_keeps_the_length_that_a_straight_line_loses() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 512, generator=generator)
    middle, chord = slerp(a, b, 0.5), torch.lerp(a, b, 0.5)
    typical = math.sqrt(512)
    assert middle.norm() == pytest.approx(typical, rel=0.05)
    assert chord.norm() == pytest.approx(typical / math.sqrt(2), rel=0.1)


def test_slerp_of_parallel_vectors_is_the_straight_line() -> None:
    a = torch.randn(4, generator=torch.Generator().manual_seed(1))
    for b in (a, 2 * a, -a):
        assert torch.isfinite(slerp(a, b, 0.3)).all()
    torch.testing.assert_close(slerp(a, a, 0.3), a)
    assert torch.equal(truncate(a, 1.0), a)


# --- conversion -------------------------------------------------------------------------------------------------------


def _tutorial_file(path: Path, width: int = 4, latent: int = 8) -> tuple[Path, torch.nn.Sequential]:
    """The layout the package stores, as an independent network."""
    nn = torch.nn
    widths = [latent, 8 * width, 4 * width, 2 * width, width]
    layers: list[torch.nn.Module] = []
    for i, (a, b) in enumerate(pairwise(widths)):
        layers += [nn.ConvTranspose2d(a, b, 4, 1 if i == 0 else 2, 0 if i == 0 else 1, bias=False)]
        layers += [nn.BatchNorm2d(b), nn.ReLU()]
    layers += [nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh()]
    network = nn.Sequential(*layers)
    network(torch.randn(16, latent, 1, 1))  # running statistics that matter
    network.train(False)
    state = {f"main.{name}": tensor for name, tensor in network.state_dict().items()}
    torch.save({"netG_state_dict": state}, path)
    return path, network


def test_converted_weights_compute_the_same(tmp_path: Path) -> None:
    file, network = _tutorial_file(tmp_path / "weights.tar")
    convert(file, tmp_path / "converted")
    model = checkpoint.load(tmp_path / "converted", Generator(checkpoint.load_config(tmp_path / "converted", Config)))
    z = torch.randn(3, 8)
    torch.testing.assert_close(model(z), network(z[:, :, None, None]))


def test_a_pickle_with_code_is_not_run(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return (Path.touch, (tmp_path / "ran",))  # type: ignore[return-value]

    torch.save({"netG_state_dict": Payload()}, tmp_path / "weights.tar")
    with pytest.raises(CheckpointError, match=r"weights\.tar is not the DCGAN"):
        convert(tmp_path / "weights.tar", tmp_path / "converted")
    assert not (tmp_path / "ran").exists()


def test_other_tensors_are_refused(tmp_path: Path) -> None:
    torch.save({"netG_state_dict": {"main.0.weight": torch.zeros(1)}}, tmp_path / "weights.tar")
    with pytest.raises(CheckpointError):
        convert(tmp_path / "weights.tar", tmp_path / "converted")


# --- the real weights ---------------------------------------------------------------------------------------------------


@pytest.mark.weights
def test_real_faces_replay_byte_for_byte(
    engine: Engine, real_weights: Callable[[str], list[Path]], tmp_path: Path
) -> None:
    real_weights(ROW)
    result = check_stream(engine, FacesRequest(model=ROW, count=4, seed=44, seed_to=47, frames=8))
    files = save(result.output, result.recipe, tmp_path / "first")
    assert {"sheet", "face-0", "face-3", "morph"} <= set(files)
    made = recipe.read(files["face-2"])
    assert made["part"] == {"index": 2, "seed": 46} and made["license"] == "MIT"
    again = drain(engine.run(recipe.to_request(recipe.read(files["morph"])), date=str(made["date"])))
    for role, file in save(again.output, again.recipe, tmp_path / "again").items():
        assert file.read_bytes() == files[role].read_bytes(), role


@pytest.mark.weights
def test_real_faces_look_like_faces(engine: Engine, real_weights: Callable[[str], list[Path]]) -> None:
    """A face in the middle: averaged over seeds, skin is redder than blue and the eyes are darker than the cheeks."""
    real_weights(ROW)
    output = drain(engine.run(FacesRequest(model=ROW, count=16, seed=0))).output
    mean = np.mean([np.asarray(image, np.float32) for image in output.images], axis=0)
    red, _, blue = mean[16:56, 16:48].mean((0, 1))
    assert red > blue + 10
    assert mean[26:31, 20:44].mean() < mean[36:42, 20:44].mean()
    assert np.std([np.asarray(image, np.float32).mean() for image in output.images]) > 10, "they differ"
