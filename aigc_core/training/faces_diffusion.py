"""Train the face diffusion model: ``python -m aigc_core.training.faces_diffusion --data faces128.zip --kimg 3000``.

The loop is :func:`aigc_core.training.diffusion.train`; here is what it learns. Labels are left out for a share of the batch, so
that one network learns both the faces of a group and all faces (classifier-free guidance).

The same command goes on with an interrupted run. On an accelerator: ``--device cuda --compile --batch 256``; on several:
``torchrun --nproc-per-node 8 -m aigc_core.training.faces_diffusion --device cuda …``. It needs torch, numpy, Pillow and
safetensors, nothing else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from aigc_core import checkpoint, terminal
from aigc_core.datasets import face_labels, faces, shards
from aigc_core.errors import InvalidRequestError
from aigc_core.models import unet
from aigc_core.models.unet import Preconditioned, UNetConfig
from aigc_core.models.vae import VAEConfig
from aigc_core.sampling.diffusion.samplers import dpmpp_2m, guided, last, start
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.training import command, diffusion, images, latents
from aigc_core.training.diffusion import Learner
from aigc_core.training.distributed import Processes
from aigc_core.training.images import Pictures
from aigc_core.training.latents import Latents
from aigc_core.training.streamed import Streamed
from aigc_core.types import Events

SHEET_SEED = 1234
GAUSSIAN_SAMPLES = 4096
"""Pictures of a stream that the Gaussian part is measured on."""
Data = Pictures | Latents | Streamed


@dataclass(frozen=True, kw_only=True)
class Config:
    data: Path
    """Zip or folder of aligned faces (:mod:`aigc_core.datasets.faces`), or of shards (:mod:`aigc_core.datasets.shards`)."""
    out: Path
    """Folder of the run: ``state.safetensors``, ``ema/``, ``log.jsonl``, ``samples.png``."""
    decoder: Path | None = None
    """Checkpoint folder of a VAE: the model then learns that VAE's latents instead of pixels (latent diffusion)."""
    noise_mean: float = -1.2
    noise_deviation: float = 1.2
    """Standard deviation of ln σ in training."""
    kimg: float = 3000.0
    """Length of the run in thousands of pictures seen; the learning rate falls over its last part."""
    batch: int = 256
    lr: float = 4e-4
    """Learning rate of Adam, betas (0.9, 0.99)."""
    warmup_kimg: float = 20.0
    cooldown: float = 0.3
    """Last share of the run, over which the rate falls to 0."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    label_dropout: float = 0.15
    """Chance that a picture's labels are all left out, and again for each of them alone."""
    ema_kimg: float = 250.0
    """Half-life of the moving average; a twentieth of the pictures seen where that is less."""
    save_kimg: float = 100.0
    """Interval at which state, samples and log are written."""
    minutes: float | None = None
    """Time that this call may take; it then saves, and the same command goes on later."""
    init: Path | None = None
    """Checkpoint folder whose weights a new run starts from."""
    seed: int = 0
    workers: int = 1
    """Threads of each process that read shards."""
    buffer: int = 1000
    """Samples of shards that each of them draws from."""
    device: str = "cpu"
    compile: bool = False
    sheet: int = 8
    """Rows and columns of the sheet; the lower half is guided, by a gender and age of each column."""
    sheet_steps: int = 18
    model: UNetConfig = field(default_factory=lambda: UNetConfig(attributes=face_labels.CLASSES, dropout=0.1))

    def __post_init__(self) -> None:
        if self.workers < 1 or self.buffer < 1:
            raise ValueError(f"workers >= 1, buffer >= 1; got {self.workers}, {self.buffer}")
        if self.batch < 1 or self.kimg <= 0 or self.lr <= 0 or not 0 <= self.label_dropout < 1:
            raise ValueError(
                f"batch >= 1, kimg > 0, lr > 0, 0 <= label_dropout < 1; "
                f"got {self.batch}, {self.kimg}, {self.lr}, {self.label_dropout}"
            )


def train(config: Config) -> Events:
    """Yield what :func:`aigc_core.training.diffusion.train` does."""
    data = load(config)
    return diffusion.train(config, Faces(config, data), build(config, data))


@dataclass(frozen=True)
class Faces:
    """The data and the objective of the loop: a :class:`aigc_core.training.diffusion.Task`."""

    config: Config
    data: Data

    @property
    def streams(self) -> bool:
        """True of shards."""
        return isinstance(self.data, Streamed)

    def batches(self, start: int, processes: Processes) -> Iterator[Any]:
        """Indices of pictures; of shards the pictures themselves."""
        size, seed = self.config.batch, self.config.seed
        if isinstance(self.data, Streamed):
            return self.data.batches(size // processes.world, seed, start, processes)
        return faces.batches(len(self.data.labels), size, seed, start=start)

    def draw(self, batch: Any, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pictures or latents (B, C, S, S), and their labels (B, A), some of them left out."""
        clean, labels = self.data.batch(batch, rng)
        return clean, drop(labels, self.config.label_dropout, rng)

    def loss(self, network: Callable[..., Tensor], sigma: Tensor, noise: Tensor, *drawn: Tensor) -> Tensor:
        """EDM's loss, averaged."""
        clean, labels = drawn
        with images.autocast(self.config.device):
            return unet.loss(network, clean, sigma, noise, labels, self.config.model.sigma_data).mean()

    def save(self, average: nn.Module, folder: Path) -> None:
        """Write the checkpoint, with the latents' scale where there are latents."""
        checkpoint.save(folder, average, self.config.model, max_shard=images.SHARD_BYTES)
        if isinstance(self.data, Latents):
            self.data.save(folder)

    def sheet(self, average: nn.Module) -> Image.Image:
        """:func:`sample_sheet`."""
        return sample_sheet(average, self.data, self.config)

    def scores(self, average: nn.Module) -> dict[str, float]:
        """None: :mod:`aigc_core.evaluation` judges the faces."""
        return {}


def load(config: Config) -> Data:
    """The training pictures, or their latents, and their labels in device memory; of shards, what reads them."""
    if (config.data / shards.INDEX).is_file():
        return _streamed(config)
    resolution = config.model.resolution
    if config.decoder is not None:
        resolution = checkpoint.load_config(config.decoder, VAEConfig).resolution
    pictures, rows = faces.load(config.data, split="train", resolution=resolution)
    labels = face_labels.encode(rows)[:, : len(config.model.attributes)]
    if config.decoder is not None:
        return latents.encode(config.decoder, pictures, labels, config.device, config.model.sigma_data)
    return Pictures(torch.from_numpy(pictures).to(config.device), torch.from_numpy(labels).to(config.device))


def _streamed(config: Config) -> Streamed:
    if config.decoder is not None:
        raise InvalidRequestError(
            "--decoder needs all pictures in memory, not shards. Give the zip or folder, or leave --decoder out.",
            "--decoder 需要把全部图片读入内存，不支持分片。请改用 zip 或文件夹，或去掉 --decoder。",
        )
    return Streamed(
        folder=config.data, resolution=config.model.resolution, attributes=len(config.model.attributes), device=config.device,
        workers=config.workers, buffer=config.buffer,
    )  # fmt: skip


def all_of(data: Data) -> Tensor:
    """The data of the Gaussian part: every picture or latent and its mirror image, (2N, C, S, S); of shards the first few thousand."""
    if isinstance(data, Latents):
        return torch.cat([data.plain, data.mirrored])
    if isinstance(data, Streamed):
        data = data.first(GAUSSIAN_SAMPLES)
    pictures = data.images.float() / 127.5 - 1
    return torch.cat([pictures, pictures.flip(3)])


def build(config: Config, data: Data) -> Learner:
    """Model, average and optimizer at their start; the same for the same seed."""
    with images.seeded(config.seed, 0, "cpu"):
        model = Preconditioned(config.model)
    if model.linear is not None:
        unet.fit_gaussian(model.linear, all_of(data))
    if config.init is not None:
        checkpoint.load(config.init, model).train(True)
    return diffusion.learner(model, config)


def drop(labels: Tensor, chance: float, rng: torch.Generator) -> Tensor:
    """Labels (B, A) with some replaced by 0, "unspecified": all attributes of a picture at once, or each by itself."""
    batch, count = labels.shape
    drawn = torch.rand(batch, count + 1, generator=rng, device=rng.device).to(labels.device)
    return labels * (drawn[:, :1] >= chance) * (drawn[:, 1:] >= chance)


@torch.no_grad()
def sample_sheet(model: nn.Module, data: Data, settings: Config) -> Image.Image:
    """Samples of fixed seeds, not picked: the upper half of all faces, the lower half of labels with guidance 2."""
    config, rows, device = settings.model, settings.sheet, settings.device
    sigmas = karras_sigmas(settings.sheet_steps)
    rngs = [torch.Generator().manual_seed(SHEET_SEED + i) for i in range(rows * rows)]
    x = start(rngs, (config.channels, config.resolution, config.resolution), sigmas).to(device)
    labels = torch.zeros(rows * rows, len(config.attributes), dtype=torch.long)
    for a, classes in enumerate(config.attributes[:2]):  # age changes every other column, gender every column
        labels[rows * rows // 2 :, a] = torch.arange(rows).repeat(rows)[rows * rows // 2 :] // (2 - a) % classes + 1

    def denoise(noisy: Tensor, sigma: Tensor, labels: Tensor) -> Tensor:
        with images.autocast(device):
            out: Tensor = model(noisy, sigma, labels)
        return out

    faces_ = [last(dpmpp_2m(guided(denoise, part, torch.zeros_like(part), 2.0), noise, sigmas))
              for part, noise in zip(labels.chunk(rows), x.chunk(rows), strict=True)]  # fmt: skip
    made = torch.cat(faces_)
    return images.grid(data.decode(made) if isinstance(data, Latents) else made, rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.faces_diffusion``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.faces_diffusion", description=__doc__)
    add_arguments(parser)
    command.train_as_asked(parser, argv, configured, train)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command line."""
    parser.add_argument(
        "--data", type=Path, required=True, help="zip or folder of aligned faces with metadata.csv, or of shards"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/faces-diffusion-128"))
    parser.add_argument("--decoder", type=Path, help="VAE checkpoint folder: learn its latents instead of pixels")
    parser.add_argument("--init", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--noise-mean", type=float, default=Config.noise_mean, help="of ln σ")
    numbers = ("noise_deviation", "kimg", "lr", "label_dropout", "warmup_kimg", "ema_kimg", "save_kimg")
    command.add_fields(parser, Config, float, *numbers)
    command.add_fields(parser, Config, int, "batch", "workers", "buffer")
    command.add_fields(parser, UNetConfig, int, "resolution", "channels", "patch", "width", "blocks")
    parser.add_argument("--gaussian", type=int, default=UNetConfig.gaussian, help="directions of the Gaussian part")
    parser.add_argument("--multipliers", type=int, nargs="+", default=UNetConfig.multipliers)
    parser.add_argument("--attention", type=int, nargs="+", default=UNetConfig.attention)
    parser.add_argument("--dropout", type=float, default=0.1)
    command.add_compile(parser)
    command.add_minutes(parser)
    command.add_machine(parser)


def configured(args: dict[str, Any]) -> Config:
    """The run that the command line asks for."""
    shape: dict[str, Any] = {
        name: args.pop(name) for name in ("resolution", "channels", "patch", "gaussian", "width", "blocks", "dropout")
    }
    shape |= {name: tuple(args.pop(name)) for name in ("multipliers", "attention")}
    return Config(model=UNetConfig(attributes=face_labels.CLASSES, **shape), **args)


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
