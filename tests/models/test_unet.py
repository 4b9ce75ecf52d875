"""The U-Net against diffusers' on the same weights; preconditioning, labels, gradients, and that a batch can be fitted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from aigc_core import runtime
from aigc_core.models import unet
from aigc_core.models.unet import Preconditioned, UNet, UNetConfig, from_diffusers, training_sigmas

TINY = UNetConfig(resolution=16, width=16, multipliers=(1, 2), attention=(8,), head=8, groups=8, attributes=(3, 2))


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed))


def stirred(model: nn.Module) -> nn.Module:
    """Every weight random, the zeroed ones too."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


@pytest.mark.parametrize("blocks", [1, 2])
def test_equal_to_diffusers_on_the_same_weights(blocks: int) -> None:
    runtime.torchaudio()
    from diffusers import UNet2DModel

    config = replace(
        TINY, resolution=32, width=16, multipliers=(1, 2, 3), attention=(16, 8), blocks=blocks, attributes=()
    )
    theirs = UNet2DModel(
        sample_size=32, layers_per_block=blocks, block_out_channels=(16, 32, 48), norm_num_groups=8, attn_norm_num_groups=8, attention_head_dim=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"), resnet_time_scale_shift="scale_shift",
    ).train(False)  # fmt: skip
    stirred(theirs)
    ours = UNet(config).train(False)
    ours.load_state_dict(from_diffusers(theirs.state_dict()))
    x, time = noise(3, 3, 32, 32), torch.tensor([0.0, 17.0, 999.0])
    with torch.no_grad():
        expected = theirs(x, time).sample
        torch.testing.assert_close(ours(x, time), expected, rtol=1e-4, atol=1e-4)
    assert expected.std() > 0.1


def test_every_parameter_learns() -> None:
    model = stirred(Preconditioned(TINY))
    labels = torch.tensor([[0, 1], [1, 0], [2, 2], [3, 0]])
    value = unet.loss(
        model, noise(4, 3, 16, 16), torch.tensor([0.1, 0.5, 2, 20]), noise(4, 3, 16, 16, seed=1), labels, 0.5
    )
    torch.autograd.backward(value.mean())
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_untrained_it_answers_as_eq_7_with_f_zero() -> None:
    """D = x·σd²/(σ²+σd²): the exact denoiser of N(0, σd²), at which EDM's loss is 1 for such data."""
    model = Preconditioned(TINY)
    images, sigma = 0.5 * noise(64, 3, 16, 16), torch.tensor([0.05, 1.0, 30.0]).repeat_interleave(22)[:64]
    with torch.no_grad():
        value = unet.loss(model, images, sigma, noise(64, 3, 16, 16, seed=1), None, 0.5)
    assert value.mean().item() == pytest.approx(1.0, abs=0.03)
    assert value.view(-1)[:20].mean().item() == pytest.approx(value[-20:].mean().item(), rel=0.1), "at every level"


def test_network_input_and_target_have_unit_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    model, seen = Preconditioned(TINY), []
    monkeypatch.setattr(model.net, "forward", lambda x, time, labels: seen.append((x, time)) or torch.zeros_like(x))
    for sigma in (0.002, 0.5, 80.0):
        model(0.5 * noise(8, 3, 16, 16) + sigma * noise(8, 3, 16, 16, seed=1), torch.full((8,), sigma))
        x, time = seen[-1]
        assert x.std().item() == pytest.approx(1, abs=0.05)
        assert -1600 < time[0].item() < 1100


def test_labels_matter_and_none_means_not_told() -> None:
    model = stirred(Preconditioned(TINY)).train(False)
    x, sigma = noise(2, 3, 16, 16), torch.ones(2)
    with torch.no_grad():
        plain = model(x, sigma)
        torch.testing.assert_close(model(x, sigma, torch.zeros(2, 2, dtype=torch.long)), plain)
        told = model(x, sigma, torch.tensor([[0, 0], [2, 1]]))
    torch.testing.assert_close(told[0], plain[0])
    assert not torch.allclose(told[1], plain[1])


def test_patches_keep_the_pictures_size_and_quarter_the_work() -> None:
    model = stirred(Preconditioned(replace(TINY, resolution=32, patch=2))).train(False)
    assert model.net.conv_in.weight.shape[1] == 12 and model.config.sides == (16, 8)
    with torch.no_grad():
        assert model(noise(1, 3, 32, 32), torch.ones(1)).shape == (1, 3, 32, 32)


def test_a_picture_does_not_know_its_batch() -> None:
    model = stirred(Preconditioned(TINY)).train(False)
    x, sigma = noise(3, 3, 16, 16), torch.tensor([0.1, 1.0, 10.0])
    with torch.no_grad():
        torch.testing.assert_close(model(x, sigma)[1:2], model(x[1:2], sigma[1:2]), rtol=1e-4, atol=1e-5)


def test_a_batch_can_be_fitted() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Preconditioned(TINY)
    images = (noise(2, 3, 4, 4).sign() * 0.5).repeat_interleave(4, 2).repeat_interleave(4, 3)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    sigma, eps = torch.full((2,), 0.5), noise(2, 3, 16, 16, seed=1)
    losses = []
    for _ in range(30):
        value = unet.loss(model, images, sigma, eps, None, 0.5).mean()
        optimizer.zero_grad()
        torch.autograd.backward(value)
        optimizer.step()
        losses.append(value.item())
    assert losses[-1] < 0.5 * losses[0]


def test_training_levels_follow_the_log_normal() -> None:
    drawn = training_sigmas(noise(20_000)).log()
    assert drawn.mean().item() == pytest.approx(-1.2, abs=0.03) and drawn.std().item() == pytest.approx(1.2, abs=0.03)


@pytest.mark.parametrize(
    ("change", "match"), [({"resolution": 17}, "halve"), ({"width": 20}, "multiples"), ({"head": 12}, "multiples")]
)
def test_impossible_shapes_are_refused(change: dict[str, int], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        replace(TINY, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("directions", [48, 20])
def test_the_gaussian_part_is_the_posterior_mean_of_a_gaussian(directions: int) -> None:
    """Against the textbook formula m + Σ(Σ + σ²I)⁻¹(x − m), with the covariance that the kept directions and the rest make."""
    config = replace(TINY, resolution=4, multipliers=(1,), attention=(), gaussian=directions)
    part = unet.GaussianDenoiser(config)
    mix = torch.linalg.qr(noise(48, 48, seed=1))[0].double()
    spread = torch.cat([torch.full((28,), 0.1), torch.linspace(0.3, 2, 20)]).double()  # the 28 others alike
    pictures = (noise(4000, 48, seed=2).double() * spread) @ mix.T + 0.3
    unet.fit_gaussian(part, pictures.view(-1, 3, 4, 4).float())
    centred = pictures - pictures.mean(0)
    covariance = centred.T @ centred / len(pictures)
    if directions < 48:
        values, vectors = torch.linalg.eigh(covariance)
        values[: 48 - directions] = values[: 48 - directions].mean()
        covariance = vectors @ values.diag() @ vectors.T
    x = noise(5, 3, 4, 4, seed=3)
    for sigma in (0.05, 0.7, 40.0):
        gain = covariance @ torch.linalg.inv(covariance + sigma**2 * torch.eye(48, dtype=torch.float64))
        expected = pictures.mean(0) + (x.flatten(1).double() - pictures.mean(0)) @ gain.T
        got = part(x, torch.full((5,), sigma)).flatten(1).double()
        torch.testing.assert_close(got, expected, atol=2e-4, rtol=1e-3)


def test_an_untrained_network_is_its_gaussian_part() -> None:
    model = Preconditioned(replace(TINY, gaussian=30)).train(False)
    assert model.linear is not None
    unet.fit_gaussian(model.linear, noise(64, 3, 16, 16, seed=4) * 0.5)
    x, sigma = noise(2, 3, 16, 16, seed=5), torch.tensor([0.3, 5.0])
    torch.testing.assert_close(model(x, sigma), model.linear(x, sigma))
