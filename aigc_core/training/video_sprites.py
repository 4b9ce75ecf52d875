"""Train the video model: ``python -m aigc_core.training.video_sprites --data video_sprites.zip --kimg 100``.

The loop is :func:`aigc_core.training.diffusion.train`; here is what it learns. In some clips the first frame, or the first and the
last, are given; labels are left out for a share, all or each by itself, so that a request may name any of them.

The same command goes on with an interrupted run, bit by bit as if nothing had happened. Needs torch, numpy, Pillow and
safetensors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from aigc_core import checkpoint, terminal
from aigc_core.datasets import faces, sprites
from aigc_core.models import video_unet
from aigc_core.models.unet import UNetConfig
from aigc_core.models.video_unet import VideoConfig, VideoDenoiser
from aigc_core.sampling.diffusion.samplers import dpmpp_2m, last, start
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.training import command, diffusion, images
from aigc_core.training.distributed import Processes
from aigc_core.training.faces_diffusion import drop
from aigc_core.types import Events

SHEET_SEED = 1234
GROUND = (214, 219, 223)
"""Colour behind the figures of a sheet."""
HELD_OUT_SIGMAS = (0.05, 0.15, 0.5, 1.5)
_MIRRORED = {"direction": ("left", "right"), "hair": ("shoulderl", "shoulderr")}
"""Classes that change places when a clip is mirrored."""


def picture_config(**changes: Any) -> UNetConfig:
    """The U-Net of one frame, with the data set's attributes."""
    return replace(VideoConfig().picture, attributes=sprites.CLASSES, dropout=0.05, **changes)


@dataclass(frozen=True, kw_only=True)
class Config:
    data: Path
    """Zip or folder of strips (:mod:`aigc_core.datasets.sprites`)."""
    out: Path
    """Folder of the run: ``state.safetensors``, ``ema/``, ``log.jsonl``, ``samples.png``."""
    kimg: float = 100.0
    """Length of the run in thousands of clips seen; the learning rate falls over its last part."""
    batch: int = 4
    lr: float = 4e-4
    """Learning rate of Adam, betas (0.9, 0.99)."""
    warmup_kimg: float = 0.5
    cooldown: float = 0.3
    """Last share of the run, over which the rate falls to 0."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    noise_mean: float = -1.2
    noise_deviation: float = 1.3
    """Standard deviation of ln σ in training."""
    label_dropout: float = 0.15
    """Chance that a clip's labels are all left out, and again for each of them alone."""
    first_told: float = 0.25
    """Share of the clips whose first frame is given."""
    ends_told: float = 0.15
    """Share of the clips whose first and last frames are given."""
    ema_kimg: float = 5.0
    """Half-life of the moving average; a twentieth of the clips seen where that is less."""
    save_kimg: float = 2.0
    """Interval at which state, samples and log are written."""
    minutes: float | None = None
    """Time that this call may take; it then saves, and the same command goes on later."""
    seed: int = 0
    device: str = "cpu"
    bfloat16: bool = False
    """Matrix products and convolutions in bfloat16: about 1.6 times faster on a CPU with avx512_bf16."""
    compile: bool = False
    sheet: int = 8
    """Clips on the sheet: half without labels, half with those of held-out clips."""
    sheet_steps: int = 12
    model: VideoConfig = field(default_factory=lambda: VideoConfig(picture=picture_config()))

    def __post_init__(self) -> None:
        if self.batch < 1 or self.kimg <= 0 or self.lr <= 0 or not 0 <= self.label_dropout < 1:
            raise ValueError(f"batch >= 1, kimg > 0, lr > 0, 0 <= label_dropout < 1; got {self}")
        if not 0 <= self.first_told + self.ends_told <= 1 or self.model.frames != sprites.FRAMES:
            raise ValueError(f"shares of given frames within 1, and {sprites.FRAMES} frames; got {self}")


class Clips(NamedTuple):
    """A split of the data set in device memory."""

    frames: Tensor
    """uint8 (N, T, S, S, 4)."""
    labels: Tensor
    """int64 (N, A)."""

    def batch(self, index: NDArray[np.int64], rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Clips in the model's channels (B, T, C, S, S), half of them mirrored; and their labels."""
        at = torch.from_numpy(index).to(self.frames.device)
        clips, labels = video_unet.encode(self.frames[at].cpu().numpy()).to(self.frames.device), self.labels[at]
        turned = torch.rand(len(at), generator=rng, device=rng.device).to(clips.device) < 0.5
        clips = torch.where(turned.view(-1, 1, 1, 1, 1), clips.flip(4), clips)
        return clips, torch.where(turned[:, None], mirrored(labels), labels)


def mirrored(labels: Tensor) -> Tensor:
    """The labels (B, A) of clips seen in a mirror."""
    labels = labels.clone()
    for column, (name, classes) in enumerate(sprites.ATTRIBUTES.items()):
        if name in _MIRRORED:
            one, other = (classes.index(word) + 1 for word in _MIRRORED[name])
            before = labels[:, column].clone()
            labels[before == one, column] = other
            labels[before == other, column] = one
    return labels


def train(config: Config) -> Events:
    """Yield what :func:`aigc_core.training.diffusion.train` does."""
    with images.seeded(config.seed, 0, "cpu"):
        model = VideoDenoiser(config.model)
    task = Sprites(config, load(config, "train"), load(config, "val"))
    return diffusion.train(config, task, diffusion.learner(model, config))


@dataclass(frozen=True)
class Sprites:
    """The data and the objective of the loop: a :class:`aigc_core.training.diffusion.Task`."""

    config: Config
    data: Clips
    held_out: Clips

    @property
    def streams(self) -> bool:
        """False: all clips are in memory."""
        return False

    def batches(self, start: int, processes: Processes) -> Iterator[NDArray[np.int64]]:
        """Indices of clips."""
        return faces.batches(len(self.data.labels), self.config.batch, self.config.seed, start=start)

    def draw(self, batch: NDArray[np.int64], rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Clips (B, T, C, S, S), their labels (B, A), some of them left out, and which frames are given (B, T)."""
        clean, labels = self.data.batch(batch, rng)
        labels = drop(labels, self.config.label_dropout, rng)
        return clean, labels, given(self.config, rng)

    def loss(self, network: Callable[..., Tensor], sigma: Tensor, noise: Tensor, *drawn: Tensor) -> Tensor:
        """EDM's loss over the frames that are not given, averaged."""
        clean, labels, told = drawn
        spread = self.config.model.picture.sigma_data
        with autocast(self.config):
            return video_unet.loss(network, clean, sigma, noise, labels, told, spread).mean()

    def save(self, average: nn.Module, folder: Path) -> None:
        """Write the checkpoint."""
        checkpoint.save(folder, average, self.config.model, max_shard=images.SHARD_BYTES)

    def sheet(self, average: nn.Module) -> Image.Image:
        """:func:`sample_sheet`."""
        return sample_sheet(average, self.held_out, self.config)

    def scores(self, average: nn.Module) -> dict[str, float]:
        """The loss on held-out clips."""
        return {"val_loss": held_out_loss(average, self.held_out, self.config)}


def load(config: Config, split: str) -> Clips:
    """A split in device memory."""
    clips = sprites.load(config.data, split)
    return Clips(torch.from_numpy(clips.frames).to(config.device), torch.from_numpy(clips.labels).to(config.device))


def autocast(config: Config) -> torch.autocast:
    """bfloat16 in matrix products and convolutions, on an accelerator always."""
    kind = torch.device(config.device).type
    return torch.autocast(kind, torch.bfloat16, enabled=config.bfloat16 or kind != "cpu")


def given(config: Config, rng: torch.Generator) -> Tensor:
    """Mask of the frames of a batch that are given, (B, T): none, the first, or the first and the last."""
    drawn = torch.rand(config.batch, generator=rng, device=rng.device).to(config.device)
    told = torch.zeros(config.batch, config.model.frames, device=config.device)
    told[:, 0] = (drawn < config.first_told + config.ends_told).float()
    told[:, -1] = (drawn < config.ends_told).float()
    return told


@torch.no_grad()
def held_out_loss(model: nn.Module, data: Clips, config: Config, count: int = 16) -> float:
    """EDM's loss on held-out clips with all labels and no frame told, averaged over four noise levels; the same noise each time."""
    clean = video_unet.encode(data.frames[:count].cpu().numpy()).to(config.device)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(SHEET_SEED)).to(config.device)
    told = clean.new_zeros(clean.shape[:2])
    total = 0.0
    for sigma in HELD_OUT_SIGMAS:
        for at in range(0, len(clean), 4):
            part = slice(at, at + 4)
            levels = torch.full((len(clean[part]),), sigma, device=config.device)
            losses = video_unet.loss(
                model, clean[part], levels, noise[part], data.labels[part], told[part], config.model.picture.sigma_data
            )
            total += float(losses.sum())
    return total / len(clean) / len(HELD_OUT_SIGMAS)


@torch.no_grad()
def sample_sheet(model: nn.Module, data: Clips, config: Config) -> Image.Image:
    """Clips of fixed seeds, not picked, a row each: the upper half without labels, the lower half with those of held-out clips,
    the last row going on from a held-out clip's first frame."""
    count, one = config.sheet, config.model.picture
    sigmas = karras_sigmas(config.sheet_steps, sigma_max=20.0)
    shape = (config.model.frames, one.channels, one.resolution, one.resolution)
    x = start([torch.Generator().manual_seed(SHEET_SEED + i) for i in range(count)], shape, sigmas).to(config.device)
    labels = data.labels[:count] * (torch.arange(count, device=config.device) >= count // 2)[:, None]
    known = video_unet.encode(data.frames[:count].cpu().numpy()).to(config.device)
    told = torch.zeros(count, config.model.frames, device=config.device)
    told[-1, 0] = 1

    def denoise(noisy: Tensor, sigma: Tensor) -> Tensor:
        with autocast(config):
            out: Tensor = model(noisy, sigma, labels, known, told)
        return out

    return strips(video_unet.decode(last(dpmpp_2m(denoise, x, sigmas))))


def strips(frames: NDArray[np.uint8]) -> Image.Image:
    """Clips (N, T, S, S, 4) on a plain ground, a row each."""
    rows = frames.swapaxes(1, 2).reshape(-1, frames.shape[1] * frames.shape[3], 4)  # (N·S, T·S, 4)
    sheet = Image.new("RGB", (rows.shape[1], rows.shape[0]), GROUND)
    figures = Image.fromarray(np.ascontiguousarray(rows))
    sheet.paste(figures, mask=figures)
    return sheet


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.video_sprites``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.video_sprites", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of strips with metadata.csv")
    parser.add_argument("--out", type=Path, default=Path("runs/video-sprites"))
    numbers = ("noise_mean", "noise_deviation", "kimg", "lr", "label_dropout", "first_told", "ends_told", "warmup_kimg", "cooldown",
               "ema_kimg", "save_kimg")  # fmt: skip
    command.add_fields(parser, Config, float, *numbers)
    command.add_fields(parser, Config, int, "batch", "sheet_steps")
    command.add_fields(parser, UNetConfig, int, "blocks")
    parser.add_argument("--width", type=int, default=VideoConfig().picture.width)
    parser.add_argument("--bfloat16", action="store_true", help="faster where the CPU has avx512_bf16")
    command.add_compile(parser)
    command.add_minutes(parser)
    command.add_machine(parser)
    command.train_as_asked(parser, argv, configured, train)


def configured(args: dict[str, Any]) -> Config:
    """The run that the command line asks for."""
    picture = picture_config(width=args.pop("width"), blocks=args.pop("blocks"))
    return Config(model=VideoConfig(picture=picture), **args)


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
