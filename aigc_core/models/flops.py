"""Floating-point operations of a network's pass, counted layer by layer without doing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from aigc_core.models.unet import Attention


def forward_flops(build: Callable[[], nn.Module], *shapes: tuple[int, ...], device: str = "meta") -> int:
    """Operations (a multiply and an add are two) in convolutions, linear layers and our U-Net's attention, of one pass over
    float inputs of these shapes.

    Args:
        device: Where the network is built and run. On ``meta`` tensors have shapes and no numbers, but the first use of it in a
            process takes a second or two; small networks are counted sooner on ``cpu``.
    """
    total = 0

    def count(layer: nn.Module, inputs: tuple[Any, ...], out: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += 2 * out.numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Linear):
            total += 2 * out.numel() * layer.in_features
        elif isinstance(layer, Attention):
            batch, width, side, _ = out.shape
            total += 4 * batch * width * side**4  # Q·Kᵀ and its product with V

    with torch.device(device), torch.no_grad():
        network = build()
        hooks = [layer.register_forward_hook(count) for layer in network.modules()]
        network(*(torch.ones(shape) for shape in shapes))
    for hook in hooks:
        hook.remove()
    return total
