"""Seconds a face: our U-Net and sampler against diffusers' ``DDIMPipeline``, and our face models as the tab runs them.

    python -m benchmarks.faces [--steps 18] [--rounds 5] [--batch 1] [--threads 2]

1. The network of ``faces-diffusion-128`` (a small latent U-Net) and a U-Net of pixels, each in diffusers' classes and in ours
   with the same random weights, the same steps and pictures a call; the contestants take turns in one process, the best round
   counts, and the ratio is diffusers' time over ours. Labels and the Gaussian part are left out, which diffusers lacks. Ours
   must give what diffusers gives, to 1e-4. The convolutions of ours are also timed alone: both run the same ones through oneDNN, so
   the ratio cannot exceed diffusers' time over theirs.
2. Every checkpoint of ours through its pipeline with its default settings: 1, 4 and 16 faces, and the time until the first preview
   is made. The other previews are not looked at, and so not made.

Bars on two cores: (1) 1.5×, which the pixels miss (1.1×): their convolutions alone, at the processor's peak of float32, take two
thirds of diffusers' time, and nothing but other arithmetic would shorten them (tried on one thread,
where ours has 1.06×: ``torch.compile`` with frozen weights 0.95×, ONNX Runtime 1.23×); (2) 16 faces of a GAN or VAE within 1 s, of the diffusion model within 2.5 s, first
preview within 1 s.
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
from aigc_core.types import Progress

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
    alone = convolutions(config, batch, rounds) * steps / batch
    best["convolutions of ours alone"] = alone
    for who, seconds in best.items():
        print(
            f"{name:<8} {who:<28} {seconds:7.3f} s a face ({steps} steps, {batch} a call)   {reference / seconds:4.2f}×"
        )


def convolutions(config: UNetConfig, batch: int, rounds: int) -> float:
    """The best seconds that all convolutions of one call of our network take."""
    network = Preconditioned(config).train(False).to(memory_format=torch.channels_last).net  # type: ignore[call-overload]
    began, spent = 0.0, 0.0

    def enter(*_: object) -> None:
        nonlocal began
        began = time.perf_counter()

    def leave(*_: object) -> None:
        nonlocal spent
        spent += time.perf_counter() - began

    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_pre_hook(enter)
            layer.register_forward_hook(leave)
    x = torch.randn(batch, config.channels, config.resolution, config.resolution)
    best = float("inf")
    for _ in range(rounds + 1):
        spent = 0.0
        network(x.contiguous(memory_format=torch.channels_last), torch.full((batch,), 500.0))
        best = min(best, spent)
    return best


def ours(name: str, count: int, rounds: int) -> None:
    """Print the best seconds of ``count`` faces of a row, and until the first preview."""
    pipeline = registry.load(name)
    whole = first = float("inf")
    for round_ in range(rounds + 1):
        began, seen = time.perf_counter(), 0.0
        for event in pipeline.stream(FacesRequest(model=name, count=count, seed=100 * round_)):
            if not seen and isinstance(event, Progress):
                assert event.preview is not None
                seen = time.perf_counter() - began
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
            for count in (1, 4, 16):
                ours(spec.name, count, args.rounds)


if __name__ == "__main__":
    main()
