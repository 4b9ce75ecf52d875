"""The Fréchet distance against its closed form, and its bias."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.metrics.frechet import frechet


def normal(count: int, size: int, seed: int) -> Tensor:
    return torch.randn(count, size, generator=runtime.generator(seed))


def test_a_shift_and_a_scale_have_a_closed_form() -> None:
    a = normal(500, 4, 0)
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet(a, a + torch.tensor([3.0, 0, 4.0, 0])) == pytest.approx(25)
    assert frechet(a, 3 * (a - a.mean(0)) + a.mean(0)) == pytest.approx(
        4 * float(torch.cov(a.T).trace())
    )  # (3 − 1)² tr C


def test_the_same_distribution_looks_further_apart_the_fewer_samples_there_are() -> None:
    values = [frechet(normal(n, 32, 1), normal(n, 32, 2)) for n in (50, 200, 800)]
    assert values[0] > 2 * values[1] > 4 * values[2] > 0
