"""Both sides of the formulas in the lesson on trends, by the suite's own code."""

from __future__ import annotations

import math

import pytest
import torch

from aigc_core import runtime
from aigc_core.models import contrastive, gaussian_mixture
from aigc_core.sampling.diffusion import flow
from aigc_core.sampling.diffusion.schedules import flow_times, time_of
from aigc_core.training import points
from aigc_core.training.points import Config


@pytest.mark.parametrize("sigma", [0.2, 1.0, 6.0])
def test_flow_and_diffusion_are_one_ode(sigma: float) -> None:
    """dx_t/dt from dx/dσ = (x − D)/σ by the chain rule, with x_t = (1 − t)·x and dσ/dt = 1/(1 − t)²."""
    data = gaussian_mixture.moons()
    x = (1 + sigma) * torch.randn(30, 2, generator=runtime.generator(0), dtype=torch.float64)
    t = float(time_of(torch.tensor(sigma, dtype=torch.float64)))
    expected = -x + (1 - t) * (x - data(x, sigma)) / sigma / (1 - t) ** 2
    told = flow.velocity_of(data)((1 - t) * x, torch.full((30,), t).double())
    torch.testing.assert_close(told, expected, rtol=1e-5, atol=1e-5)


def test_student_beats_the_teachers_few_steps() -> None:
    """One call after 200 steps of regression against 1 and 2 steps of the teacher, on noise that the student has not seen."""
    teacher = flow.velocity_of(gaussian_mixture.moons(20))
    noise, new = (
        torch.randn(count, 2, generator=runtime.generator(seed), dtype=torch.float64)
        for seed, count in ((0, 1000), (1, 200))
    )
    student = points.untrained_student(config := Config(steps=200))
    losses = list(points.distilled(noise, flow.last(flow.euler(teacher, noise, flow_times(30))), config, student))
    ends = flow.last(flow.euler(teacher, new, flow_times(30)))

    def missed(made: torch.Tensor) -> float:
        return float((made - ends).norm(dim=1).mean())

    one_call = missed(student(new.float(), torch.zeros(len(new))).double())
    assert losses[-1] < losses[0] / 20
    assert one_call < missed(flow.last(flow.euler(teacher, new, flow_times(2)))) / 2


def test_contrastive_loss_by_hand() -> None:
    a, b = torch.nn.functional.normalize(
        torch.randn(2, 4, 3, generator=runtime.generator(0), dtype=torch.float64), dim=2
    )
    total, tau = 0.0, 0.3
    for i in range(4):
        row = [math.exp(float(a[i] @ b[j]) / tau) for j in range(4)]
        column = [math.exp(float(a[j] @ b[i]) / tau) for j in range(4)]
        total -= (math.log(row[i] / sum(row)) + math.log(column[i] / sum(column))) / 8
    assert float(contrastive.loss(a, b, tau)) == pytest.approx(total)
