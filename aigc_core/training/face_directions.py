"""Directions of age, smile, gender and brightness in a model's space: ``python -m aigc_core.training.face_directions``.

    python -m aigc_core.training.face_directions --model faces-vae-64 --data faces128.zip

For every face there is a latent z and measured attributes y (standardised: mean 0, deviation 1). Least squares of all
attributes at once,

    z ≈ c + Σ_k y_k·d_k

gives d_k: the mean change of the latent when attribute k grows by one deviation and the others stay, which is where a slider
should lead. Faces of one age differ far more than the mean faces of two ages, so a probe that predicts y_k from z sees only
r² of a deviation in d_k (r its correlation with y_k); d_k/r² is what it reads as one deviation, and is a slider's unit, but
at most :data:`MOST`·d_k. (The weights of a probe that predicts y from z say where y is read best, not how faces change with it; Haufe et
al. 2014, doi 10.1016/j.neuroimage.2013.10.067.) Pose, sharpness and the annotators' race labels are among the y, so that "darker"
is a matter of light and "older" not of pose; they get no slider.

- VAE: z are the encoder's means of the training faces, y their metadata.
- GAN: z are random latents, y what linear probes on EfficientNet-Lite0's features, fitted on the real faces, read off the
  generated ones.

How well a linear probe predicts y from z on a fifth of the faces left out is written into the file (correlation r).

Shapes: N faces, Z numbers of a latent, A attributes, D features.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from aigc_core import checkpoint, registry, terminal, weights
from aigc_core.datasets import face_labels, faces
from aigc_core.datasets.face_labels import DIRECTIONS_FILE
from aigc_core.errors import CheckpointError
from aigc_core.models.features import efficientnet_lite
from aigc_core.models.gan import Generator, GeneratorConfig, sphere
from aigc_core.models.vae import VAE, VAEConfig
from aigc_core.pipelines.faces.nearest import embed, network
from aigc_core.tasks.faces import DIRECTIONS
from aigc_core.training import command, images
from aigc_core.types import Shipped

log = logging.getLogger(__name__)
BATCH = 32
MOST = 3.0


def attributes(rows: Sequence[Mapping[str, str]]) -> Tensor:
    """(N, A) standardised, the four of :data:`DIRECTIONS` first: age group, mouth (width and opening), labelled gender,
    brightness; then pose, sharpness and race labels."""
    ages = {name: float(i) for i, name in enumerate(face_labels.AGES)}
    races = sorted({row["race"] for row in rows})[1:]  # one less than there are: the last follows from the others

    def column(name: str) -> list[float]:
        return [float(row[name]) for row in rows]

    mouth = _standardised(torch.tensor([column("mouth_width"), column("mouth_open")]).T).mean(1)
    columns = [
        [ages[row["age"]] for row in rows],
        mouth.tolist(),
        [float(row["gender"] == "Male") for row in rows],
        column("brightness"),
        *(column(name) for name in ("yaw", "pitch", "roll", "sharpness")),
        *([float(row["race"] == race) for row in rows] for race in races),
    ]
    return _standardised(torch.tensor(columns).T)


def _standardised(values: Tensor) -> Tensor:
    return (values - values.mean(0)) / values.std(0).clamp(min=1e-6)


def fit(latents: Tensor, values: Tensor) -> Tensor:
    """d (A, Z) by least squares of z (N, Z) on y (N, A)."""
    y = torch.cat([values, torch.ones(len(values), 1)], 1).double()
    solution: Tensor = torch.linalg.lstsq(y, latents.double()).solution
    return solution[:-1].float()


def scaled(found: Tensor, r: Sequence[float]) -> Tensor:
    """d (A, Z) in sliders' units: divided by r², but no more than :data:`MOST` times longer."""
    return torch.stack([d * min(MOST, 1 / max(value, 1e-6) ** 2) for d, value in zip(found, r, strict=True)])


def probe(features: Tensor, values: Tensor, ridge: float) -> Tensor:
    """Weights (D + 1, A) of a ridge regression of ``values`` (N, A) on ``features`` (N, D), the constant last.

    Args:
        ridge: As a share of the features' mean variance.
    """
    centre = features.mean(0)
    x = (features - centre).double()
    gram = x.T @ x / len(x)
    gram += ridge * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
    slope = torch.linalg.solve(gram, x.T @ values.double() / len(x))
    constant = values.double().mean(0) - centre.double() @ slope
    return torch.cat([slope, constant[None]]).float()


def predict(features: Tensor, weights_: Tensor) -> Tensor:
    """(N, A) of :func:`probe`'s weights."""
    return features @ weights_[:-1] + weights_[-1]


def correlations(latents: Tensor, values: Tensor, ridge: float = 0.1) -> list[float]:
    """r between attributes and a probe's predictions from the latents, on every fifth face, left out of the fit."""
    held = torch.arange(len(latents)) % 5 == 0
    guessed = predict(latents[held], probe(latents[~held], values[~held], ridge))
    pairs = torch.stack([guessed.T, values[held].T], 1)  # (A, 2, N)
    return [round(float(torch.corrcoef(pair)[0, 1]), 3) for pair in pairs]


# --- latents and attributes of either model ---------------------------------------------------------------------------


@torch.inference_mode()
def of_vae(folder: Path, data: Path) -> tuple[Tensor, Tensor]:
    """Encodings (N, Z) of the training faces, and their attributes."""
    config = checkpoint.load_config(folder, VAEConfig)
    vae = checkpoint.load(folder, VAE(config)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    pictures, rows = faces.load(data, split="train", resolution=config.resolution)
    means = []
    for at in range(0, len(pictures), BATCH):
        batch = torch.from_numpy(pictures[at : at + BATCH]).float() / 127.5 - 1
        means.append(vae.encode(batch.contiguous(memory_format=torch.channels_last))[0].flatten(1))
    return torch.cat(means), attributes(rows)


@torch.inference_mode()
def of_gan(folder: Path, data: Path, count: int, seed: int, known: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Latents (count, Z) on the sphere, and what probes read off their faces, standardised.

    Args:
        known: Features of the training faces, where they have been computed.
    """
    config = checkpoint.load_config(folder, GeneratorConfig)
    generator = checkpoint.load(folder, Generator(config)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    seen = network(efficientnet_lite.fetch().parent)
    pictures, rows = faces.load(data, split="train", resolution=64)
    if known is None:
        known = embed(seen, [Image.fromarray(picture.transpose(1, 2, 0)) for picture in pictures], BATCH)
    reader = probe(known, attributes(rows), ridge=0.1)
    latents = sphere(torch.randn(count, config.latent, generator=torch.Generator().manual_seed(seed)))
    features = []
    for at in range(0, count, BATCH):
        features.append(
            embed(seen, [images.grid(image[None], 1) for image in generator(latents[at : at + BATCH])], BATCH)
        )
    return latents, _standardised(predict(torch.cat(features), reader))


def directions(folder: Path, data: Path, count: int, seed: int, known: Tensor | None = None) -> dict[str, Tensor]:
    """Fit and write ``directions.safetensors`` of the checkpoint in ``folder``.

    Raises:
        CheckpointError: neither a VAE nor a GAN.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if "latent_side" in config:
        latents, values = of_vae(folder, data)
    elif {"latent", "max_width"} <= config.keys():
        latents, values = of_gan(folder, data, count, seed, known)
    else:
        raise CheckpointError(f"{folder} holds neither our VAE nor our GAN.", f"{folder} 不是本项目的 VAE 或 GAN。")
    r = correlations(latents, values)
    found = dict(zip(DIRECTIONS, scaled(fit(latents, values), r), strict=False))
    by_name = dict(zip(DIRECTIONS, r, strict=False))
    lengths = {name: round(float(d.norm()), 3) for name, d in found.items()}
    log.info("r %s, lengths %s, deviation of the latents %.3f", by_name, lengths, float(latents.std(0).norm()))
    save_file({name: d.contiguous() for name, d in found.items()}, folder / DIRECTIONS_FILE, {"r": json.dumps(by_name)})
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.face_directions``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.face_directions", description=__doc__)
    parser.add_argument("--model", required=True, help="row of the registry, or a checkpoint's folder")
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of aligned faces with metadata.csv")
    parser.add_argument("--count", type=int, default=4000, help="generated faces of a GAN")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    command.start(None)
    folder = Path(args.model)
    if not folder.is_dir():
        source = registry.find(args.model, "faces").source
        if not isinstance(source, Shipped):
            parser.error(f"{args.model} is not a checkpoint of this project")
        folder = weights.CHECKPOINTS / source.folder
    directions(folder, args.data, args.count, args.seed)


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
