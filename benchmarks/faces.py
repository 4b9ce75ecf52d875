"""Seconds a face: our U-Net and sampler against diffusers' ``DDIMPipeline``, and our face models as the tab runs them.

    python -m benchmarks.faces [--steps 18] [--rounds 5] [--batch 1] [--threads 2]

1. The network of ``faces-diffusion-128`` (a small latent U-Net) and a U-Net of pixels, each in diffusers' classes and in ours
   with the same random weights, the same steps and pictures a call; the contestants take turns in one process, the best round
   counts, and the ratio is diffusers' time over ours. Labels and the Gaussian part are left out, which diffusers lacks. Ours
   must give what diffusers gives, to 1e-4.
2. Every checkpoint of ours through its pipeline: 16 faces of a GAN or VAE, 4 of the diffusion model with its default steps and
   guidance, and the time until its first preview.

Bars on two cores: (1) 1.5×; (2) 16 faces within 1 s, 4 diffusion faces within 8 s, first preview within 1 s.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from aigc_core import checkpoint, registry, runtime, weights
from aigc_core.models.unet import Preconditioned, UNetConfig, from_diffusers
from aigc_core.sampling.diffusion.samplers import ddim, last
from aigc_core.sampling.diffusion.schedules import karras_sigmas
from aigc_core.tasks.faces import FacesRequest

PIXELS = UNetConfig(resolution=64, width=64, multipliers=(1, 2, 4), blocks=1, attention=(16,), head=32)
LATENTS = UNetConfig(resolution=8, channels=8, width=128, multipliers=(1, 2), blocks=2, attention=(8,), head=32)
TRAINED = "faces-diffusion-128"


def configs() -> dict[str, UNetConfig]:
    """The shipped model's size, where there is one, and a U-Net of pixels; without labels and Gaussian part."""
    folder = weights.CHECKPOINTS / TRAINED
    latents = checkpoint.load_config(folder, UNetConfig) if (folder / "config.json").exists() else LATENTS
    return {"latents": replace(latents, attributes=(), gaussian=0, dropout=0.0), "pixels": PIXELS}


def contestants(config: UNetConfig, steps: int, batch: int) -> dict[str, Callable[[], object]]:
    """A call that makes ``batch`` faces, by name."""
    runtime.torchaudio()
    from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel

    widths = tuple(config.width * m for m in config.multipliers)
    attended = [side in config.attention for side in config.sides]
    theirs = UNet2DModel(
        sample_size=config.resolution, in_channels=config.channels, out_channels=config.channels,
        layers_per_block=config.blocks, block_out_channels=widths,
        down_block_types=tuple("AttnDownBlock2D" if a else "DownBlock2D" for a in attended),
        up_block_types=tuple("AttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attended)),
        norm_num_groups=config.groups, attn_norm_num_groups=config.groups, attention_head_dim=config.head,
        resnet_time_scale_shift="scale_shift",
    )  # fmt: skip
    pipe = DDIMPipeline(unet=theirs.train(False), scheduler=DDIMScheduler())
    pipe.set_progress_bar_config(disable=True)
    ours = Preconditioned(config).train(False)
    ours.net.load_state_dict(from_diffusers(theirs.state_dict()))
    ours.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    shape = (config.channels, config.resolution, config.resolution)
    x = 80 * runtime.noise(list(range(batch)), shape).contiguous(memory_format=torch.channels_last)
    time_ = torch.full((batch,), 500.0)
    difference = (theirs(x, time_).sample - ours.net(x, time_)).abs().max().item()
    assert difference < 1e-4, f"the same weights give another answer: {difference}"
    sigmas = karras_sigmas(steps)
    return {
        "diffusers DDIMPipeline": lambda: pipe(batch_size=batch, num_inference_steps=steps, output_type="np"),
        "ours": lambda: last(ddim(ours, x, sigmas)),
    }


def duel(name: str, config: UNetConfig, steps: int, rounds: int, batch: int) -> None:
    """Print the best seconds a face of each, and the ratio."""
    runs = contestants(config, steps, batch)
    best = dict.fromkeys(runs, float("inf"))
    for round_ in range(rounds + 1):  # the first warms up
        for who, run in runs.items():
            began = time.perf_counter()
            run()
            best[who] = min(best[who], (time.perf_counter() - began) / batch) if round_ else best[who]
    reference = next(iter(best.values()))
    for who, seconds in best.items():
        print(
            f"{name:<8} {who:<24} {seconds:7.3f} s a face ({steps} steps, {batch} a call)   {reference / seconds:4.2f}×"
        )


def ours(name: str, count: int, rounds: int) -> None:
    """Print the best seconds of ``count`` faces of a row, and until the first preview."""
    pipeline = registry.load(name)
    whole = first = float("inf")
    for round_ in range(rounds + 1):
        began, seen = time.perf_counter(), 0.0
        for _ in pipeline.stream(FacesRequest(model=name, count=count, seed=100 * round_)):
            seen = seen or time.perf_counter() - began
        if round_:
            whole, first = min(whole, time.perf_counter() - began), min(first, seen)
    print(f"{name:<20} {count:>2} faces {whole:6.2f} s, first preview {first:5.2f} s")


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=18)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=runtime.threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"{args.threads} threads, torch {torch.__version__}")
    for name, config in configs().items():
        duel(name, config, args.steps, args.rounds if name == "latents" else min(2, args.rounds), args.batch)
    for spec in registry.list_models("faces"):
        if weights.state(spec.source).kind == "shipped":
            ours(spec.name, 4 if spec.name == TRAINED else 16, args.rounds)


if __name__ == "__main__":
    main()
