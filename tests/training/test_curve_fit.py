"""Few points are learned by heart, many are not; a leak hides it from the validation set alone."""

from __future__ import annotations

import pytest

from aigc_core.training.curve_fit import Config, Step, fit, split


def steps(config: Config) -> list[Step]:
    return [event.preview for event in fit(config) if getattr(event, "preview", None)]


def test_few_points_are_learned_by_heart_and_many_are_not() -> None:
    few, many = steps(Config(points=12)), steps(Config(points=400))
    assert few[-1].train < 0.02 and few[-1].new > 3 * min(s.new for s in few)
    assert many[-1].new < 1.15 * min(s.new for s in many) and many[-1].train == pytest.approx(0.09, rel=0.25)


def test_too_few_features_fit_neither() -> None:
    last = steps(Config(points=100, features=2))[-1]
    assert min(last.train, last.new) > 2 * Config().noise ** 2


def test_a_leak_flatters_validation_and_changes_nothing_else() -> None:
    honest, leaky = (steps(Config(points=12, leak=leak))[-1] for leak in (0.0, 0.5))
    assert leaky.new == honest.new and leaky.train == honest.train
    assert leaky.validation < 0.75 * leaky.new < honest.validation


def test_a_whole_leak_is_the_training_set() -> None:
    train, validation, _ = split(Config(leak=1.0))
    assert set(validation.y.flatten().tolist()) <= set(train.y.flatten().tolist())
    with pytest.raises(ValueError, match="leak"):
        Config(leak=1.5)
