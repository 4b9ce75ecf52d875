"""The inpainting network: exact outside the hole, every weight learns, sizes, prefill, attention."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aigc_core.models.inpaint_net import (
    ATTENTION_STRIDE,
    AttentionTransfer,
    InpaintConfig,
    InpaintNet,
    doubled,
    halved,
    push_pull,
    sizes,
)

SMALL = InpaintConfig(width=8, max_width=16, blocks=(1, 1, 1), dilations=(1,), heads=2, key=4, detail=4)


def _net(config: InpaintConfig = SMALL, seed: int = 0) -> InpaintNet:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = InpaintNet(config)
        for mix in net.attention.mix if net.attention is not None else []:
            torch.nn.init.normal_(mix.weight, 0, 0.1)  # zero at the start, so that its inputs would get no gradient
    return net


def _case(height: int, width: int, batch: int = 2) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)
    picture = torch.rand(batch, 3, height, width, generator=rng) * 2 - 1
    hole = torch.zeros(batch, 1, height, width)
    hole[:, :, height // 4 : height // 2, width // 3 : 2 * width // 3] = 1
    return picture, hole


def test_every_parameter_gets_a_gradient() -> None:
    net = _net()
    picture, hole = _case(48, 64)
    torch.autograd.backward(net(picture, hole, push_pull(picture, hole)).square().sum())
    assert {name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()} == set()


@pytest.mark.parametrize("size", [(16, 16), (33, 47), (5, 90), (1, 1), (100, 64)])
@pytest.mark.parametrize("heads", [0, 2])
def test_any_size_comes_back_exact_outside_the_hole(size: tuple[int, int], heads: int) -> None:
    picture, hole = _case(*size)
    net = _net(InpaintConfig(width=8, max_width=16, blocks=(1, 1, 1), dilations=(1,), heads=heads, key=4, detail=4))
    filled = net.fill(picture, hole)[-1]
    assert filled.shape == picture.shape and bool(filled.isfinite().all())
    known = (hole == 0).expand_as(picture)
    assert torch.equal(filled[known], picture[known])


def test_what_the_hole_held_does_not_matter() -> None:
    picture, hole = _case(64, 96)
    net = _net()
    with torch.no_grad():
        first, second = (
            net.fill(torch.lerp(picture, torch.full_like(picture, v), hole), hole)[-1] for v in (-1.0, 1.0)
        )
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_a_picture_is_filled_alike_alone_and_in_a_batch() -> None:
    picture, hole = _case(64, 64)
    hole[1] = hole[1].roll(17, 2)
    net = _net()
    with torch.no_grad():
        together = net.fill(picture, hole)[-1]
        for i in range(2):
            alone = net.fill(picture[i : i + 1], hole[i : i + 1])[-1]
            torch.testing.assert_close(alone, together[i : i + 1], rtol=1e-4, atol=1e-4)


def test_a_batch_can_be_overfitted() -> None:
    picture, hole = _case(32, 32)
    net = _net(InpaintConfig(width=16, max_width=32, heads=2, key=8))
    start = push_pull(picture, hole)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    losses = []
    for _ in range(60):
        loss = ((net(picture, hole, start) - picture).abs() * hole).sum() / hole.sum() / 3
        losses.append(loss.item())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    assert losses[-1] < losses[0] / 2


def test_sharp_attention_fetches_the_one_place_alike() -> None:
    """Queries and keys are the map itself: a place in the hole gets the skip connections of its twin outside."""
    attention = AttentionTransfer(4, (4, 4, 4), heads=1, key=4)
    with torch.no_grad():
        attention.query_key.weight.copy_(torch.eye(4).repeat(2, 1).view(8, 4, 1, 1))
        attention.query_key.bias.zero_()
        attention.sharpness.fill_(6.0)
        attention.slope.fill_(-30.0)
        for mix in attention.mix:
            mix.weight.copy_(torch.eye(4).view(4, 4, 1, 1))
            mix.bias.zero_()
    x = torch.eye(4).view(1, 4, 2, 2).repeat(1, 1, 1, 2)  # (1, 4, 2, 4): columns 2 and 3 repeat 0 and 1
    rng = torch.Generator().manual_seed(0)
    skips = [torch.rand(1, 4, 2 * p, 4 * p, generator=rng) for p in (4, 2, 1)]
    hole = torch.zeros(1, 1, 2 * ATTENTION_STRIDE, 4 * ATTENTION_STRIDE)
    hole[:, :, :, 2 * ATTENTION_STRIDE :] = 1
    for skip, got in zip(skips, attention(x, skips, hole), strict=True):
        half = skip.shape[-1] // 2
        torch.testing.assert_close(got[..., half:], skip[..., :half], rtol=1e-3, atol=1e-3)
        assert not got[..., :half].any()


def test_the_prefill_continues_what_surrounds_the_hole() -> None:
    picture, hole = _case(40, 56)
    flat = torch.full_like(picture, 0.3)
    torch.testing.assert_close(push_pull(flat, hole), flat)
    filled = push_pull(picture, hole)
    known = (hole == 0).expand_as(picture)
    assert torch.equal(filled[known], picture[known])
    ramp = torch.linspace(-1, 1, 56).expand(1, 3, 40, 56)
    error = (push_pull(ramp, hole[:1]) - ramp).abs()[hole[:1].expand_as(ramp) > 0]
    assert error.mean() < 0.15


def test_an_empty_picture_prefills_with_mid_grey() -> None:
    picture, hole = torch.ones(1, 3, 8, 8), torch.ones(1, 1, 8, 8)
    assert not push_pull(picture, hole).any()


def test_halving_means_known_pixels_alone() -> None:
    picture = torch.tensor([[1.0, 9.0], [3.0, 9.0]]).expand(1, 3, 2, 2)
    hole = torch.tensor([[0.0, 1.0], [0.0, 1.0]]).view(1, 1, 2, 2)
    mean, small = halved(picture, hole)
    assert mean.unique().tolist() == [2.0] and not small.any()
    assert halved(torch.rand(1, 3, 5, 7), torch.zeros(1, 1, 5, 7))[0].shape == (1, 3, 3, 4)
    assert doubled(torch.zeros(1, 3, 3, 4), torch.zeros(1, 3, 5, 7)).shape == (1, 3, 5, 7)


def test_the_pyramid_ends_near_the_coarsest_size() -> None:
    found = sizes(torch.zeros(1, 3, 224, 300), torch.zeros(1, 1, 224, 300), 32)
    assert [tuple(p.shape[-2:]) for p, _ in found] == [(224, 300), (112, 150), (56, 75), (28, 38)]


def test_an_empty_hole_changes_nothing() -> None:
    picture, hole = _case(48, 64)
    with torch.no_grad():
        assert torch.equal(_net().fill(picture, torch.zeros_like(hole))[-1], picture)
