"""Counted operations against torch's own counter."""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from aigc_core.models.flops import forward_flops
from aigc_core.models.unet import UNet, UNetConfig


def test_as_many_as_torch_counts() -> None:
    config = UNetConfig(resolution=16, width=16, multipliers=(1, 2), attention=(16, 8), head=8, groups=8)
    with (
        torch.device("meta"),
        FlopCounterMode(display=False) as counter,
        torch.no_grad(),
    ):  # on a CPU it leaves attention out
        UNet(config)(torch.zeros(2, 3, 16, 16), torch.zeros(2))
    assert forward_flops(lambda: UNet(config), (2, 3, 16, 16), (2,)) == counter.get_total_flops()
