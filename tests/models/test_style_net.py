"""The style network: constants alone make a style, blends, sizes, new styles on a trained trunk."""

from __future__ import annotations

import pytest
import torch

from aigc_core.models.style_net import ConditionalNorm, StyleConfig, StyleNet, one_style, smoothed, with_style

SMALL = StyleConfig(styles=("ink", "oil", "chalk"), width=8, blocks=1)


def _net(config: StyleConfig = SMALL) -> StyleNet:
    """With constants that differ from style to style."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = StyleNet(config)
        for constant in net.constants():
            torch.nn.init.normal_(constant, constant.mean().item(), 0.3)
    return net


def _pictures(height: int = 32, width: int = 40, batch: int = 2) -> torch.Tensor:
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


def _weights(*one: float, batch: int = 2) -> torch.Tensor:
    return torch.tensor([one], dtype=torch.float32).expand(batch, -1)


def test_the_norm_gives_each_channel_the_blended_scale_and_shift() -> None:
    norm = ConditionalNorm(2, 2)
    with torch.no_grad():
        norm.scale.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        norm.shift.copy_(torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    x = torch.randn(1, 2, 16, 16, generator=torch.Generator().manual_seed(0)) * 7 + 100
    y = norm(x, torch.tensor([[0.25, 0.75]]))
    torch.testing.assert_close(y.mean((2, 3)), torch.tensor([[1.5, 4.0]]), rtol=0, atol=1e-4)
    torch.testing.assert_close(y.std((2, 3), correction=0), torch.tensor([[2.5, 3.5]]), rtol=1e-3, atol=0)


def test_no_pattern_of_two_pixels_passes_the_smoothing() -> None:
    line = torch.tensor([1.0, -1.0]).repeat(8)
    for pattern in (line.expand(16, 16), line[:, None].expand(16, 16), line[:, None] * line):
        assert smoothed(pattern.expand(1, 3, 16, 16))[..., 1:-1, 1:-1].abs().max() < 1e-6
    flat = torch.full((1, 3, 5, 7), 0.4)
    torch.testing.assert_close(smoothed(flat), flat)


def test_every_parameter_gets_a_gradient() -> None:
    net = _net()
    torch.autograd.backward(net(_pictures(), _weights(0.2, 0.3, 0.5)).square().sum())
    assert {name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()} == set()


@pytest.mark.parametrize("size", [(16, 16), (33, 47), (18, 90)])
def test_any_size_comes_back_in_range(size: tuple[int, int]) -> None:
    with torch.no_grad():
        painted = _net()(_pictures(*size), _weights(1, 0, 0))
    assert painted.shape[-2:] == size and painted.abs().max() <= 1


def test_styles_differ_and_a_picture_is_painted_alike_alone_and_in_a_batch() -> None:
    net, pictures = _net(), _pictures()
    with torch.no_grad():
        ink, oil = net(pictures, _weights(1, 0, 0)), net(pictures, _weights(0, 1, 0))
        mixed = net(pictures, torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]))
    assert (ink - oil).abs().mean() > 0.01
    torch.testing.assert_close(mixed, torch.stack([ink[0], oil[1]]), rtol=1e-4, atol=1e-5)


def test_a_new_style_learns_its_constants_alone_and_leaves_the_others_as_they_were() -> None:
    base, pictures = _net(), _pictures()
    with torch.no_grad():
        before = base(pictures, _weights(0, 1, 0))
    new = one_style(base, "woodcut")
    optimizer = torch.optim.Adam([p for p in new.parameters() if p.requires_grad], 0.05)
    for _ in range(3):
        torch.autograd.backward((new(pictures, _weights(1)) - 0.5).square().mean())
        optimizer.step()
    learnt = {name for name, p in new.named_parameters() if p.requires_grad}
    assert learnt and all(name.endswith((".scale", ".shift")) for name in learnt)
    joined = with_style(base, new)
    assert joined.config.styles == ("ink", "oil", "chalk", "woodcut")
    with torch.no_grad():
        torch.testing.assert_close(joined(pictures, _weights(0, 1, 0, 0)), before)
        torch.testing.assert_close(joined(pictures, _weights(0, 0, 0, 1)), new(pictures, _weights(1)))
        assert not torch.allclose(new(pictures, _weights(1)), one_style(base, "x")(pictures, _weights(1)))


def test_a_batch_can_be_overfitted() -> None:
    net, pictures = _net(), _pictures()
    optimizer = torch.optim.Adam(net.parameters(), 2e-2)
    losses = []
    for _ in range(120):
        loss = (net(pictures, _weights(1, 0, 0)) + pictures).abs().mean()  # paint the negative
        losses.append(loss.item())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("styles", [(), ("ink", "ink")])
def test_styles_have_distinct_names(styles: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="distinct styles"):
        StyleConfig(styles=styles)
