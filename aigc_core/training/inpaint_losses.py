"""Config, networks and losses of an inpainting run (see :mod:`aigc_core.training.inpaint`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from aigc_core.models import gan, vae
from aigc_core.models.features.perceptual import hole_distance
from aigc_core.models.features.vgg16 import VGG16
from aigc_core.models.gan import Discriminators, Projection
from aigc_core.models.inpaint_net import InpaintConfig, InpaintNet, halved
from aigc_core.training import images

TERMS = ("pixels", "perceptual", "features", "generator", "discriminator")
DEPTH = 4
"""Blocks of VGG16 whose maps are compared."""
WINDOW = 64
"""Largest side in pixels of the window that VGG16 sees."""


@dataclass(frozen=True, kw_only=True)
class Config:
    data: tuple[Path, ...]
    """Zips or folders of photos (:mod:`aigc_core.datasets.photos`)."""
    out: Path
    """Folder of the run: ``state.safetensors``, ``ema/``, ``log.jsonl``, ``samples.png``."""
    kimg: float = 100.0
    """Length of the run in thousands of pictures seen."""
    batch: int = 8
    side: int = 64
    """Side of the training squares, in pixels: photos of short side ``side`` to 224 are cut into."""
    lr: float = 4e-4
    """Learning rate of Adam, betas (0.9, 0.99)."""
    d_lr: float = 2e-4
    """Learning rate of the discriminators' Adam, betas (0, 0.99)."""
    warmup_kimg: float = 1.0
    cooldown: float = 0.3
    """Last share of the run, over which the rate falls to 0."""
    clip: float = 1.0
    share: tuple[float, float] = (0.05, 0.75)
    """Smallest and largest share of the square that a hole covers."""
    pixels: float = 2.0
    """Weight of the mean absolute error in the hole, at half and at full size."""
    perceptual: float = 1.0
    """Weight of VGG16's distance in the hole."""
    looked_at: int = 2
    """Pictures of a batch that VGG16 looks at: it is the dearest part of a step."""
    features: float = 1.0
    """Weight of the distance in the hole in EfficientNet-Lite0, which is cheap and looks at all of them."""
    adversarial: float = 0.0
    """Share of the adversarial gradient, in norms of the others'."""
    adversarial_from_kimg: float = 0.0
    ema_kimg: float = 3.0
    save_kimg: float = 2.0
    minutes: float | None = None
    """Time that this call may take; it then saves, and the same command goes on later."""
    init: Path | None = None
    """Folder of a trained network to start from."""
    workers: int = 0
    """Threads that read pictures ahead; for an accelerator, as many as there are cores."""
    seed: int = 0
    device: str = "cpu"
    model: InpaintConfig = field(default_factory=InpaintConfig)

    def __post_init__(self) -> None:
        if self.batch < 1 or self.side % 32 or self.kimg <= 0 or self.lr <= 0:
            raise ValueError(f"batch >= 1, side a multiple of 32, kimg and lr > 0; got {self}")
        if min(self.pixels, self.perceptual, self.features, self.adversarial) < 0:
            raise ValueError(f"weights of the terms >= 0; got {self}")


class Batch(NamedTuple):
    real: Tensor
    """(B, 3, S, S) in [-1, 1]."""
    hole: Tensor
    """(B, 1, S, S), 1 where something has to be made up."""


class Run(NamedTuple):
    """The networks that learn, the frozen ones they are judged with, and their optimizers."""

    model: InpaintNet
    ema: InpaintNet
    vgg: VGG16 | None
    projection: Projection | None
    discriminators: Discriminators
    opt: torch.optim.Adam
    d_opt: torch.optim.Adam

    def parts(self) -> tuple[dict[str, torch.nn.Module], dict[str, torch.optim.Optimizer]]:
        modules: dict[str, torch.nn.Module] = {"model": self.model, "ema": self.ema, "judges": self.discriminators}
        return modules, {"opt": self.opt, "d_opt": self.d_opt}


def losses_and_gradients(
    config: Config, run: Run, batch: Batch, small: Tensor, full: Tensor, step: int
) -> tuple[tuple[Tensor, Tensor], list[Tensor]]:
    """The losses of the two answers, and their gradients with respect to the answers.

    The discriminators take a step of their own first; the generator loss uses the updated ones.

    Returns:
        Gradients like ``small`` and ``full``; pixel, VGG16's, Lite0's, generator and discriminator loss, 0 for terms that are off.
    """
    target, hole = F.avg_pool2d(batch.real, 2), halved(batch.real, batch.hole)[1]
    outputs = (small.detach().requires_grad_(), full.detach().requires_grad_())
    zero = torch.zeros((), device=full.device)
    pixels = hole_error(outputs[0], target, hole) + hole_error(outputs[1], batch.real, batch.hole)
    perceptual = features = zero
    if run.vgg is not None:
        rng = images.step_rng(config.seed, step, "cpu")
        some = torch.randperm(len(hole), generator=rng)[: config.looked_at].to(hole.device)
        pairs = ((outputs[0], target, hole), (outputs[1], batch.real, batch.hole))
        far = [
            perceptual_distance(run.vgg, output[some], real[some], where[some], rng) for output, real, where in pairs
        ]
        perceptual = far[0] + far[1]
    if run.projection is not None:
        with torch.no_grad():
            real_maps = run.projection.backbone.pyramid(batch.real)
        fake_maps = run.projection.backbone.pyramid(outputs[1])
        features = hole_distance(real_maps, fake_maps, batch.hole).mean()
    loss = config.pixels * pixels + config.perceptual * perceptual + config.features * features
    found = torch.autograd.grad(loss, outputs, retain_graph=True, materialize_grads=True)
    gradients = (found[0] * hole, found[1] * batch.hole)  # outside, the answers are the photo itself
    terms = [pixels.detach(), perceptual.detach(), features.detach(), zero, zero]
    if run.projection is None or not config.adversarial or step * config.batch < config.adversarial_from_kimg * 1000:
        return gradients, terms

    real_maps, fake_maps = run.projection.mix(real_maps), run.projection.mix(fake_maps)
    run.discriminators.requires_grad_(True)
    d_loss = gan.discriminator_loss(run.discriminators(real_maps), run.discriminators([m.detach() for m in fake_maps]))
    run.d_opt.zero_grad(set_to_none=True)
    torch.autograd.backward(d_loss)
    run.d_opt.step()
    run.discriminators.requires_grad_(False)
    g_loss = gan.generator_loss(run.discriminators(fake_maps))
    (from_discriminators,) = torch.autograd.grad(g_loss, outputs[1])
    from_discriminators = from_discriminators * batch.hole
    terms[3:] = [g_loss.detach(), d_loss.detach()]
    full_gradient = (
        gradients[1] + config.adversarial * vae.balance(gradients[1], from_discriminators) * from_discriminators
    )
    return (gradients[0], full_gradient), terms


def hole_error(output: Tensor, target: Tensor, hole: Tensor) -> Tensor:
    """Mean absolute error inside the hole of each picture, averaged over pictures."""
    error = ((output - target).abs().mean(1, keepdim=True) * hole).sum((1, 2, 3))
    return (error / hole.sum((1, 2, 3)).clamp(min=1)).mean()


def perceptual_distance(vgg: VGG16, output: Tensor, target: Tensor, hole: Tensor, rng: torch.Generator) -> Tensor:
    """Perceptual distance in the hole, within a window of at most :data:`WINDOW` pixels of each picture."""
    if hole.shape[-1] > WINDOW:
        window = fullest_window(hole, WINDOW, rng)
        output, target, hole = (cut(x, window, WINDOW) for x in (output, target, hole))
    with torch.no_grad():
        maps = vgg.pyramid(target, DEPTH)
    return hole_distance(maps, vgg.pyramid(output, DEPTH), hole).mean()


def fullest_window(hole: Tensor, side: int, rng: torch.Generator, tries: int = 4) -> list[tuple[int, int]]:
    """Top and left of a window for each picture: of a few random ones, that with most of the hole."""
    height, width = hole.shape[-2:]
    found = []
    for one in hole:
        at = [
            (int(torch.randint(height - side + 1, (), generator=rng)), int(torch.randint(width - side + 1, (), generator=rng)))
            for _ in range(tries)
        ]  # fmt: skip
        found.append(max(at, key=lambda a, one=one: float(one[:, a[0] : a[0] + side, a[1] : a[1] + side].sum())))  # type: ignore[misc]
    return found


def cut(x: Tensor, window: Sequence[tuple[int, int]], side: int) -> Tensor:
    """The window (B, C, side, side) of each picture."""
    parts = [one[:, top : top + side, left : left + side] for one, (top, left) in zip(x, window, strict=True)]
    return torch.stack(parts).contiguous(memory_format=torch.channels_last)
