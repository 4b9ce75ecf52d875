"""The VAE of the comparison in PyTorch: a module, a loss, and the loop in sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn

from aigc_core.lessons.frameworks import LEARNING_RATE, NOISE, SHAPES, Array


class VAE(nn.Module):
    """Points (B, 2) → latent (B, 1) → points (B, 2)."""

    def __init__(self, values: Sequence[Array]) -> None:
        super().__init__()
        self.enter, self.stats, self.leave, self.point = (nn.Linear(*shape) for shape in SHAPES)
        with torch.no_grad():
            for parameter, value in zip(self.parameters(), values, strict=True):
                parameter.copy_(torch.from_numpy(value.T))  # PyTorch keeps a matrix as (outputs, inputs)

    def forward(self, x: Tensor, eps: Tensor) -> Tensor:
        """−ELBO in nats, without its constant, averaged over the batch."""
        mean, log_variance = self.stats(torch.tanh(self.enter(x))).chunk(2, dim=1)
        z = mean + (0.5 * log_variance).exp() * eps
        error = (self.point(torch.tanh(self.leave(z))) - x).square().sum(1) / (2 * NOISE**2)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
        loss: Tensor = (error + kl).mean()
        return loss


def train(values: Sequence[Array], data: Iterable[tuple[Array, Array]]) -> Iterator[float]:
    """One Adam step a batch; yields the loss before it."""
    model = VAE(values)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, eps=1e-7)  # Keras's default for eps
    for x, eps in data:
        loss = model(torch.from_numpy(x), torch.from_numpy(eps))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()
