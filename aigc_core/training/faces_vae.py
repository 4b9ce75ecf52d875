"""Train the face VAE: ``python -m aigc_core.training.faces_vae --data faces128.zip --kimg 1000``.

One step: encode a batch, draw a latent, decode it; the pictures are compared pixel by pixel, in the feature maps of a frozen network
(``--perceptual``) and, after a while, by discriminators (``--adversarial``, those of the GAN). The gradients of these terms
are taken at the pictures and balanced there, then sent back through decoder and encoder in one pass, together with the KL's.

The same command goes on with an interrupted run, bit by bit as if zero had happened. It needs torch, numpy, Pillow and
safetensors; the frozen network's file is fetched when ``--backbone`` does not name one.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from aigc_core import checkpoint, terminal
from aigc_core.datasets import face_labels, faces
from aigc_core.models import gan, vae
from aigc_core.models.features import efficientnet_lite
from aigc_core.models.gan import Discriminators, Projection
from aigc_core.models.vae import VAE, Perceptual, VAEConfig
from aigc_core.training import command, images, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.images import Pictures
from aigc_core.training.journal import ImageJournal
from aigc_core.types import Events, Progress, Result

SHEET_SEED = 1234
SHAPE = ("resolution", "latent", "latent_side", "patch", "width", "extra_blocks", "detail")
TERMS = ("pixels", "perceptual", "kl", "generator", "discriminator")


@dataclass(frozen=True, kw_only=True)
class Config:
    data: Path
    """Zip or folder of aligned faces (:mod:`aigc_core.datasets.faces`)."""
    out: Path
    """Folder of the run: ``state.safetensors``, ``ema/``, ``log.jsonl``, ``samples.png``."""
    backbone: Path | None = None
    """EfficientNet-Lite0 ``.pth``; needed where ``perceptual`` or ``adversarial`` is not 0."""
    kimg: float = 1000.0
    """Length of the run in thousands of pictures seen."""
    batch: int = 128
    lr: float = 4e-4
    """Learning rate of the VAE's Adam, betas (0.9, 0.99)."""
    d_lr: float = 2e-4
    """Learning rate of the discriminators' Adam, betas (0, 0.99)."""
    warmup_kimg: float = 5.0
    clip: float = 1.0
    beta: float = 0.1
    """Weight of the KL in nats per pixel value, beside the mean absolute error: β = 0.1 is the evidence bound of a Laplace
    distribution whose scale is 0.1, about the error reached."""
    beta_warmup_kimg: float = 50.0
    perceptual: float = 1.0
    adversarial: float = 0.5
    """Share of the adversarial gradient, in norms of the reconstruction's."""
    adversarial_from_kimg: float = 100.0
    samples: float = 0.0
    """Share of a batch that is decoded from the prior instead of from a picture; the discriminators alone judge it. The decoder
    learns to make a face of every latent that will be drawn, not of encodings only (VAE/GAN, Larsen et al. 2015, 1512.09300)."""
    latents: Path | None = None
    """File of the latents to decode in place of Gaussian noise: ``z`` (N, C, S, S), such as a diffusion model's
    (``scripts/face_latents.py``)."""
    freeze_encoder: bool = False
    """Train the decoder alone. The latents of real faces, hence the prior, then stay as they are."""
    augment: float = 0.4
    """Probability of each augmentation before the discriminators. With 0 they look at the maps that the perceptual term has
    already computed, which saves half of the frozen network's time: right for a run of few epochs."""
    feature_side: int = 128
    """Side to which pictures are brought for the frozen network."""
    ema_kimg: float = 50.0
    save_kimg: float = 50.0
    minutes: float | None = None
    """Time that this call may take; it then saves, and the same command goes on later."""
    seed: int = 0
    device: str = "cpu"
    compile: bool = False
    sheet: int = 8
    """Columns of the sheet."""
    init: Path | None = None
    """Folder of a trained VAE to start from; ``model`` may have more blocks and a last stage of detail (:func:`vae.grow`)."""
    model: VAEConfig = field(default_factory=VAEConfig)

    def __post_init__(self) -> None:
        if self.batch < 1 or self.kimg <= 0 or self.lr <= 0 or min(self.beta, self.perceptual, self.adversarial) < 0:
            raise ValueError(f"batch >= 1, kimg > 0, lr > 0, weights >= 0; got {self}")
        if not 0 <= self.samples < 1 or (self.samples and not self.freeze_encoder):
            raise ValueError(f"0 <= samples < 1, and samples need freeze_encoder; got {self.samples}")
        if self.backbone is None and (self.perceptual or self.adversarial):
            raise ValueError("perceptual and adversarial terms need a backbone; give one, or set both weights to 0")


class Run(NamedTuple):
    """The networks that learn, the frozen ones they are judged with, and their optimizers."""

    model: VAE
    ema: VAE
    perceptual: Perceptual | None
    projection: Projection | None
    discriminators: Discriminators
    opt: torch.optim.Adam
    d_opt: torch.optim.Adam

    def parts(self) -> tuple[dict[str, torch.nn.Module], dict[str, torch.optim.Optimizer]]:
        modules: dict[str, torch.nn.Module] = {"model": self.model, "ema": self.ema, "judges": self.discriminators}
        return modules, {"opt": self.opt, "d_opt": self.d_opt}


def train(config: Config) -> Events:
    """Yield ``Progress`` after every step (preview: a sheet when one was drawn), then the averaged VAE.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    pictures, rows = faces.load(config.data, split="train", resolution=config.model.resolution)
    labels = torch.from_numpy(face_labels.encode(rows))
    data = Pictures(torch.from_numpy(pictures).to(config.device), labels.to(config.device))
    run = build(config)
    step, seconds = state.resume(config.out, *run.parts())
    if config.freeze_encoder:
        vae.fit_prior(run.model, all_pictures(data))
        run.ema.encoder.load_state_dict(run.model.encoder.state_dict())
        run.ema.centre.copy_(run.model.centre)
        run.ema.spread.copy_(run.model.spread)
    latents = None if config.latents is None else load_file(config.latents)["z"].float().to(config.device)
    encode, decode = run.model.encode, run.model.decode
    if config.compile:
        encode, decode = torch.compile(encode), torch.compile(decode)
    journal = ImageJournal(config, TERMS, seconds)

    for index in faces.batches(len(data.images), config.batch, config.seed, start=step):
        if step >= journal.total:
            break
        seen = step * config.batch
        rng = images.step_rng(config.seed, step, config.device)
        real, _ = data.batch(index, rng)
        given = len(real) - round(config.samples * len(real))
        with images.autocast(config.device):
            with torch.set_grad_enabled(not config.freeze_encoder):
                mean, log_variance = (t.float() for t in encode(real[:given]))
            z = vae.sample(mean, log_variance, rng)
            if given < len(real):
                z = torch.cat([z, draw(run.model, latents, len(real) - given, rng)])
            out = decode(z).float()
        beta = vae.beta_at(seen, beta=config.beta, warmup=config.beta_warmup_kimg * 1000)
        kl = vae.kl(mean, log_variance).mean()
        gradient, terms = decoder_losses(config, run, real, out, step)
        rate = images.lr_at(step / journal.total, seen, lr=config.lr, warmup=config.warmup_kimg * 1000)
        run.opt.param_groups[0]["lr"] = rate
        run.opt.zero_grad(set_to_none=True)
        if config.freeze_encoder:
            torch.autograd.backward(out, gradient)
        else:
            torch.autograd.backward((out, beta * kl / real[0].numel()), (gradient, None))
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), config.clip)
        run.opt.step()

        step += 1
        update_ema(run.ema, run.model, images.decay_at(seen, config.batch, config.ema_kimg * 1000))
        due = journal.due(step, torch.stack([terms[0], terms[1], kl.detach(), terms[2], terms[3]]))
        sheet = None
        if due:
            if not config.freeze_encoder:
                vae.fit_prior(run.ema, all_pictures(data))
            sheet = sample_sheet(run.ema, data, config.sheet)
            state.save(config.out, *run.parts(), {"step": step, "seconds": journal.seconds})
            checkpoint.save(config.out / "ema", run.ema, config.model, max_shard=images.SHARD_BYTES)
            journal.save_sheet(step, sheet)
            journal.write(step)
        yield Progress(step=step, total=journal.total, preview=sheet)
        if due and journal.out_of_time:
            break
    yield Result(output=run.ema, info=journal.info(step))


def decoder_losses(config: Config, run: Run, real: Tensor, out: Tensor, step: int) -> tuple[Tensor, list[Tensor]]:
    """The losses of the pictures ``out``, and their gradient with respect to ``out``.

    The first pictures are reconstructions of the first ``real`` ones, the last are samples (``config.samples`` of the batch).
    The discriminators take a step of their own first; the generator loss uses the updated ones.

    Returns:
        Gradient like ``out``; pixel, perceptual, generator and discriminator loss, 0 for terms that are off.
    """
    outputs = out.detach().requires_grad_()
    given = len(out) - round(config.samples * len(out))
    zero = torch.zeros((), device=out.device)
    targets: list[Tensor] = []
    seen: list[Tensor] = []
    with images.autocast(config.device):
        pixels = (outputs[:given] - real[:given]).abs().mean()
        perceptual = zero
        if run.perceptual is not None:
            with torch.no_grad():
                targets = run.perceptual.look(real)
            seen = run.perceptual.look(outputs)
            perceptual = vae.distance([m[:given] for m in targets], [m[:given] for m in seen]).mean()
    (gradient,) = torch.autograd.grad(pixels + config.perceptual * perceptual, outputs, retain_graph=True)
    terms = [pixels.detach(), perceptual.detach(), zero, zero]
    if run.projection is None or step * config.batch < config.adversarial_from_kimg * 1000:
        return gradient, terms

    rng = images.step_rng(config.seed, step, "cpu")
    with images.autocast(config.device):
        if config.augment or not seen:
            fake_maps = run.projection(gan.augment(outputs, rng, config.augment))
            with torch.no_grad():
                real_maps = run.projection(gan.augment(real, rng, config.augment))
        else:
            fake_maps, real_maps = run.projection.mix(seen), run.projection.mix(targets)
        run.discriminators.requires_grad_(True)
        d_loss = gan.discriminator_loss(
            run.discriminators(real_maps), run.discriminators([m.detach() for m in fake_maps])
        )
    run.d_opt.zero_grad(set_to_none=True)
    torch.autograd.backward(d_loss)
    run.d_opt.step()
    run.discriminators.requires_grad_(False)
    with images.autocast(config.device):
        g_loss = gan.generator_loss(run.discriminators(fake_maps))
    (from_discriminators,) = torch.autograd.grad(g_loss, outputs)
    terms[2:] = [g_loss.detach(), d_loss.detach()]
    return gradient + config.adversarial * vae.balance(
        gradient[:given], from_discriminators[:given]
    ) * from_discriminators, terms


def build(config: Config) -> Run:
    """Networks and optimizers at their start; the same for the same seed."""
    with images.seeded(config.seed, 0, "cpu"):
        model, discriminators = initial(config), Discriminators(input_side=config.feature_side)
        frozen = None
        if config.backbone is not None:
            frozen = efficientnet_lite.fuse(efficientnet_lite.load(config.backbone))
        perceptual = Perceptual(frozen, config.feature_side) if frozen is not None and config.perceptual else None
        projection = (
            Projection(frozen, input_side=config.feature_side) if frozen is not None and config.adversarial else None
        )
    for module in (model, discriminators, perceptual, projection):
        if module is not None:
            module.to(config.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Run(
        model=model,
        ema=copy.deepcopy(model).train(False).requires_grad_(False),
        perceptual=perceptual,
        projection=projection,
        discriminators=discriminators,
        opt=torch.optim.Adam(model.parameters(), config.lr, betas=(0.9, 0.99)),
        d_opt=torch.optim.Adam(discriminators.parameters(), config.d_lr, betas=(0.0, 0.99)),
    )


def initial(config: Config) -> VAE:
    """The VAE at its start: at random, or what ``config.init`` learned before."""
    if config.init is None:
        return VAE(config.model)
    return vae.grow(checkpoint.load(config.init, VAE(checkpoint.load_config(config.init, VAEConfig))), config.model)


def draw(model: VAE, latents: Tensor | None, count: int, rng: torch.Generator) -> Tensor:
    """New latents (count, C, S, S): of the Gaussian, or some of ``latents`` (N, C, S, S)."""
    if latents is None:
        return model.from_normal(torch.randn(count, *model.config.shape, generator=rng, device=rng.device))
    return latents[torch.randint(len(latents), (count,), generator=rng, device=rng.device)]


def all_pictures(data: Pictures, size: int = 256) -> Iterator[Tensor]:
    """The whole set once, unmirrored, in [-1, 1]."""
    for at in range(0, len(data.images), size):
        yield data.images[at : at + size].float() / 127.5 - 1


@torch.no_grad()
def sample_sheet(model: VAE, data: Pictures, columns: int) -> Image.Image:
    """Two rows of real faces, their reconstructions below, then four rows of samples of fixed seeds, not picked."""
    real = data.images[: 2 * columns].float() / 127.5 - 1
    real = real[torch.arange(2 * columns, device=real.device) % len(real)]
    rng = torch.Generator().manual_seed(SHEET_SEED)
    noise = torch.randn(4 * columns, *model.config.shape, generator=rng).to(real.device)
    back, new = model.decode(model.encode(real)[0]), model.decode(model.from_normal(noise))
    return images.grid(torch.cat([real[:columns], back[:columns], real[columns:], back[columns:], new]), columns)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.faces_vae``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.faces_vae", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of aligned faces with metadata.csv")
    parser.add_argument("--backbone", type=Path, help="EfficientNet-Lite0 .pth; fetched when not given")
    parser.add_argument("--out", type=Path, default=Path("runs/faces-vae-64"))
    numbers = ("kimg", "lr", "beta", "perceptual", "adversarial", "adversarial_from_kimg", "augment", "beta_warmup_kimg",
               "ema_kimg", "save_kimg", "warmup_kimg")  # fmt: skip
    command.add_fields(parser, Config, float, *numbers)
    command.add_fields(parser, Config, int, "feature_side", "batch")
    command.add_fields(parser, VAEConfig, int, *SHAPE)
    parser.add_argument("--samples", type=float, default=0.0, help="share of a batch decoded from the prior")
    parser.add_argument("--latents", type=Path, help="safetensors file of latents z to draw samples from")
    parser.add_argument("--freeze-encoder", action="store_true", help="train the decoder alone")
    parser.add_argument("--init", type=Path, help="folder of a trained VAE to go on from")
    command.add_compile(parser)
    command.add_minutes(parser)
    command.add_machine(parser)
    command.train_as_asked(parser, argv, configured, train)


def configured(args: dict[str, Any]) -> Config:
    """The run that the command line asks for; fetches the frozen network where a term needs it."""
    if args["backbone"] is None and (args["perceptual"] or args["adversarial"]):
        args["backbone"] = efficientnet_lite.fetch()
    shape = {name: args.pop(name) for name in SHAPE}
    return Config(model=VAEConfig(**shape), **args)


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
