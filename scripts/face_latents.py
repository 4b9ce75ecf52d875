"""Latents that a diffusion model draws, for its decoder to train on: ``python -m scripts.face_latents faces-diffusion-128 --out z.safetensors``.

``python -m aigc_core.training.faces_vae --latents z.safetensors …`` then judges what the decoder makes of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

from aigc_core import registry
from aigc_core.pipelines.faces.codec import LatentCodec
from aigc_core.pipelines.faces.diffusion import DiffusionFaces
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.fields import seeds_from

BATCH = 32


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m scripts.face_latents", description=__doc__)
    parser.add_argument("model", help="registry name of a latent diffusion model of ours")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1_000_000, help="far from those that evaluations use")
    args = parser.parse_args(argv)
    pipeline = registry.load(args.model)
    if not isinstance(pipeline, DiffusionFaces) or not isinstance(pipeline.codec, LatentCodec):
        parser.error(f"{args.model} is no latent diffusion model")
    made = []
    seeds = seeds_from(args.seed, args.count)
    for at in range(0, args.count, BATCH):
        made.append(pipeline.latents([FacesRequest(seed=seed, count=1) for seed in seeds[at : at + BATCH]]))
    x = torch.cat(made)
    save_file({"z": (x / pipeline.codec.scale + pipeline.codec.shift).half().contiguous()}, args.out)


if __name__ == "__main__":
    main()
