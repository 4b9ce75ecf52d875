"""Quality at few sampling steps, and the network's gain over a Gaussian denoiser:

    python -m aigc_core.evaluation faces_steps faces-diffusion-128 --data faces128.zip

- Steps: metrics of :mod:`aigc_core.evaluation.faces` in ``lite0``, once as the row samples (the noisy end of the way in closed
  form, :func:`aigc_core.sampling.diffusion.samplers.teleport`) and once all the way from σ_max (ρ = 7, EDM's own levels).
- Denoising: EDM's weighted loss on training and on held-out faces with the same noise, beside the Gaussian part alone. What the
  held-out faces lose to the training faces is what was learned by heart.

Both go into ``eval.json`` of the checkpoint, under ``steps`` and ``denoising``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from aigc_core import registry, weights
from aigc_core.datasets import face_labels, faces
from aigc_core.evaluation.faces import SIDE, Pictures, Row, lite0, score, to_array
from aigc_core.models import unet
from aigc_core.pipelines.faces.diffusion import DiffusionFaces
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import ModelSpec, Shipped

WHOLE = {"teleport": 0.0, "rho": 7.0, "sigma_min": 0.002}
"""Row settings of a way that begins at σ_max."""
BATCH, ROUNDS = 16, 4
NOISE = {"mean": -0.4, "deviation": 1.0}
"""Mean and standard deviation of ln σ, as in training."""


def draw(pipeline: DiffusionFaces, steps: int, count: int, seed: int) -> Pictures:
    """``count`` faces with seeds from ``seed`` on."""
    images: list[Image.Image] = []
    seeds = seeds_from(seed, count)
    for at in range(0, count, BATCH):
        images += pipeline.batch(
            [FacesRequest(seed=own, count=1, num_inference_steps=steps) for own in seeds[at : at + BATCH]]
        )
    return to_array(images)


@torch.inference_mode()
def losses(pipeline: DiffusionFaces, pictures: NDArray[np.uint8], labels: Tensor) -> tuple[float, float]:
    """EDM's loss of the model and of its Gaussian part (NaN without one) on pictures (N, 3, R, R), uint8, labels (N, A)."""
    rng = torch.Generator().manual_seed(0)
    images = torch.from_numpy(pictures).float() / 127.5 - 1
    clean = torch.cat([pipeline.codec.encode(images[at : at + 50]) for at in range(0, len(images), 50)])
    linear, data = pipeline.model.linear, pipeline.config.sigma_data
    found, gaussian = [], []
    for _ in range(ROUNDS):
        sigma = unet.training_sigmas(torch.randn(len(clean), generator=rng), **NOISE)
        noise = torch.randn(clean.shape, generator=rng)
        found.append(unet.loss(pipeline.model, clean, sigma, noise, labels, data).mean().item())
        if linear is not None:
            alone = unet.loss(lambda x, s, _: linear(x, s), clean, sigma, noise, None, data)
            gaussian.append(alone.mean().item())
    return sum(found) / ROUNDS, sum(gaussian) / ROUNDS if gaussian else float("nan")


def denoising(pipeline: DiffusionFaces, data: Path, count: int) -> Row:
    """The losses on ``count`` training and held-out faces."""
    row: Row = {"faces": count}
    for split in ("train", "val"):
        pictures, rows = faces.load(data, split=split, resolution=pipeline.codec.side)
        labels = torch.from_numpy(face_labels.encode(rows))[:count]
        model, gaussian = losses(pipeline, pictures[:count], labels)
        row |= {f"loss_{split}": round(model, 4), f"gaussian_{split}": round(gaussian, 4)}
    return row


def built(spec: ModelSpec, folder: Path, **settings: float) -> DiffusionFaces:
    """The row's pipeline with some settings changed."""
    pipeline = registry.build(replace(spec, settings={**spec.settings, **settings}), [folder])
    assert isinstance(pipeline, DiffusionFaces)
    return pipeline


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``python -m aigc_core.evaluation faces_steps``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation faces_steps", description=__doc__)
    parser.add_argument("model", help="registry name of a diffusion model of ours")
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of aligned faces with metadata.csv")
    parser.add_argument("--steps", type=int, nargs="+", default=[1, 2, 3, 4, 6, 8])
    parser.add_argument("--whole", type=int, nargs="+", default=[4, 8, 18], help="steps of the way from σ_max")
    parser.add_argument("--count", type=int, default=500, help="faces of each setting")
    parser.add_argument("--seed", type=int, default=100_000)
    args = parser.parse_args(argv)

    spec = registry.find(args.model, "faces")
    if not isinstance(spec.source, Shipped) or not spec.target.endswith(":DiffusionFaces"):
        parser.error(f"{spec.name} is no diffusion model of this project")
    folder = weights.CHECKPOINTS / spec.source.folder
    own, whole = built(spec, folder), built(spec, folder, **WHOLE)
    file = folder / "eval.json"
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    known["denoising"] = denoising(own, args.data, 500)
    print(json.dumps(known["denoising"]), flush=True)
    embed = lite0()
    real = embed(faces.load(args.data, split="val", resolution=SIDE)[0])
    known["steps"] = table = []
    for pipeline, counts in ((own, args.steps), (whole, args.whole)):
        for steps in counts:
            began = time.monotonic()
            pictures = draw(pipeline, steps, args.count, args.seed)
            seconds = (time.monotonic() - began) / args.count
            row: Row = {"steps": steps, "teleport": pipeline.teleport, "seconds_a_face": round(seconds, 4)}
            table.append(row | score("lite0", real, embed(pictures)))
            print(json.dumps(table[-1]), flush=True)
    file.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0
