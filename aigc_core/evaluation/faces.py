"""Quality, diversity and novelty of generated faces: ``python -m aigc_core.evaluation faces faces-gan-128 --data …``.

- KID: Bińkowski et al., "Demystifying MMD GANs", arXiv 1801.01401. Unbiased squared MMD with the kernel (x·y/d + 1)³ over
  50 subsets of 200, times 1000, with its standard error. 0: no difference found.
- Precision and recall: Kynkäänniemi et al., arXiv 1904.06991; density and coverage: Naeem et al., arXiv 2002.09797; k = 3.
- New or copied: distance to the nearest training face, over the same distance of held-out real faces.
- Diversity: mean distance between two pictures, over that of real faces.
- Accepted: share in which a face detector (:mod:`aigc_core.media.face_detector`) finds a face, over that of real faces.

Pictures are brought to 64 px (area). Spaces: ``lite0``, the pooled 1,280 head features of EfficientNet-Lite0 on the
pictures made 128 px (bicubic); ``vgg16``, four pooled layers at 64 px (:mod:`aigc_core.models.features.vgg16`). Neither is comparable
with Inception's figures, and a GAN trained against Lite0 has to convince in the other space as well.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor, nn

from aigc_core import registry, weights
from aigc_core.datasets import faces
from aigc_core.engine import drain
from aigc_core.media import face_detector
from aigc_core.media.face_detector import Detector
from aigc_core.models.features import efficientnet_lite, vgg16
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import Pipeline, Shipped

SUBSETS, SUBSET, NEIGHBOURS = 50, 200, 3
SIDE = 64
Pictures = NDArray[np.uint8]
"""(N, 3, 64, 64)"""
Embed = Callable[[Pictures], Tensor]
"""Pictures to features (N, D)."""
Row = dict[str, float | int | str]


# --- metrics on features --------------------------------------------------------------------------------------------


def kid(a: Tensor, b: Tensor, *, subsets: int = SUBSETS, size: int = SUBSET, seed: int = 0) -> tuple[float, float]:
    """KID×1000 between features (N, D) and (M, D), and its standard error."""
    size = min(size, len(a), len(b))
    rng = torch.Generator().manual_seed(seed)
    values = []
    for _ in range(subsets):
        x = a[torch.randperm(len(a), generator=rng)[:size]].double()
        y = b[torch.randperm(len(b), generator=rng)[:size]].double()
        values.append(1000 * _mmd(x, y))
    drawn = torch.tensor(values)
    return drawn.mean().item(), (drawn.std() / subsets**0.5).item()


def _mmd(x: Tensor, y: Tensor) -> float:
    """Unbiased squared MMD of two sets of n features (n, d), cubic polynomial kernel (eq. 4)."""
    n, d = x.shape

    def kernel(p: Tensor, q: Tensor) -> Tensor:
        return (p @ q.T / d + 1) ** 3

    kxx, kyy, kxy = kernel(x, x), kernel(y, y), kernel(x, y)
    within = (kxx.sum() - kxx.trace() + kyy.sum() - kyy.trace()) / (n * (n - 1))
    return float(within - 2 * kxy.mean())


def manifolds(real: Tensor, fake: Tensor, *, k: int = NEIGHBOURS) -> Row:
    """Precision, recall, density and coverage of ``fake`` (N, D) against ``real`` (M, D)."""
    between = torch.cdist(real, fake)  # (M, N)
    real_radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values  # the point itself comes first
    fake_radius = torch.cdist(fake, fake).kthvalue(k + 1, dim=1).values
    in_real = between <= real_radius[:, None]
    return {
        "precision": in_real.any(0).float().mean().item(),
        "recall": (between <= fake_radius).any(1).float().mean().item(),
        "density": in_real.float().sum(0).mean().item() / k,
        "coverage": in_real.any(1).float().mean().item(),
    }


def novelty(fake: Tensor, train: Tensor, held_out: Tensor) -> Row:
    """Distances to the nearest training face, compared with those of real faces that were not trained on.

    ``nearest_ratio`` near or above 1: no closer to the training set than new people are. ``suspicious``: the share closer
    than all but 1 % of the held-out faces; 0.01 is what chance gives.
    """
    ours = torch.cdist(fake, train).amin(1)
    theirs = torch.cdist(held_out, train).amin(1)
    return {
        "nearest_ratio": (ours.median() / theirs.median()).item(),
        "suspicious": (ours < theirs.quantile(0.01)).float().mean().item(),
    }


def diversity(fake: Tensor, real: Tensor) -> float:
    """Mean distance between two of ``fake``, over that between two of ``real``."""
    return (torch.pdist(fake).mean() / torch.pdist(real).mean()).item()


# --- features of pictures -------------------------------------------------------------------------------------------


def lite0() -> Embed:
    network = efficientnet_lite.fuse(efficientnet_lite.load(efficientnet_lite.fetch()))
    return _embedder(network, network.features, side=128)


def vgg() -> Embed:
    network = vgg16.load()
    return _embedder(network, network, side=SIDE)


SPACES: dict[str, Callable[[], Embed]] = {"lite0": lite0, "vgg16": vgg}


def _embedder(network: nn.Module, features: Callable[[Tensor], Tensor], side: int) -> Embed:
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def embed(pictures: Pictures) -> Tensor:
        rows = []
        for start in range(0, len(pictures), 32):
            images = torch.from_numpy(pictures[start : start + 32]).float() / 127.5 - 1
            if side != SIDE:
                images = F.interpolate(images, size=side, mode="bicubic", antialias=False).clamp(-1, 1)
            rows.append(features(images.contiguous(memory_format=torch.channels_last)))
        return torch.cat(rows)

    return embed


def to_array(images: Iterable[Image.Image]) -> Pictures:
    """Pictures of any size, area-averaged."""
    small = [image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX) for image in images]
    return np.stack([np.asarray(s).transpose(2, 0, 1) for s in small])


# --- the table ------------------------------------------------------------------------------------------------------


def generate(pipeline: Pipeline, count: int, seed: int, truncation: float = 1.0) -> Pictures:
    """``count`` faces with seeds from ``seed`` on, in batches where the pipeline can."""
    images: list[Image.Image] = []
    batch, seeds = getattr(pipeline, "batch", None), seeds_from(seed, count)
    while len(images) < count:
        own = seeds[len(images) : len(images) + 16]
        if batch is not None:
            images += batch([FacesRequest(seed=one, count=1, truncation=truncation) for one in own])
            continue
        ask = FacesRequest(seed=own[0], count=len(own), truncation=truncation)
        images += drain(pipeline.stream(ask)).output.images
    return to_array(images)


def score(space: str, real: Tensor, fake: Tensor, train: Tensor | None = None) -> Row:
    """All metrics of one set in one space; precision and its kin on equally many pictures."""
    value, error = kid(real, fake)
    n = min(len(real), len(fake))
    row: Row = {f"kid-{space}": value, "error": error, **manifolds(real[:n], fake[:n])}
    row["diversity"] = diversity(fake, real)
    if train is not None:
        row |= novelty(fake, train, real)
    return {key: round(x, 4) if isinstance(x, float) else x for key, x in row.items()}


def detector() -> Detector:
    """The face detector, downloaded on first use."""
    fetching = face_detector.fetch()
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            return Detector(done.value)


def accepted(pictures: Pictures, detector: Detector) -> float:
    """Share of the pictures in which the detector finds a face."""
    shown = (Image.fromarray(p.transpose(1, 2, 0)) for p in pictures)
    return sum(bool(detector.find(image)) for image in shown) / len(pictures)


def references(train: Pictures, real: Pictures, count: int) -> Iterator[tuple[str, Pictures]]:
    """Reference rows for the metrics: real training faces, and blurred held-out ones."""
    chosen = np.random.default_rng(0).choice(len(train), min(count, len(train)), replace=False)
    yield "real training faces", train[chosen]
    blurred = [Image.fromarray(p.transpose(1, 2, 0)).filter(ImageFilter.GaussianBlur(1.5)) for p in real]
    yield "real faces, blurred 1.5 px", to_array(blurred)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``python -m aigc_core.evaluation faces``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation faces", description=__doc__)
    parser.add_argument("models", nargs="*", help="registry names; NAME=FOLDER takes the weights from that folder")
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of aligned faces")
    parser.add_argument("--split", default="val")
    parser.add_argument("--count", type=int, default=500, help="generated faces of each model")
    parser.add_argument("--seed", type=int, default=100_000)
    parser.add_argument("--truncation", type=float, nargs="+", default=[1.0])
    parser.add_argument("--spaces", nargs="+", choices=tuple(SPACES), default=["lite0"])
    parser.add_argument("--references", action="store_true", help="rows of real and of blurred faces as well")
    parser.add_argument("--out", type=Path, help="write the table there as JSON")
    parser.add_argument("--record", action="store_true", help="also write each of our models' rows into its eval.json")
    args = parser.parse_args(argv)

    real, _ = faces.load(args.data, split=args.split, resolution=SIDE)
    train, _ = faces.load(args.data, split="train", resolution=SIDE)
    sets = [(name, 1.0, pictures) for name, pictures in references(train, real, args.count)] if args.references else []
    for name in args.models:
        pipeline = _pipeline(name)
        for psi in args.truncation:
            sets.append((name.partition("=")[0], psi, generate(pipeline, args.count, args.seed, psi)))
    judge = detector()
    share = accepted(real, judge)
    found = [accepted(pictures, judge) / share for _, _, pictures in sets]
    table: list[Row] = []
    for space in args.spaces:
        embed = SPACES[space]()
        real_features = embed(real)
        train_features = embed(train) if space == "lite0" else None  # a minute; the second opinion goes without
        for (name, psi, pictures), passed in zip(sets, found, strict=True):
            about: Row = {"model": name, "truncation": psi, "split": args.split, "pictures": len(pictures)}
            about |= {"space": space, "accepted": round(passed, 4)}
            table.append({**about, **score(space, real_features, embed(pictures), train_features)})
            print(json.dumps(table[-1]), flush=True)
    if args.out is not None:
        args.out.write_text(json.dumps({"seed": args.seed, "rows": table}, indent=1) + "\n", "utf-8")
    if args.record:
        for name in {name.partition("=")[0] for name in args.models}:
            record(name, table, args.seed)
    return 0


def record(name: str, table: Sequence[Row], seed: int) -> None:
    """Put a model's rows and those it is compared with (reference sets, models of others) into its checkpoint's ``eval.json``;
    its curve stays."""
    spec = registry.find(name, "faces")
    if not isinstance(spec.source, Shipped):
        return
    file = weights.CHECKPOINTS / spec.source.folder / "eval.json"
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    rows = [row for row in table if row["model"] == name or not _ours(str(row["model"]))]
    file.write_text(json.dumps({**known, "seed": seed, "rows": rows}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _ours(name: str) -> bool:
    return name.startswith("faces-") and isinstance(registry.find(name, "faces").source, Shipped)


def _pipeline(name: str) -> Pipeline:
    row, _, folder = name.partition("=")
    return registry.build(registry.find(row, "faces"), [Path(folder)]) if folder else registry.load(row)
