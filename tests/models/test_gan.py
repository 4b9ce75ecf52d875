"""The projected GAN's parts: shapes, gradients, the frozen pyramid, augmentation, and that a batch can be fitted."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aigc_core.models.features import efficientnet_lite
from aigc_core.models.features.efficientnet_lite import EfficientNetLite0
from aigc_core.models.gan import (
    Discriminators,
    Generator,
    GeneratorConfig,
    Projection,
    augment,
    discriminator_loss,
    generator_loss,
    sphere,
)

TINY = GeneratorConfig(latent=8, width=8, max_width=16, resolution=32)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=rng(seed))


@pytest.fixture(scope="module")
def backbone() -> EfficientNetLite0:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return EfficientNetLite0().train(False).requires_grad_(False)


@pytest.fixture(scope="module")
def settled() -> Generator:
    """A random generator whose batch norms have found their statistics, so that its pictures differ."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        model = Generator(TINY)
        model.to_rgb.weight.mul_(20)
        for step in range(40):
            model(sphere(noise(16, 8, seed=step)))
    assert model.train(False)(sphere(noise(8, 8))).std(0).mean() > 0.02
    return model


@pytest.mark.parametrize("resolution", [32, 64, 128])
def test_generator_draws_at_the_resolution_asked_for(resolution: int) -> None:
    model = Generator(GeneratorConfig(latent=8, width=4, max_width=8, resolution=resolution))
    images = model(noise(2, 8))
    assert images.shape == (2, 3, resolution, resolution)
    assert images.abs().max() <= 1


def test_other_resolutions_are_refused() -> None:
    with pytest.raises(ValueError, match="got 48"):
        GeneratorConfig(resolution=48)


def test_a_face_is_the_same_alone_and_in_a_batch(settled: Generator) -> None:
    z = sphere(noise(4, 8))
    torch.testing.assert_close(settled(z)[2:3], settled(z[2:3]))


def test_noise_comes_only_from_the_generator_given() -> None:
    model = Generator(TINY).train(False)
    for block in model.up:
        block.noise1.strength.data.fill_(1.0)
    z = noise(2, 8)
    assert torch.equal(model(z), model(z))
    assert torch.equal(model(z, rng(3)), model(z, rng(3)))
    assert not torch.allclose(model(z), model(z, rng(3)))


def test_truncation_takes_variety_away(settled: Generator) -> None:
    z = sphere(noise(16, 8))
    spread = [settled(psi * z).std(0).mean().item() for psi in (0.0, 0.5, 1.0)]
    assert spread[0] < 1e-6 < spread[1] < spread[2]


def test_sphere_keeps_the_direction_and_sets_the_radius() -> None:
    z = noise(5, 8)
    placed = sphere(z)
    torch.testing.assert_close(placed.norm(dim=1), torch.full((5,), 8**0.5))
    torch.testing.assert_close(torch.cosine_similarity(placed, z), torch.ones(5))


def test_every_parameter_learns_and_the_pyramid_does_not(backbone: EfficientNetLite0) -> None:
    generator, projection, judges = Generator(TINY), Projection(backbone, width=8), Discriminators(width=8)
    maps = projection(augment(generator(noise(2, 8), rng()), rng()))
    assert [m.shape[-1] for m in maps] == [32, 16, 8, 4]
    torch.autograd.backward(generator_loss(judges(maps)))
    for module in (generator, judges):
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    assert all(p.grad is None and not p.requires_grad for p in projection.parameters())


def test_hinge_losses_by_hand() -> None:
    real, fake = [torch.tensor([2.0, 0.5])], [torch.tensor([-3.0, 0.0])]
    assert discriminator_loss(real, fake).item() == pytest.approx((0 + 0.5) / 2 + (0 + 1) / 2)
    assert generator_loss(fake).item() == pytest.approx(1.5)
    assert generator_loss([*fake, torch.tensor([0.5])]).item() == pytest.approx((1.5 - 0.5) / 2)


def test_judges_learn_to_tell_two_sets_apart(backbone: EfficientNetLite0) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        projection, judges = Projection(backbone, width=8), Discriminators(width=8)
    light, dark = projection(0.5 + 0.1 * noise(4, 3, 32, 32)), projection(-0.5 + 0.1 * noise(4, 3, 32, 32))
    optimizer = torch.optim.Adam(judges.parameters(), 2e-3, betas=(0.0, 0.99))
    first = discriminator_loss(judges(light), judges(dark)).item()
    for _ in range(20):
        loss = discriminator_loss(judges(light), judges(dark))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    assert first == pytest.approx(2.0, abs=0.5), "undecided at first: 1 + 1"
    assert loss.item() < 0.95 * first
    assert judges(light)[0].min() > judges(dark)[0].max(), "no doubt at the finest level"


def test_augmentation_follows_its_generator_and_lets_gradients_through() -> None:
    images = noise(4, 3, 32, 32).requires_grad_()
    assert torch.equal(augment(images, rng(1)), augment(images, rng(1)))
    assert not torch.equal(augment(images, rng(1)), augment(images, rng(2)))
    torch.autograd.backward(augment(images, rng(1)).square().sum())
    assert images.grad is not None and all(images.grad[i].abs().sum() > 0 for i in range(4))


def test_chance_says_how_many_pictures_are_augmented() -> None:
    images = noise(64, 3, 32, 32)
    assert torch.equal(augment(images, rng(), 0.0), images)
    untouched = (augment(images, rng(), 0.5) == images).flatten(1).all(1).float().mean().item()
    assert untouched == pytest.approx(0.5**3, abs=0.12)


def test_augmentation_treats_each_picture_on_its_own() -> None:
    out = augment(torch.ones(16, 3, 32, 32), rng())
    assert (out == 0).flatten(1).any(1).all(), "a cutout or a border in each"
    assert (out == 0).flatten(1).float().mean(1).max() <= 0.25 + 2 * 4 / 32, (
        "at most a quarter is cut, an eighth moved out"
    )
    assert out.amax((1, 2, 3)).unique().numel() > 8, "brightness differs"


def test_fused_backbone_gives_the_same_features(backbone: EfficientNetLite0) -> None:
    plain = EfficientNetLite0().train(False)
    for module in plain.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
    images = noise(2, 3, 64, 64).clamp(-1, 1)
    before = plain.features(images)
    after = efficientnet_lite.fuse(plain).features(images)
    assert before.shape == (2, efficientnet_lite.FEATURES)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)


def test_pyramid_has_the_strides_and_channels_it_names(backbone: EfficientNetLite0) -> None:
    maps = backbone.pyramid(noise(1, 3, 128, 128))
    assert [m.shape[1] for m in maps] == list(efficientnet_lite.PYRAMID_CHANNELS)
    assert [128 // m.shape[-1] for m in maps] == [4, 8, 16, 32]


@pytest.mark.weights
def test_published_weights_know_a_clear_picture_from_noise() -> None:
    model = efficientnet_lite.load(efficientnet_lite.fetch())
    flat = torch.linspace(-1, 1, 224).expand(1, 3, 224, 224)
    assert not any(p.requires_grad for p in model.parameters())
    assert model(flat).softmax(1).max() > 0.02, "twenty times chance"
