"""Train the face diffusion model: ``python -m aigc_core.training.faces_diffusion --data faces128.zip --kimg 3000``.

One step: noise of a random strength on a batch, the network's guess at the clean pictures, EDM's weighted squared error, Adam,
and the moving average that is sampled from. Labels are left out for a share of the batch, so that one network learns both
the faces of a group and all faces (classifier-free guidance).

The same command goes on with an interrupted run, bit by bit as if nothing had happened: a step's random numbers come from the
run's seed and the step's number. On an accelerator: ``--device cuda --compile --batch 256``. It needs torch, numpy, Pillow
and safetensors, nothing else.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from aigc_core import checkpoint, terminal
from aigc_core.datasets import face_labels, faces
from aigc_core.errors import AigcError
from aigc_core.models import unet
from aigc_core.models.unet import Preconditioned, UNetConfig
from aigc_core.models.vae import VAEConfig
from aigc_core.sampling.diffusion.samplers import dpmpp_2m, guided, last, start
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.training import images, latents, state
from aigc_core.training.images import Deadline, Pictures
from aigc_core.training.latents import Latents
from aigc_core.types import Events, Progress, Result

log = logging.getLogger(__name__)

SHEET_SEED = 1234


@dataclass(frozen=True, kw_only=True)
class Config:
    data: Path
    """Zip or folder of aligned faces (:mod:`aigc_core.datasets.faces`)."""
    out: Path
    """Folder of the run: ``state.safetensors``, ``ema/``, ``log.jsonl``, ``samples.png``."""
    decoder: Path | None = None
    """Checkpoint folder of a VAE: the model then learns that VAE's latents instead of pixels (latent diffusion)."""
    noise_mean: float = -1.2
    noise_deviation: float = 1.2
    """Of ln σ in training."""
    kimg: float = 3000.0
    """Length of the run in thousands of pictures seen; the learning rate falls over its last part."""
    batch: int = 256
    lr: float = 4e-4
    """Of Adam, betas (0.9, 0.99)."""
    warmup_kimg: float = 20.0
    clip: float = 1.0
    """Largest norm of the gradient."""
    label_dropout: float = 0.15
    """Chance that a picture's labels are all left out, and again for each of them alone."""
    ema_kimg: float = 250.0
    """Half-life of the moving average; a twentieth of the pictures seen where that is less."""
    save_kimg: float = 100.0
    """How often state, samples and log are written."""
    minutes: float | None = None
    """Time that this call may take; it then saves, and the same command goes on later."""
    init: Path | None = None
    """Checkpoint folder whose weights a new run starts from."""
    seed: int = 0
    device: str = "cpu"
    compile: bool = False
    sheet: int = 8
    """Rows and columns of the sheet; the lower half is guided, by a gender and age of each column."""
    sheet_steps: int = 18
    model: UNetConfig = field(default_factory=lambda: UNetConfig(attributes=face_labels.CLASSES, dropout=0.1))

    def __post_init__(self) -> None:
        if self.batch < 1 or self.kimg <= 0 or self.lr <= 0 or not 0 <= self.label_dropout < 1:
            raise ValueError(
                f"batch >= 1, kimg > 0, lr > 0, 0 <= label_dropout < 1; "
                f"got {self.batch}, {self.kimg}, {self.lr}, {self.label_dropout}"
            )


def train(config: Config) -> Events:
    """Yield ``Progress`` after every step (preview: a sheet when one was drawn), then the averaged model.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    deadline = Deadline(config.minutes)
    data = load(config)
    model, ema, optimizer = build(config, data)
    parts = {"model": model, "ema": ema}, {"optimizer": optimizer}
    meta: dict[str, Any] = {"step": 0, "seconds": 0.0}
    if (config.out / "state.safetensors").exists():
        meta = state.load(config.out, *parts)
    step: int = meta["step"]
    total = max(1, round(config.kimg * 1000 / config.batch))
    every = max(1, round(config.save_kimg * 1000 / config.batch))
    network: Callable[..., Tensor] = torch.compile(model) if config.compile else model
    began = time.monotonic() - meta["seconds"]
    losses: list[Tensor] = []
    logged: list[float] = []

    for index in faces.batches(len(data.labels), config.batch, config.seed, start=step):
        if step >= total:
            break
        seen = step * config.batch
        rng = images.step_rng(config.seed, step, config.device)
        clean, labels = data.batch(index, rng)
        labels = drop(labels, config.label_dropout, rng)
        sigma = unet.training_sigmas(
            torch.randn(config.batch, generator=rng, device=config.device), config.noise_mean, config.noise_deviation
        )
        noise = torch.randn(clean.shape, generator=rng, device=config.device)
        optimizer.param_groups[0]["lr"] = images.lr_at(
            step / total, seen, lr=config.lr, warmup=config.warmup_kimg * 1000
        )
        with images.seeded(config.seed, step, config.device), images.autocast(config.device):
            value = unet.loss(network, clean, sigma, noise, labels, config.model.sigma_data).mean()
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()

        step += 1
        images.average(ema, model, images.decay_at(seen, config.batch, config.ema_kimg * 1000))
        losses.append(value.detach())
        due = step % every == 0 or step == total
        if due or step % images.CHECK_EVERY == 0:
            images.require_finite(losses, step)
            logged += [loss.item() for loss in losses]
            losses = []
            due = due or deadline.passed()
        sheet = None
        if due:
            seconds = time.monotonic() - began
            sheet = sample_sheet(ema, data, config)
            state.save(config.out, *parts, {"step": step, "seconds": seconds})
            checkpoint.save(config.out / "ema", ema, config.model, max_shard=images.SHARD_BYTES)
            if isinstance(data, Latents):
                data.save(config.out / "ema")
            report(config, step, seconds, logged, sheet)
            logged = []
        yield Progress(step=step, total=total, preview=sheet)
        if due and deadline.passed():
            break
    info = {"kimg": step * config.batch / 1000, "seconds": time.monotonic() - began, "finished": step >= total}
    yield Result(output=ema, info=info)


def load(config: Config) -> Pictures | Latents:
    """The training pictures, or their latents, and their labels in device memory."""
    resolution = config.model.resolution
    if config.decoder is not None:
        resolution = checkpoint.load_config(config.decoder, VAEConfig).resolution
    pictures, rows = faces.load(config.data, split="train", resolution=resolution)
    labels = face_labels.encode(rows)[:, : len(config.model.attributes)]
    if config.decoder is not None:
        return latents.encode(config.decoder, pictures, labels, config.device, config.model.sigma_data)
    return Pictures(torch.from_numpy(pictures).to(config.device), torch.from_numpy(labels).to(config.device))


def all_of(data: Pictures | Latents) -> Tensor:
    """What the Gaussian part is measured on: every picture or latent and its mirror image, (2N, C, S, S)."""
    if isinstance(data, Latents):
        return torch.cat([data.plain, data.mirrored])
    pictures = data.images.float() / 127.5 - 1
    return torch.cat([pictures, pictures.flip(3)])


def build(config: Config, data: Pictures | Latents) -> tuple[Preconditioned, Preconditioned, torch.optim.Adam]:
    """Model, average and optimizer at their start; the same for the same seed."""
    with images.seeded(config.seed, 0, "cpu"):
        model = Preconditioned(config.model)
    if model.linear is not None:
        unet.fit_gaussian(model.linear, all_of(data))
    if config.init is not None:
        checkpoint.load(config.init, model).train(True)
    model.to(config.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = copy.deepcopy(model).train(False).requires_grad_(False)
    fused = config.device.startswith("cuda")
    return model, ema, torch.optim.Adam(model.parameters(), config.lr, betas=(0.9, 0.99), fused=fused)


def drop(labels: Tensor, chance: float, rng: torch.Generator) -> Tensor:
    """Labels (B, A) with 0, "not told", put in: for all attributes of a picture at once, and for each alone."""
    batch, count = labels.shape
    drawn = torch.rand(batch, count + 1, generator=rng, device=rng.device).to(labels.device)
    return labels * (drawn[:, :1] >= chance) * (drawn[:, 1:] >= chance)


@torch.no_grad()
def sample_sheet(model: Preconditioned, data: Pictures | Latents, settings: Config) -> Image.Image:
    """Samples of fixed seeds, not picked: the upper half of all faces, the lower half of labels with guidance 2."""
    config, rows, device = model.config, settings.sheet, settings.device
    sigmas = karras_sigmas(settings.sheet_steps)
    rngs = [torch.Generator().manual_seed(SHEET_SEED + i) for i in range(rows * rows)]
    x = start(rngs, (config.channels, config.resolution, config.resolution), sigmas).to(device)
    labels = torch.zeros(rows * rows, len(config.attributes), dtype=torch.long)
    for a, classes in enumerate(config.attributes[:2]):  # age changes every other column, gender every column
        labels[rows * rows // 2 :, a] = torch.arange(rows).repeat(rows)[rows * rows // 2 :] // (2 - a) % classes + 1

    def denoise(noisy: Tensor, sigma: Tensor, told: Tensor) -> Tensor:
        with images.autocast(device):
            out: Tensor = model(noisy, sigma, told)
        return out

    faces_ = [last(dpmpp_2m(guided(denoise, told, torch.zeros_like(told), 2.0), noise, sigmas))
              for told, noise in zip(labels.chunk(rows), x.chunk(rows), strict=True)]  # fmt: skip
    made = torch.cat(faces_)
    return images.grid(data.decode(made) if isinstance(data, Latents) else made, rows)


def report(config: Config, step: int, seconds: float, losses: Sequence[float], sheet: Image.Image) -> None:
    """One line of the log, the newest sheet, and one to keep at every tenth saving."""
    kimg = step * config.batch / 1000
    sheet.save(config.out / "samples.png")
    if round(kimg / config.save_kimg) % 10 == 0:
        sheet.save(config.out / f"samples-{kimg:06.0f}k.png")
    line = {"kimg": round(kimg, 2), "seconds": round(seconds), "loss": round(sum(losses) / len(losses), 5)}
    line["images_per_s"] = round(1000 * kimg / max(seconds, 1e-9), 1)
    with (config.out / "log.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    log.info("%s", line)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.faces_diffusion``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.faces_diffusion", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of aligned faces with metadata.csv")
    parser.add_argument("--out", type=Path, default=Path("runs/faces-diffusion-128"))
    parser.add_argument("--decoder", type=Path, help="VAE checkpoint folder: learn its latents instead of pixels")
    parser.add_argument("--noise-mean", type=float, default=Config.noise_mean, help="of ln σ")
    parser.add_argument("--noise-deviation", type=float, default=Config.noise_deviation)
    parser.add_argument("--kimg", type=float, default=Config.kimg)
    parser.add_argument("--batch", type=int, default=Config.batch)
    parser.add_argument("--lr", type=float, default=Config.lr)
    parser.add_argument("--label-dropout", type=float, default=Config.label_dropout)
    parser.add_argument("--warmup-kimg", type=float, default=Config.warmup_kimg)
    parser.add_argument("--ema-kimg", type=float, default=Config.ema_kimg)
    parser.add_argument("--save-kimg", type=float, default=Config.save_kimg)
    parser.add_argument("--minutes", type=float, help="stop and save after so long; the same command goes on")
    parser.add_argument("--init", type=Path, help="checkpoint folder to start from")
    parser.add_argument("--seed", type=int, default=Config.seed)
    parser.add_argument("--device", default=Config.device)
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile the network: a minute at first, then faster"
    )
    parser.add_argument("--threads", type=int, help="all cores when not given")
    parser.add_argument("--resolution", type=int, default=UNetConfig.resolution)
    parser.add_argument("--channels", type=int, default=UNetConfig.channels)
    parser.add_argument("--patch", type=int, default=UNetConfig.patch)
    parser.add_argument("--gaussian", type=int, default=UNetConfig.gaussian, help="directions of the Gaussian part")
    parser.add_argument("--width", type=int, default=UNetConfig.width)
    parser.add_argument("--multipliers", type=int, nargs="+", default=UNetConfig.multipliers)
    parser.add_argument("--blocks", type=int, default=UNetConfig.blocks)
    parser.add_argument("--attention", type=int, nargs="+", default=UNetConfig.attention)
    parser.add_argument("--dropout", type=float, default=0.1)
    try:
        _run(vars(parser.parse_args(argv)))
    except (AigcError, ValueError) as error:
        parser.error(str(error))


def _run(args: dict[str, Any]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if (threads := args.pop("threads")) is not None:
        torch.set_num_threads(threads)
    images.faster(args["device"])
    shape: dict[str, Any] = {
        name: args.pop(name) for name in ("resolution", "channels", "patch", "gaussian", "width", "blocks", "dropout")
    }
    shape |= {name: tuple(args.pop(name)) for name in ("multipliers", "attention")}
    config = Config(model=UNetConfig(attributes=face_labels.CLASSES, **shape), **args)
    log.info("%s", json.dumps(asdict(config), default=str))
    for _ in train(config):
        pass


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
