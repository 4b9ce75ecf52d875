"""The two-latent VAE: its data, its bound below the evidence, and what a heavy KL term and a large learning rate do to it."""

from __future__ import annotations

import pytest
import torch

from aigc_core import runtime
from aigc_core.datasets import discs
from aigc_core.models.tiny_vae import TinyVAE, log_evidence, terms
from aigc_core.training.tiny_vae import Config, evaluate, train

PICTURES = discs.draw(discs.places(200, runtime.generator(99)))


def trained(config: Config) -> TinyVAE:
    *_, last = train(config)
    return last.output


def test_a_disc_is_where_it_is_said_to_be() -> None:
    pictures = discs.draw(torch.tensor([[0.0, 0.0], [-1.0, 1.0]])).view(2, 8, 8)
    assert set(pictures.flatten().tolist()) == {0.0, 1.0}
    assert torch.equal(pictures[0], pictures[0].flip(0)) and torch.equal(pictures[0], pictures[0].T)
    assert pictures[1, 6, 1] == 1 and pictures[1].sum() == pictures[1, 4:, :4].sum()  # bottom left


def test_the_bound_stays_below_the_evidence_and_training_lifts_both() -> None:
    short, long = (trained(Config(steps=steps)) for steps in (20, 250))
    for model in (short, long):
        distortion, rate = evaluate(model, PICTURES, 0)
        assert -(distortion + rate) < log_evidence(model, PICTURES).mean()
    assert log_evidence(long, PICTURES).mean() > log_evidence(short, PICTURES).mean() + 5


def test_the_evidence_sums_to_1_over_all_pictures_of_three_pixels() -> None:
    torch.manual_seed(0)
    model = TinyVAE(pixels=3, hidden=8)
    every = torch.cartesian_prod(*(torch.tensor([0.0, 1.0]),) * 3)
    assert float(log_evidence(model, every).exp().sum()) == pytest.approx(1, abs=1e-4)


def test_a_heavy_kl_term_collapses_the_posterior() -> None:
    distortion, rate = evaluate(trained(Config(beta=20, steps=250)), PICTURES, 0)
    blank = -torch.special.xlog1py(1 - PICTURES.mean(0), -PICTURES.mean(0)) - torch.special.xlogy(
        *(PICTURES.mean(0),) * 2
    )
    assert rate < 0.02
    assert distortion == pytest.approx(float(blank.sum()), abs=0.5)  # each pixel's own entropy: z says nothing


def test_a_run_repeats_and_divergence_names_its_step() -> None:
    first, second = (trained(Config(steps=5)) for _ in range(2))
    rng = [runtime.generator(3) for _ in range(2)]
    assert torch.equal(terms(first, PICTURES, rng[0]).rate, terms(second, PICTURES, rng[1]).rate)
    with pytest.raises(FloatingPointError, match=r"at step \d+"):
        trained(Config(optimizer="sgd", lr=1.0, clip=None))
    with pytest.raises(ValueError, match="optimizer"):
        Config(optimizer="momentum")
