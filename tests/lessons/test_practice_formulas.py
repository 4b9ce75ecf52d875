"""Both sides of every formula of the lessons on training and on judging."""

from __future__ import annotations

import pytest
import torch

from aigc_core import runtime
from aigc_core.evaluation.faces import kid
from aigc_core.lessons.figures.practice import judges
from aigc_core.metrics.frechet import frechet
from aigc_core.metrics.rouge import rouge
from aigc_core.training import curve_fit
from aigc_core.training.ravine import Config, descend
from aigc_core.training.tiny_vae import Config as TinyConfig
from aigc_core.training.tiny_vae import train
from aigc_core.types import Progress


@pytest.mark.parametrize("curvature", [2.0, 10.0])
def test_the_edge_of_stability_is_two_over_the_curvature(curvature: float) -> None:
    for share, grows in ((0.98, False), (1.02, True)):
        lr = share * 2 / curvature
        way = descend(Config(curvatures=(curvature, 0.1), start=(1.0, 0.0), lr=lr, steps=50))[:, 0]
        assert bool(way[-1].abs() > 1) == grows
        assert way[-1].item() == pytest.approx((1 - lr * curvature) ** 50, rel=1e-3)


def test_clipping_keeps_the_direction() -> None:
    g, limit = torch.tensor([3.0, 4.0]), 2.0
    w = torch.zeros(2, requires_grad=True)
    w.grad = g.clone()
    assert float(torch.nn.utils.clip_grad_norm_([w], limit)) == pytest.approx(5)
    torch.testing.assert_close(w.grad, g * min(1, limit / 5), rtol=1e-5, atol=1e-6)
    with pytest.raises(FloatingPointError, match="at step"):
        _last(clip=None)
    assert _last(clip=1.0) < 50  # the same run, saved by the limit


def _last(clip: float | None) -> float:
    """The loss after 100 steps at a rate that is too high."""
    steps = [
        e.preview for e in train(TinyConfig(optimizer="sgd", lr=1.0, clip=clip, steps=100)) if isinstance(e, Progress)
    ]
    return float(steps[-1].distortion + steps[-1].rate)


def test_the_error_on_new_points_is_noise_plus_our_fault() -> None:
    config = curve_fit.Config(points=12, steps=100)
    *_, result = curve_fit.fit(config)
    new = curve_fit.draw(50_000, config.noise, runtime.generator(5))
    with torch.no_grad():
        fault = float((curve_fit.truth(new.x) - result.output(new.x)).square().mean())
    assert curve_fit.error(result.output, new) == pytest.approx(config.noise**2 + fault, rel=0.03)


def test_fid_of_equal_distributions_is_not_0_and_kid_is_on_average() -> None:
    pairs = [runtime.noise([2 * i, 2 * i + 1], (60, 16)) for i in range(20)]
    distances = torch.tensor([frechet(a, b) for a, b in pairs])
    kernels = torch.tensor([kid(a, b, subsets=2, size=60)[0] for a, b in pairs])
    assert distances.min() > 1
    assert kernels.mean().abs() < 3 * kernels.std() / 20**0.5
    a, b = runtime.noise([1, 2], (500, 16))
    b[:, 0] += 3
    value, error = kid(a, b)
    assert value > 10 * error and frechet(a, b) == pytest.approx(9, rel=0.2)


def test_rouge_by_hand() -> None:
    score = rouge("the dog bit the man in the park", "the man bit the dog in the park")
    assert score.rouge1 == 1  # the same bag of 8 words
    assert score.rouge2 == pytest.approx(2 * 5 / (7 + 7))  # all pairs but "dog bit" and "man in"
    assert score.rougeL == pytest.approx(2 * 6 / (8 + 8))  # the bit the in the park


def test_the_judges_disagree_about_vae_and_dcgan() -> None:
    orders = {space: [row["model"] for row in judges.ranking(space)] for space in ("lite0", "vgg16")}
    assert orders["lite0"][:3] == orders["vgg16"][:3]
    assert orders["lite0"].index("faces-vae-64") < orders["lite0"].index("faces-dcgan-64")
    assert orders["vgg16"].index("faces-vae-64") > orders["vgg16"].index("faces-dcgan-64")
