"""Quality against diversity: ``python -m aigc_core.evaluation faces_curve faces-gan-128 --data faces128.zip``.

Truncation (GAN, VAE) and guidance (diffusion) both trade variety for typical faces. Each setting is a point of the curve:
precision (which share of the faces lies among real ones), recall (which share of the real ones lies among the faces) and
``kid-lite0``, all as in :mod:`aigc_core.evaluation.faces`, on features of EfficientNet-Lite0. For guidance every face is asked
for with the labels of one real face, so that the labels are spread as in the data whatever the setting.

The points are written into ``eval.json`` of the checkpoint under ``curve``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from torch import Tensor

from aigc_core import registry, weights
from aigc_core.datasets import face_labels, faces
from aigc_core.engine import drain
from aigc_core.evaluation.faces import SIDE, Pictures, kid, lite0, manifolds, to_array
from aigc_core.tasks.faces import FacesRequest
from aigc_core.tasks.fields import seeds_from
from aigc_core.types import ModelSpec, Pipeline, Shipped

TRUNCATIONS = (0.5, 0.7, 0.85, 1.0, 1.2)
GUIDANCE = (0.0, 1.0, 1.5, 2.0, 3.0, 5.0)
BATCH = 16
Point = dict[str, float | str]


def setting_of(spec: ModelSpec) -> str:
    """The field that trades quality for diversity in a row: ``truncation`` or ``guidance_scale``."""
    return "guidance_scale" if "guidance_scale" in spec.accepts else "truncation"


def requests(setting: str, value: float, prompts: Sequence[str], seed: int) -> list[FacesRequest]:
    """One request a face; its seed counts on from ``seed``.

    Args:
        prompts: A description for each face; passed over where the setting is truncation.
    """
    seeds = seeds_from(seed, len(prompts))
    if setting == "truncation":
        return [FacesRequest(count=1, seed=own, truncation=value) for own in seeds]
    return [
        FacesRequest(count=1, seed=own, guidance_scale=value, prompt=prompt)
        for own, prompt in zip(seeds, prompts, strict=True)
    ]


def generate(pipeline: Pipeline, asked: Sequence[FacesRequest]) -> Pictures:
    """The faces, in one pass for every :data:`BATCH` where the pipeline can."""
    images: list[Image.Image] = []
    batch = getattr(pipeline, "batch", None)
    for at in range(0, len(asked), BATCH):
        part = asked[at : at + BATCH]
        images += batch(part) if batch else [drain(pipeline.stream(one)).output.images[0] for one in part]
    return to_array(images)


def point(setting: str, value: float, real: Tensor, fake: Tensor) -> Point:
    """One point of the curve from features (N, D) and (M, D); precision and recall on equally many."""
    n = min(len(real), len(fake))
    found = manifolds(real[:n], fake[:n])
    distance, error = kid(real, fake)
    return {
        "setting": setting, "value": value, "precision": round(float(found["precision"]), 4),
        "recall": round(float(found["recall"]), 4), "kid-lite0": round(distance, 2), "error": round(error, 2),
        "pictures": len(fake),
    }  # fmt: skip


def write(file: Path, curve: Sequence[Point]) -> None:
    """Put the curve into ``eval.json``; points of another setting stay."""
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    settings = {p["setting"] for p in curve}
    kept = [p for p in known.get("curve", []) if p["setting"] not in settings]
    file.write_text(json.dumps({**known, "curve": [*kept, *curve]}, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``python -m aigc_core.evaluation faces_curve``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation faces_curve", description=__doc__)
    parser.add_argument("model", help="registry name")
    parser.add_argument("--data", type=Path, required=True, help="zip or folder of aligned faces with metadata.csv")
    parser.add_argument("--split", default="val")
    parser.add_argument("--values", type=float, nargs="+", help="of truncation or guidance scale")
    parser.add_argument("--count", type=int, default=400, help="faces of each point")
    parser.add_argument("--seed", type=int, default=200_000)
    parser.add_argument("--out", type=Path, help="eval.json to write into; the checkpoint's own when not given")
    args = parser.parse_args(argv)

    spec = registry.find(args.model, "faces")
    setting = setting_of(spec)
    out = args.out
    if out is None:
        if not isinstance(spec.source, Shipped):
            parser.error(f"{spec.name} has no eval.json of this project; give --out")
        out = weights.CHECKPOINTS / spec.source.folder / "eval.json"
    real, rows = faces.load(args.data, split=args.split, resolution=SIDE)
    descriptions = [face_labels.describe([int(label) for label in row]) for row in face_labels.encode(rows)]
    prompts = [descriptions[i % len(descriptions)] for i in range(args.count)]
    embed, pipeline = lite0(), registry.load(spec.name)
    real_features = embed(real)
    curve: list[Point] = []
    for value in args.values or (GUIDANCE if setting == "guidance_scale" else TRUNCATIONS):
        fake = generate(pipeline, requests(setting, value, prompts, args.seed))
        curve.append(point(setting, value, real_features, embed(fake)))
        print(json.dumps(curve[-1]), flush=True)
        write(out, curve)
    return 0
