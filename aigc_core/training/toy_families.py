"""Five families of generative models, each fitted to the same list of numbers within about a second.

| family | density p(x) of a number | a sample |
|---|---|---|
| :class:`Histogram` | a count | a bin, then a point of it |
| :class:`Autoregressive` | product of the probabilities of its binary digits | digit after digit |
| :class:`VAE` | an integral over z, of which training sees a lower bound | z, then one pass of the decoder |
| :class:`GAN` | none | z, then one pass of the generator |
| :class:`Diffusion` | that of the noise, carried along an ordinary differential equation | noise, then many passes |

All share one interface, :class:`Family`. Numbers are float32 (N,) within ±:data:`REACH`. Sources: van den Oord et al. 2016
(autoregression), Kingma & Welling 2013 (VAE), Goodfellow et al. 2014 (GAN), Karras et al. 2022, arXiv 2206.00364 (diffusion).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from aigc_core.models import vae
from aigc_core.models.toy_gan import ToyGANConfig, perceptron
from aigc_core.sampling.diffusion.samplers import heun
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.training import toy_gan

REACH = 4.0
ROUNDS = 5
"""Times that :meth:`Family.fit` yields."""
_BATCH = 128


class Family(Protocol):
    """A way to learn a distribution of numbers."""

    calls: int
    """Passes of a network that a sample takes."""

    def fit(self, data: Tensor, rng: torch.Generator) -> Iterator[None]:
        """Learn from ``data`` (N,); yields :data:`ROUNDS` times on the way, the last time when done."""
        ...

    def log_density(self, x: Tensor) -> Tensor | None:
        """log p(x) in nats, (N,); None where the family has no density to ask for."""
        ...

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """New numbers (count,)."""
        ...


class Histogram:
    """Counts in equal bins, half a count added to each."""

    calls = 0
    BINS = 40

    def fit(self, data: Tensor, rng: torch.Generator) -> Iterator[None]:
        for share in range(1, ROUNDS + 1):
            seen = data[: len(data) * share // ROUNDS]
            counts = torch.bincount(self._bin(seen), minlength=self.BINS) + 0.5
            self.p = counts / counts.sum()
            yield

    def log_density(self, x: Tensor) -> Tensor:
        return (self.p[self._bin(x)] * self.BINS / (2 * REACH)).log()

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        chosen = torch.multinomial(self.p, count, replacement=True, generator=rng)
        return (chosen + torch.rand(count, generator=rng)) * (2 * REACH / self.BINS) - REACH

    def _bin(self, x: Tensor) -> Tensor:
        return ((x + REACH) / (2 * REACH) * self.BINS).long().clamp(0, self.BINS - 1)


class Autoregressive:
    """p(x) = Π_i p(b_i | b_1 … b_{i−1}) over the binary digits of x, the coarsest first; each factor is a ratio of counts."""

    calls = 0
    DIGITS = 6
    PRIOR = 0.5
    """Counts added to each digit, so that none is impossible."""

    def fit(self, data: Tensor, rng: torch.Generator) -> Iterator[None]:
        self.ones: list[Tensor] = []  # p(b_{i+1} = 1 | what stands before), (2^i,)
        for i in range(self.DIGITS):
            prefix, digit = self._code(data, i + 1) // 2, self._code(data, i + 1) % 2
            total = torch.bincount(prefix, minlength=2**i) + 2 * self.PRIOR
            self.ones.append((torch.bincount(prefix, digit.float(), minlength=2**i) + self.PRIOR) / total)
            if i >= self.DIGITS - ROUNDS:
                yield

    def log_density(self, x: Tensor) -> Tensor:
        log_p = torch.full_like(x, math.log(2 ** len(self.ones) / (2 * REACH)))  # density inside the finest interval
        for i, ones in enumerate(self.ones):
            code = self._code(x, i + 1)
            one = ones[code // 2]
            log_p = log_p + torch.where(code % 2 == 1, one, 1 - one).log()
        return log_p

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        code = torch.zeros(count, dtype=torch.long)
        for ones in self.ones:
            code = 2 * code + (torch.rand(count, generator=rng) < ones[code]).long()
        cells: int = 2 ** len(self.ones)
        return (code + torch.rand(count, generator=rng)) * (2 * REACH / cells) - REACH

    @staticmethod
    def _code(x: Tensor, digits: int) -> Tensor:
        """The first ``digits`` binary digits of x as a whole number."""
        cells: int = 2**digits
        return ((x + REACH) / (2 * REACH) * cells).long().clamp(0, cells - 1)


class VAE:
    """Encoder and decoder of one hidden number z; the density is the integral over z, here on a grid."""

    calls = 1
    STEPS = 400

    def fit(self, data: Tensor, rng: torch.Generator) -> Iterator[None]:
        self.encoder = perceptron(1, 32, 2, torch.nn.Tanh(), rng)
        self.decoder = perceptron(1, 32, 1, torch.nn.Tanh(), rng)
        self.log_deviation = torch.full((1,), -1.0, requires_grad=True)  # at 0 z starts out useless, and stays so
        parameters = [*self.encoder.parameters(), *self.decoder.parameters(), self.log_deviation]
        opt = torch.optim.Adam(parameters, 2e-2, fused=True)
        for step in range(1, self.STEPS + 1):
            x = _batch(data, rng)
            mean, log_variance = self.encoder(x).chunk(2, 1)
            back = self.decoder(vae.sample(mean, log_variance, rng))
            loss = vae.kl(mean, log_variance).mean() - _log_normal(x, back, self.log_deviation).mean()  # −ELBO
            _descend(opt, loss, step / self.STEPS, 2e-2)
            if step % (self.STEPS // ROUNDS) == 0:
                yield

    @torch.no_grad()
    def log_density(self, x: Tensor) -> Tensor:
        z = torch.linspace(-5, 5, 1001)[:, None]
        prior = _log_normal(z, torch.zeros(1), torch.zeros(1)) + math.log(10 / 1000)  # (M, 1), times dz
        return torch.logsumexp(prior + _log_normal(x[None], self.decoder(z), self.log_deviation), 0)

    @torch.no_grad()
    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        back = self.decoder(torch.randn(count, 1, generator=rng))
        noisy: Tensor = back[:, 0] + self.log_deviation.exp() * torch.randn(count, generator=rng)
        return noisy


class GAN:
    """A generator that nothing but a discriminator has judged; it can be sampled, and not asked how likely a number is."""

    calls = 1
    STEPS = 400

    def fit(self, data: Tensor, rng: torch.Generator) -> Iterator[None]:
        model = ToyGANConfig(dimensions=1, latent=1, width=48, group=16)
        config = toy_gan.Config(steps=self.STEPS, seed=int(torch.randint(2**31, (1,), generator=rng)), model=model)

        def draw(count: int, rng: torch.Generator) -> Tensor:
            return data[torch.randint(len(data), (count,), generator=rng), None]

        for state in toy_gan.train(config, draw):
            self.generator = state.generator
            if state.step and state.step % (self.STEPS // ROUNDS) == 0:
                yield

    def log_density(self, x: Tensor) -> None:
        return None

    @torch.no_grad()
    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        return self.generator.sample(count, rng)[:, 0]


class Diffusion:
    """A denoiser D(x, σ) with the preconditioning of EDM (eq. 7), and the ODE that it defines."""

    STEPS = 500
    SIGMAS = karras_sigmas(12, sigma_min=0.02, sigma_max=10.0)
    calls = 2 * 12 - 1
    SIGMA_DATA: ClassVar[float] = 1.5
    SPREAD: ClassVar[float] = math.hypot(10.0, SIGMA_DATA)
    """Deviation of data and noise together at the first level."""

    def fit(self, data: Tensor, rng: torch.Generator) -> Iterator[None]:
        self.network = perceptron(2, 64, 1, torch.nn.SiLU(), rng)
        opt = torch.optim.Adam(self.network.parameters(), 1e-2, fused=True)
        for step in range(1, self.STEPS + 1):
            x = _batch(data, rng)
            sigma = torch.exp(1.4 * torch.randn(len(x), generator=rng) - 0.8)
            weight = (sigma**2 + self.SIGMA_DATA**2) / (sigma * self.SIGMA_DATA) ** 2
            noisy = x + sigma[:, None] * torch.randn(x.shape, generator=rng)
            loss = (weight[:, None] * (self.denoise(noisy, sigma) - x).square()).mean()
            _descend(opt, loss, step / self.STEPS, 1e-2)
            if step % (self.STEPS // ROUNDS) == 0:
                yield

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """D(x, σ) of x (B, 1) and σ (B,)."""
        sigma, data = sigma.to(x)[:, None], self.SIGMA_DATA
        total = sigma**2 + data**2
        answer = self.network(torch.cat([x / total.sqrt(), sigma.log() / 2], 1))
        out: Tensor = data**2 / total * x + sigma * data / total.sqrt() * answer
        return out

    def log_density(self, x: Tensor) -> Tensor:
        """In one dimension the ODE keeps the order of points, so that p(x) = p(noise)·|d noise/dx| along a fine grid."""
        noise = torch.linspace(-4, 4, 4001)  # in deviations
        ends = self._follow(self.SPREAD * noise[:, None])[:, 0]
        edges = torch.linspace(-REACH, REACH, 161)
        reached = torch.searchsorted(ends.cummax(0).values, edges).clamp_max(len(noise) - 1)
        below = torch.special.ndtr(noise[reached])  # probability of all that ends left of an edge
        density: Tensor = (below.diff() / edges.diff()).clamp_min(1e-6)
        cell = ((x + REACH) / (2 * REACH) * len(density)).long().clamp(0, len(density) - 1)
        return density.log()[cell]

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        return self._follow(self.SPREAD * torch.randn(count, 1, generator=rng))[:, 0]

    @torch.no_grad()
    def _follow(self, x: Tensor) -> Tensor:
        """The end points to which the ODE carries noise (B, 1)."""
        for step in heun(self.denoise, x, self.SIGMAS):
            x = step.x_next
        return x


FAMILIES: Mapping[str, type[Family]] = {
    "histogram": Histogram,
    "autoregressive": Autoregressive,
    "vae": VAE,
    "gan": GAN,
    "diffusion": Diffusion,
}


def _batch(data: Tensor, rng: torch.Generator) -> Tensor:
    return data[torch.randint(len(data), (_BATCH,), generator=rng), None]  # (B, 1)


def _log_normal(x: Tensor, mean: Tensor, log_deviation: Tensor) -> Tensor:
    """log N(x; mean, deviation²), shapes broadcast."""
    return -0.5 * ((x - mean) / log_deviation.exp()).square() - log_deviation - 0.5 * math.log(2 * math.pi)


def _descend(opt: torch.optim.Optimizer, loss: Tensor, done: float, rate: float) -> None:
    """One step, the learning rate falling to 0 in a straight line."""
    opt.param_groups[0]["lr"] = rate * (1 - done)
    opt.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    opt.step()
