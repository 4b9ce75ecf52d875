"""Train the inpainting network: ``python -m aigc_core.training.inpaint --data photos224.zip photos192.zip --kimg 100``.

One step: random squares of photos with free-form holes, filled at half size and, starting from that answer, at full size.
Both answers are compared with the photo, inside the hole: pixel by pixel, and in the feature maps of VGG16, which
sees a window of each. After a while discriminators (those of the face GAN) join in.

The same command goes on with an interrupted run, bit by bit as if nothing had happened. Needs torch, numpy, Pillow and
safetensors, and h5py once, when the frozen VGG16 is converted.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aigc_core import checkpoint
from aigc_core.datasets.photos import Photos
from aigc_core.media.free_form import free_form
from aigc_core.media.mask import Hole
from aigc_core.models.features import efficientnet_lite, vgg16
from aigc_core.models.features.perceptual import hole_distance
from aigc_core.models.gan import Discriminators, Projection
from aigc_core.models.inpaint_net import InpaintConfig, InpaintNet, doubled, halved, push_pull
from aigc_core.training import command, images, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.inpaint_losses import DEPTH, TERMS, Batch, Config, Run, losses_and_gradients
from aigc_core.training.journal import ImageJournal
from aigc_core.types import Events, Progress, Result

ZOOM = 2.5
"""Holes are drawn on a sheet up to so many times larger than the square: a square is part of a picture more often than all of it."""
HELD_OUT_SIDE = 128
COLUMNS = 8
"""Pictures in a row of the sheet."""
HELD_OUT = 24
"""Pictures of the split ``val`` that every saving is measured on."""


def train(config: Config) -> Events:
    """Yield ``Progress`` after every step (preview: a sheet when one was drawn), then the averaged network.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    photos = Photos(config.data, "train")
    held_out = held_out_batch(config)
    run = build(config)
    step, seconds = state.resume(config.out, *run.parts())
    journal = ImageJournal(config, TERMS, seconds)

    def drawn(at: int) -> Batch:
        return draw(photos, config, np.random.default_rng([config.seed, at]))

    for batch in images.ahead(drawn, step, config.workers):
        if step >= journal.total:
            break
        seen = step * config.batch
        small, full = fill(run.model, batch)
        gradients, terms = losses_and_gradients(config, run, batch, small, full, step)
        rate = images.lr_at(
            step / journal.total, seen, lr=config.lr, warmup=config.warmup_kimg * 1000, cooldown=config.cooldown
        )
        run.opt.param_groups[0]["lr"] = rate
        run.opt.zero_grad(set_to_none=True)
        torch.autograd.backward((small, full), gradients)
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), config.clip)
        run.opt.step()

        step += 1
        update_ema(run.ema, run.model, images.decay_at(seen, config.batch, config.ema_kimg * 1000))
        due = journal.due(step, torch.stack(terms))
        sheet = None
        if due:
            sheet, scores = evaluate(run, held_out)
            state.save(config.out, *run.parts(), {"step": step, "seconds": journal.seconds})
            checkpoint.save(config.out / "ema", run.ema, config.model, max_shard=images.SHARD_BYTES)
            journal.save_sheet(step, sheet)
            journal.write(step, scores)
        yield Progress(step=step, total=journal.total, preview=sheet)
        if due and journal.out_of_time:
            break
    yield Result(output=run.ema, info=journal.info(step))


def draw(photos: Photos, config: Config, rng: np.random.Generator) -> Batch:
    """Random squares and a hole for each."""
    pixels = torch.from_numpy(np.ascontiguousarray(photos.draw(rng, config.batch, config.side)))  # (B, S, S, 3)
    holes = np.stack([_window_of_hole(rng, config) for _ in range(config.batch)])
    return Batch(_real(pixels, config.device), torch.from_numpy(holes).unsqueeze(1).float().to(config.device))


def _window_of_hole(rng: np.random.Generator, config: Config) -> Hole:
    """A square of a larger hole that covers a share of the square within ``config.share``."""
    low, high = config.share
    sheet = round(config.side * rng.uniform(1, ZOOM))
    for _ in range(20):
        hole = free_form(rng, sheet, sheet, 0.1, 0.6)
        top, left = rng.integers(sheet - config.side + 1, size=2)
        part = hole[top : top + config.side, left : left + config.side]
        if low <= part.mean() <= high:
            return part
    return free_form(rng, config.side, config.side, low, min(high, 0.6))


def held_out_batch(config: Config) -> Batch:
    """The same squares of the split ``val`` at every evaluation, with holes of 10 to 60 % of them."""
    rng = np.random.default_rng(0)
    photos = Photos(config.data, "val")
    squares = np.concatenate([photos.draw(rng, 1, HELD_OUT_SIDE) for _ in range(HELD_OUT)])
    holes = np.stack([free_form(rng, HELD_OUT_SIDE, HELD_OUT_SIDE, 0.1, 0.6) for _ in range(HELD_OUT)])
    hole = torch.from_numpy(holes).unsqueeze(1).float().to(config.device)
    return Batch(_real(torch.from_numpy(squares), config.device), hole)


def _real(pixels: Tensor, device: str) -> Tensor:
    """uint8 (B, S, S, 3) to (B, 3, S, S) in [-1, 1], channels last."""
    return (pixels.to(device).permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def fill(model: InpaintNet, batch: Batch) -> tuple[Tensor, Tensor]:
    """The answers at half size and, from that one, at full size; no gradient goes from the second to the first."""
    picture, hole = halved(batch.real, batch.hole)
    small = model(picture, hole, push_pull(picture, hole))
    full = model(batch.real, batch.hole, doubled(small.detach(), batch.real))
    return small, full


def build(config: Config) -> Run:
    """Networks and optimizers at their start; the same for the same seed."""
    with images.seeded(config.seed, 0, "cpu"):
        model, discriminators = initial(config), Discriminators(input_side=config.side)
        vgg = vgg16.load() if config.perceptual else None
        projection = None
        if config.adversarial or config.features:
            frozen = efficientnet_lite.fuse(efficientnet_lite.load(efficientnet_lite.fetch()))
            projection = Projection(frozen, input_side=config.side)
    for module in (model, discriminators, vgg, projection):
        if module is not None:
            module.to(config.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Run(
        model=model,
        ema=copy.deepcopy(model).train(False).requires_grad_(False),
        vgg=vgg,
        projection=projection,
        discriminators=discriminators,
        opt=torch.optim.Adam(model.parameters(), config.lr, betas=(0.9, 0.99)),
        d_opt=torch.optim.Adam(discriminators.parameters(), config.d_lr, betas=(0.0, 0.99)),
    )


def initial(config: Config) -> InpaintNet:
    """The network at its start: at random, or what ``config.init`` learned before."""
    model = InpaintNet(config.model)
    return model if config.init is None else checkpoint.load(config.init, model).train(True)


@torch.no_grad()
def evaluate(run: Run, held_out: Batch) -> tuple[Image.Image, dict[str, float]]:
    """Held-out squares, eight to a row: damaged, prefilled, filled, real; PSNR in the hole (dB) and perceptual distance."""
    full = run.ema.fill(*held_out)[-1]
    real, hole = held_out
    squared = (((full - real) / 2).square().mean(1, keepdim=True) * hole).sum((1, 2, 3)) / hole.sum((1, 2, 3))
    scores = {"val_psnr": float((-10 * torch.log10(squared.clamp(min=1e-8))).mean())}
    if run.vgg is not None:
        distances = [
            hole_distance(run.vgg.pyramid(a[None], DEPTH), run.vgg.pyramid(b[None], DEPTH), h[None])
            for a, b, h in zip(real, full, hole, strict=True)
        ]
        scores["val_perceptual"] = float(torch.cat(distances).mean())
    rows = []
    for at in range(0, min(16, len(real)), COLUMNS):
        r, h, f = (x[at : at + COLUMNS] for x in (real, hole, full))
        rows += [torch.lerp(r, torch.ones_like(r), h), push_pull(r, h), f, r]
    return images.grid(torch.cat(rows), min(COLUMNS, len(real))), scores


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.inpaint``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.inpaint", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="zips or folders of photos")
    parser.add_argument("--out", type=Path, default=Path("runs/inpaint-photos"))
    parser.add_argument("--init", type=Path, help="folder of a trained network to start from")
    numbers = ("kimg", "lr", "d_lr", "warmup_kimg", "cooldown", "pixels", "perceptual", "features", "adversarial",
               "adversarial_from_kimg", "ema_kimg", "save_kimg")  # fmt: skip
    command.add_fields(parser, Config, float, *numbers)
    command.add_fields(parser, Config, int, "batch", "looked_at", "side")
    parser.add_argument("--workers", type=int, default=Config.workers, help="threads that read pictures ahead")
    parser.add_argument("--heads", type=int, default=InpaintConfig.heads, help="of the attention; 0: none")
    command.add_minutes(parser)
    command.add_machine(parser)
    command.train_as_asked(parser, argv, configured, train)


def configured(args: dict[str, Any]) -> Config:
    """The run that the command line asks for."""
    model = InpaintConfig(heads=args.pop("heads"))
    return Config(model=model, **args | {"data": tuple(args["data"])})


if __name__ == "__main__":
    main()
