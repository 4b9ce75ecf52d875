"""Train the style network: ``python -m aigc_core.training.style --data photos224.zip --styles styles.zip --kimg 40``.

One step: squares of photos, each painted in a style of its own (the styles take turns), looked at by a frozen VGG16. Content: the
distance of a deep map to the photo's. Style: the distance of Gram matrices to the painting's, each layer in units of the
painting's own; total variation against speckles. A style's constants learn faster than the trunk: they see few squares.

``--base FOLDER`` trains a new style on a trained network: only its scales and shifts learn. The same command goes on with an
interrupted run, bit by bit as if nothing had happened. Needs torch, numpy, Pillow, safetensors, and h5py once.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from aigc_core import checkpoint
from aigc_core.datasets import paintings
from aigc_core.datasets.photos import Photos
from aigc_core.models import gatys, style_net
from aigc_core.models.features import vgg16
from aigc_core.models.features.vgg16 import VGG16
from aigc_core.models.style_net import StyleConfig, StyleNet
from aigc_core.training import command, images, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.journal import ImageJournal
from aigc_core.types import Events, Progress, Result

TERMS = ("content", "style", "variation")
SHEET_SIDE = 160


@dataclass(frozen=True, kw_only=True)
class Config:
    data: tuple[Path, ...]
    """Zips or folders of photos (:mod:`aigc_core.datasets.photos`)."""
    styles: Path
    """Zip or folder of paintings (:mod:`aigc_core.datasets.paintings`)."""
    out: Path
    """Folder of the run: ``state.safetensors``, ``ema/``, ``log.jsonl``, ``samples.png``, ``grams.safetensors``."""
    base: Path | None = None
    """Folder of a trained network; the one painting in ``styles`` becomes a new style of its trunk."""
    kimg: float = 40.0
    """Length of the run in thousands of squares painted."""
    batch: int = 4
    side: int = 96
    """Side of the training squares, in pixels."""
    style_side: int = 256
    """Short side of a painting when its Gram matrices are taken: how large strokes become."""
    lr: float = 1e-3
    """Learning rate of Adam, betas (0.9, 0.99)."""
    constants: float = 5.0
    """The rate of scales and shifts, in units of the trunk's."""
    warmup_kimg: float = 0.2
    cooldown: float = 0.3
    clip: float = 1.0
    content: float = 0.2
    style: float = 1.0
    variation: float = 0.02
    ema_kimg: float = 1.0
    save_kimg: float = 1.0
    minutes: float | None = None
    """Time that this call may take; it then saves, and the same command goes on later."""
    workers: int = 0
    """Threads that read pictures ahead; for an accelerator, as many as there are cores."""
    seed: int = 0
    device: str = "cpu"
    width: int = StyleConfig.width
    blocks: int = StyleConfig.blocks

    def __post_init__(self) -> None:
        if self.batch < 1 or self.side < 32 or self.kimg <= 0 or self.lr <= 0:
            raise ValueError(f"batch >= 1, side >= 32, kimg and lr > 0; got {self}")
        if min(self.content, self.style, self.variation) < 0:
            raise ValueError(f"weights of the terms >= 0; got {self.content}, {self.style}, {self.variation}")


class Run(NamedTuple):
    model: StyleNet
    ema: StyleNet
    vgg: VGG16
    opt: torch.optim.Adam

    def parts(self) -> tuple[dict[str, torch.nn.Module], dict[str, torch.optim.Optimizer]]:
        return {"model": self.model, "ema": self.ema}, {"opt": self.opt}


def train(config: Config) -> Events:
    """Yield ``Progress`` after every step (preview: a sheet when one was drawn), then the averaged network.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    photos, held_out = Photos(config.data, "train"), held_out_squares(config)
    pictures = paintings.load(config.styles, config.style_side)
    run = build(config, tuple(pictures))
    targets = painting_grams(run.vgg, list(pictures.values()), config.device)
    config.out.mkdir(parents=True, exist_ok=True)
    gatys.save_grams(config.out / gatys.FILE, targets)
    step, seconds = state.resume(config.out, *run.parts())
    journal = ImageJournal(config, TERMS, seconds)

    def drawn(at: int) -> Tensor:
        rng = np.random.default_rng([config.seed, at])
        return _tensor(photos.draw(rng, config.batch, config.side), config.device)

    for squares in images.ahead(drawn, step, config.workers):
        if step >= journal.total:
            break
        seen = step * config.batch
        style = (seen + torch.arange(config.batch)) % len(pictures)
        painted = run.model(squares, one_hot(style, len(pictures), config.device))
        terms = gatys.losses(run.vgg, squares, painted, [grams[style.to(config.device)] for grams in targets])
        loss = terms.total(gatys.Weights(config.content, config.style, config.variation))
        rate = images.lr_at(
            step / journal.total, seen, lr=config.lr, warmup=config.warmup_kimg * 1000, cooldown=config.cooldown
        )
        for group, factor in zip(run.opt.param_groups, (config.constants, 1.0), strict=False):
            group["lr"] = factor * rate
        run.opt.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), config.clip)
        run.opt.step()

        step += 1
        update_ema(run.ema, run.model, images.decay_at(seen, config.batch, config.ema_kimg * 1000))
        due = journal.due(step, torch.stack([t.detach() for t in terms]))
        sheet = None
        if due:
            sheet = sample_sheet(run.ema, held_out)
            state.save(config.out, *run.parts(), {"step": step, "seconds": journal.seconds})
            checkpoint.save(config.out / "ema", run.ema, run.ema.config, max_shard=images.SHARD_BYTES)
            journal.save_sheet(step, sheet)
            journal.write(step)
        yield Progress(step=step, total=journal.total, preview=sheet)
        if due and journal.out_of_time:
            break
    yield Result(output=run.ema, info=journal.info(step))


def painting_grams(vgg: VGG16, pictures: Sequence[Image.Image], device: str) -> list[Tensor]:
    """Gram matrices of paintings of any sizes, (S, C, C) a layer."""
    seen = [gatys.style_grams(vgg, _tensor(np.asarray(p)[None], device)) for p in pictures]
    return [torch.cat(layer) for layer in zip(*seen, strict=True)]


def one_hot(style: Tensor, styles: int, device: str) -> Tensor:
    """Weights (B, styles) of one style alone for each picture."""
    return F.one_hot(style, styles).float().to(device)


def held_out_squares(config: Config) -> Tensor:
    """Four squares of the split ``val``, the same at every evaluation."""
    pixels = Photos(config.data, "val").draw(np.random.default_rng(0), 4, SHEET_SIDE)
    return _tensor(pixels, config.device)


def build(config: Config, names: tuple[str, ...]) -> Run:
    """Networks and optimizer at their start; the same for the same seed."""
    if config.base is not None:
        if len(names) != 1:
            raise ValueError(f"a new style is one painting; {config.styles} holds {len(names)}")
        known = checkpoint.load(config.base, StyleNet(checkpoint.load_config(config.base, StyleConfig)))
        model = style_net.one_style(known, names[0])
    else:
        with images.seeded(config.seed, 0, "cpu"):
            model = StyleNet(StyleConfig(styles=names, width=config.width, blocks=config.blocks))
    vgg = vgg16.load()
    for module in (model, vgg):
        module.to(config.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    constants = list(model.constants())
    apart = {id(p) for p in constants}
    trunk = [p for p in model.parameters() if p.requires_grad and id(p) not in apart]
    groups = [{"params": group} for group in (constants, trunk) if group]
    return Run(
        model=model,
        ema=copy.deepcopy(model).train(False).requires_grad_(False),
        vgg=vgg,
        opt=torch.optim.Adam(groups, config.lr, betas=(0.9, 0.99)),
    )


@torch.no_grad()
def sample_sheet(model: StyleNet, squares: Tensor) -> Image.Image:
    """The photos, and below them each style in a row of its own."""
    styles = len(model.config.styles)
    rows = [squares]
    for style in range(styles):
        chosen = torch.full((len(squares),), style)
        rows.append(model(squares, one_hot(chosen, styles, str(squares.device))))
    return images.grid(torch.cat(rows), len(squares))


def _tensor(pixels: np.ndarray[Any, np.dtype[np.uint8]], device: str) -> Tensor:
    """uint8 (B, H, W, 3) to (B, 3, H, W) in [-1, 1], channels last."""
    x = torch.from_numpy(np.array(pixels)).to(device).permute(0, 3, 1, 2).float() / 127.5 - 1
    return x.contiguous(memory_format=torch.channels_last)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.style``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.style", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="zips or folders of photos")
    parser.add_argument("--styles", type=Path, required=True, help="zip or folder of paintings")
    parser.add_argument("--out", type=Path, default=Path("runs/style-paintings"))
    parser.add_argument("--base", type=Path, help="trained network that a new style is trained on")
    numbers = (
        "kimg",
        "lr",
        "constants",
        "warmup_kimg",
        "cooldown",
        "content",
        "style",
        "variation",
        "ema_kimg",
        "save_kimg",
    )
    command.add_fields(parser, Config, float, *numbers)
    command.add_fields(parser, Config, int, "batch", "side", "style_side", "width", "blocks", "workers")
    command.add_minutes(parser)
    command.add_machine(parser)
    command.train_as_asked(parser, argv, configured, train)


def configured(args: dict[str, Any]) -> Config:
    """The run that the command line asks for."""
    return Config(**args | {"data": tuple(args["data"])})


if __name__ == "__main__":
    main()
