"""The training faces as points, for "new or copied?": ``python -m aigc_core.training.face_neighbours --data faces128.zip``.

EfficientNet-Lite0's 1,280 pooled features of every training face, projected onto their first principal axes, in float16, and
the distances that the faces kept out of training have to them. No picture can be made of these points. They are read by
:mod:`aigc_core.pipelines.faces.nearest`.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from aigc_core import terminal, weights
from aigc_core.datasets import faces
from aigc_core.models.features import efficientnet_lite
from aigc_core.pipelines.faces.nearest import FILE, SIDE, Neighbours, embed, mirrored, network
from aigc_core.training import command

log = logging.getLogger(__name__)


def fit(train: Tensor, held_out: Tensor, held_out_mirrored: Tensor, axes: int) -> tuple[Neighbours, float]:
    """The points and the reference distances.

    Args:
        train: Features (N, D).
        held_out: Of faces kept out of training (M, D), and of their mirror images.
        axes: Principal axes to keep.

    Returns:
        The points as they will be read back from float16, and the share of the variance that the axes hold.
    """
    mean = train.mean(0)
    centred = (train - mean).double()
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(train))  # ascending
    kept = vectors[:, -axes:].flip(1).float().half().float()
    points = ((train - mean) @ kept).half().float()
    made = Neighbours(mean=mean, axes=kept, train=points, held_out=torch.zeros(0))
    held = made.distances(held_out, held_out_mirrored).sort().values
    share = float(values[-axes:].sum() / values.sum())
    return Neighbours(mean=mean, axes=kept, train=points, held_out=held), share


def save(folder: Path, made: Neighbours, share: float) -> None:
    """Write the points and what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "mean": made.mean, "axes": made.axes.half(), "train": made.train.half(), "held_out": made.held_out,
    }  # fmt: skip
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / FILE)
    about = {
        "features": "EfficientNet-Lite0, 1,280 pooled, pictures of 64 px made 128 px (bicubic)",
        "axes": made.axes.shape[1],
        "variance_kept": round(share, 4),
        "training_faces": len(made.train),
        "held_out_faces": len(made.held_out),
    }
    (folder / "config.json").write_text(json.dumps(about, indent=2) + "\n", "utf-8")


def pictures(data: Path, split: str) -> list[Image.Image]:
    """All faces of a split at the size of the comparison."""
    array, _ = faces.load(data, split=split, resolution=SIDE)
    return [Image.fromarray(picture.transpose(1, 2, 0)) for picture in array]


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point of ``python -m aigc_core.training.face_neighbours``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.face_neighbours", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of aligned faces with metadata.csv")
    parser.add_argument("--held-out", default="val", help="split of the reference distances")
    parser.add_argument("--axes", type=int, default=64)
    parser.add_argument("--out", type=Path, default=weights.CHECKPOINTS / "faces-neighbours")
    args = parser.parse_args(argv)
    command.start(None)
    seen = network(efficientnet_lite.fetch().parent)
    train, held = pictures(args.data, "train"), pictures(args.data, args.held_out)
    made, share = fit(embed(seen, train), embed(seen, held), embed(seen, mirrored(held)), args.axes)
    save(args.out, made, share)
    log.info(
        "%d axes hold %.3f of the variance; held-out distances: median %.3f, lowest hundredth %.3f",
        args.axes,
        share,
        float(made.held_out.median()),
        float(made.held_out.quantile(0.01)),
    )


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
