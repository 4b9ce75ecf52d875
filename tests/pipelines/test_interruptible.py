"""A forward pass that beats while it runs and can be stopped inside."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import pytest
import torch
from torch import Tensor, nn

from aigc_core.pipelines import interruptible


class Slow(nn.Module):
    """Sleeps, and counts that it was reached; or waits for ``gate``."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        super().__init__()
        self.calls, self.gate = 0, gate

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.gate is None:
            time.sleep(0.1)
        else:
            self.gate.wait(60)
        return x + 1


def test_the_value_comes_back_after_some_beats() -> None:
    gate = threading.Event()
    network = nn.Sequential(*[Slow(gate) for _ in range(6)])
    running = interruptible.call(network, lambda: network(torch.zeros(1)))
    values: list[Tensor] = []

    def collect() -> Generator[None, None, None]:
        values.append((yield from running))

    beats = collect()
    for _ in range(2):
        next(beats)
    gate.set()
    list(beats)
    assert values[0].item() == 6 and values[0].is_inference()


def test_closing_stops_at_the_next_layer() -> None:
    layers = [Slow() for _ in range(50)]
    network = nn.Sequential(*layers)
    running = interruptible.call(network, lambda: network(torch.zeros(1)))
    next(running)
    running.close()
    assert 0 < sum(layer.calls for layer in layers) < 50
    assert not any(m._forward_pre_hooks for m in network.modules())
    assert not any(t.name == "forward" for t in threading.enumerate())


def test_an_error_inside_is_raised_outside() -> None:
    network = nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match="shape"):
        list(interruptible.call(network, lambda: network(torch.zeros(3))))
