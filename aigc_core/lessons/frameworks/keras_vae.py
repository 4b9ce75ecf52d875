"""The VAE of the comparison in Keras 3 on the PyTorch backend: layers, a loss added inside the model, the loop inside ``fit``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
from keras import ops

from aigc_core.lessons.frameworks import HIDDEN, LEARNING_RATE, NOISE, Array


class VAE(keras.Model):  # type: ignore[misc]
    """Points (B, 2) → latent (B, 1) → points (B, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.stats = keras.layers.Dense(HIDDEN, "tanh"), keras.layers.Dense(2)
        self.leave, self.point = keras.layers.Dense(HIDDEN, "tanh"), keras.layers.Dense(2)

    def call(self, inputs: tuple[Any, Any]) -> Any:
        """Reconstruct; the −ELBO, averaged over the batch, goes to ``add_loss``, which ``fit`` reads."""
        x, eps = inputs
        mean, log_variance = ops.split(self.stats(self.enter(x)), 2, axis=1)
        z = mean + ops.exp(0.5 * log_variance) * eps
        out = self.point(self.leave(z))
        error = ops.sum(ops.square(out - x), axis=1) / (2 * NOISE**2)
        kl = 0.5 * ops.sum(mean**2 + ops.exp(log_variance) - 1 - log_variance, axis=1)
        self.add_loss(ops.mean(error + kl))
        return out


def train(values: Sequence[Array], data: Iterable[tuple[Array, Array]]) -> Iterator[float]:
    """One Adam step a batch; yields the loss before it."""
    model = VAE()
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE))
    for step, batch in enumerate(data):
        if step == 0:
            model(batch)  # the layers learn their input sizes from the first call
            model.set_weights(list(values))  # Keras keeps a matrix as (inputs, outputs)
        yield float(model.train_on_batch(batch))
