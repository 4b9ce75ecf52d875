"""The video denoiser: frames look at each other through time attention alone, known frames stay, the channels are a code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from aigc_core import checkpoint
from aigc_core.models import video_unet
from aigc_core.models.unet import UNetConfig
from aigc_core.models.video_unet import TimeAttention, VideoConfig, VideoDenoiser

CONFIG = VideoConfig(
    frames=4,
    picture=UNetConfig(
        resolution=16, channels=4, patch=2, width=8, multipliers=(1, 2), attention=(4,), head=8, groups=4, attributes=(3, 2)
    ),
)  # fmt: skip


def noisy(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def model() -> VideoDenoiser:
    """A network whose layers all do something: those that start at zero are drawn at random."""
    torch.manual_seed(0)
    made = VideoDenoiser(CONFIG)
    for parameter in made.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return made.eval().requires_grad_(False)


X, SIGMA = noisy(2, 4, 4, 16, 16), torch.tensor([0.3, 2.0])


def moved(model: VideoDenoiser, *, in_time: bool) -> list[bool]:
    """Of which frames the answer changes when frame 1 does."""
    other = X.clone()
    other[:, 1] += 0.5
    a, b = (model(x, SIGMA, in_time=in_time) for x in (X, other))
    return [not torch.allclose(a[:, t], b[:, t], atol=1e-6) for t in range(4)]


def test_frames_look_at_each_other_through_time_attention_alone(model: VideoDenoiser) -> None:
    assert moved(model, in_time=True) == [True] * 4
    assert moved(model, in_time=False) == [False, True, False, False]


def test_a_new_network_is_a_model_of_single_frames() -> None:
    torch.manual_seed(0)
    attention = TimeAttention(CONFIG, 8)
    x = noisy(8, 8, 4, 4)
    assert torch.equal(attention(x), x)
    clean = VideoDenoiser(CONFIG).eval()(X, SIGMA)
    skip = CONFIG.picture.sigma_data**2 / (SIGMA**2 + CONFIG.picture.sigma_data**2)
    assert torch.allclose(clean, skip.view(-1, 1, 1, 1, 1) * X, atol=1e-6)


def test_time_attention_is_attention_over_the_frames_of_a_place() -> None:
    torch.manual_seed(0)
    layer = TimeAttention(CONFIG, 8)
    torch.nn.init.normal_(layer.out.weight)
    x = noisy(4, 8, 2, 2)  # one clip
    got = layer(x)
    seen = layer.norm(x)
    for row in range(2):
        for column in range(2):
            tokens = seen[:, :, row, column] + layer.place  # (T, C)
            q, k, v = layer.qkv(tokens).view(4, 3, 8).unbind(1)
            wanted = x[:, :, row, column] + layer.out((q @ k.T / 8**0.5).softmax(-1) @ v)
            assert torch.allclose(got[:, :, row, column], wanted, atol=1e-5)


def test_known_frames_are_given_back_and_seen_by_the_others(model: VideoDenoiser) -> None:
    known, told = noisy(2, 4, 4, 16, 16, seed=1), torch.zeros(2, 4)
    told[:, 0] = 1
    clean = model(X, SIGMA, None, known, told)
    assert torch.equal(clean[:, 0], known[:, 0])
    other = known.clone()
    other[:, 0] += 1
    other[:, 2] += 5  # not told: of no consequence
    changed = model(X, SIGMA, None, other, told)
    assert not torch.allclose(changed[:, 3], clean[:, 3], atol=1e-5)
    other[:, 0] -= 1
    assert torch.allclose(model(X, SIGMA, None, other, told), clean, atol=1e-6)


def test_labels_change_the_clip_and_zeros_are_no_labels(model: VideoDenoiser) -> None:
    none = model(X, SIGMA)
    assert torch.equal(model(X, SIGMA, torch.zeros(2, 2, dtype=torch.long)), none)
    assert not torch.allclose(model(X, SIGMA, torch.tensor([[1, 2], [3, 0]])), none, atol=1e-5)


def test_the_loss_leaves_known_frames_out() -> None:
    clips, told = noisy(2, 4, 4, 16, 16), torch.tensor([[1.0, 0, 0, 0], [0, 0, 0, 0]])

    def one_off(x: Tensor, sigma: Tensor, labels: object, known: Tensor, marks: Tensor) -> Tensor:
        return clips + 1 - 5 * marks[:, :, None, None, None]

    sigma = torch.tensor([0.5, 0.5])
    got = video_unet.loss(one_off, clips, sigma, clips, None, told, 0.5)
    assert torch.allclose(got, torch.full((2,), 8.0))  # weight (0.25 + 0.25) / 0.0625 times an error of 1


def test_channels_are_a_code_of_pixel_art() -> None:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (2, 3, 16, 16, 4), np.uint8)
    frames[..., 3] = np.where(frames[..., 3] > 100, 255, 0)
    frames[frames[..., 3] == 0] = 0
    assert np.array_equal(video_unet.decode(video_unet.encode(frames)), frames)
    assert not video_unet.decode(torch.full((4, 8, 8), -0.1)).any()


def test_a_checkpoint_holds_the_whole_configuration(model: VideoDenoiser, tmp_path: Path) -> None:
    checkpoint.save(tmp_path, model, CONFIG, half=False)
    config = checkpoint.load_config(tmp_path, VideoConfig)
    assert config == CONFIG
    again = checkpoint.load(tmp_path, VideoDenoiser(config)).eval()
    assert torch.equal(again(X, SIGMA), model(X, SIGMA))
    with pytest.raises(ValueError, match="frames >= 1"):
        VideoConfig(frames=0)
