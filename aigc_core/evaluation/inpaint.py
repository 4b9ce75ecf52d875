"""Inpainting beside the photo itself: ``python -m aigc_core.evaluation inpaint inpaint-telea inpaint-patchmatch --data photos224.zip``.

Photos of the split ``val`` get free-form holes of 10–20, 20–40 and 40–60 % of their area, the same for every model. In the hole:
PSNR in dB (higher is nearer), the distance of VGG16's features (:func:`aigc_core.models.features.perceptual.hole_distance`, four blocks)
and that of EfficientNet-Lite0's (lower is nearer). ``--checkpoint FOLDER`` adds a network of our own that is in no row yet.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from aigc_core import registry
from aigc_core.datasets.photos import Photos
from aigc_core.engine import drain
from aigc_core.media.free_form import BANDS, free_form
from aigc_core.models.features import efficientnet_lite, vgg16
from aigc_core.models.features.perceptual import hole_distance
from aigc_core.pipelines.images.neural_inpaint import NeuralInpaint
from aigc_core.tasks.inpaint import InpaintRequest
from aigc_core.types import Local, ModelSpec, Pipeline

log = logging.getLogger(__name__)

DEPTH = 4
"""Blocks of VGG16 whose features are compared."""
Look = Callable[[Tensor], list[Tensor]]
Results = dict[str, dict[str, dict[str, float]]]
Hole = NDArray[np.bool_]


class Case(NamedTuple):
    photo: Image.Image
    hole: Hole
    """Mask (H, W), True in the hole."""
    band: str
    """Such as ``10–20 %``."""


def cases(photos: Photos, count: int, seed: int = 0) -> list[Case]:
    """``count`` photos spread over the split, each with a hole of every band."""
    chosen = np.linspace(0, len(photos) - 1, min(count, len(photos))).round().astype(int)
    made = []
    for i in chosen:
        photo = photos.picture(int(i))
        for j, (low, high) in enumerate(BANDS):
            rng = np.random.default_rng([seed, int(i), j])
            hole = free_form(rng, photo.height, photo.width, low, high)
            made.append(Case(photo, hole, f"{low:.0%}–{high:.0%}".replace("%–", "–")))
    return made


def psnr(photo: NDArray[np.uint8], filled: NDArray[np.uint8], hole: Hole) -> float:
    """10 log₁₀(255² / mean squared error in the hole), at most 60 dB."""
    error = np.square(photo[hole].astype(float) - filled[hole]).mean()
    return float(10 * np.log10(255**2 / max(error, 255**2 / 1e6)))


def to_tensor(image: Image.Image) -> Tensor:
    """RGB to (1, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


@torch.inference_mode()
def maps_of(image: Image.Image, looks: Mapping[str, Look]) -> dict[str, list[Tensor]]:
    """Features of pictures under each network."""
    x = to_tensor(image)
    return {name: look(x) for name, look in looks.items()}


def score(
    case: Case, filled: Image.Image, seen: Mapping[str, list[Tensor]], looks: Mapping[str, Look]
) -> dict[str, float]:
    """PSNR and the distance of each network, in the hole; ``seen`` is what they see in the photo."""
    scores = {"psnr": psnr(np.asarray(case.photo), np.asarray(filled), case.hole)}
    hole = torch.from_numpy(case.hole)[None, None].float()
    for name, maps in maps_of(filled, looks).items():
        scores[name] = float(hole_distance(seen[name], maps, hole))
    return scores


def evaluate(pipelines: Mapping[str, Pipeline], asked: Sequence[Case], looks: Mapping[str, Look]) -> Results:
    """Means over the photos: model → band → measure → value."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {name: {} for name in pipelines}
    for i, case in enumerate(asked):
        mask = Image.fromarray(case.hole.astype(np.uint8) * 255)
        seen = maps_of(case.photo, looks)
        for name, pipeline in pipelines.items():
            filled = drain(pipeline.stream(InpaintRequest(image=case.photo, mask=mask))).output
            found[name].setdefault(case.band, []).append(score(case, filled, seen, looks))
        log.info("%d of %d", i + 1, len(asked))
    return {
        name: {
            band: {key: round(float(np.mean([s[key] for s in scores])), 4) for key in scores[0]}
            for band, scores in bands.items()
        }
        for name, bands in found.items()
    }


def table(results: Results) -> str:
    """Markdown: a row a model, a column for each band and measure."""
    bands = list(next(iter(results.values())))
    names = list(next(iter(results.values()))[bands[0]])
    head = ["model", *(f"{name} {band}" for band in bands for name in names)]
    lines = [head, ["---"] * len(head)]
    for model, found in results.items():
        lines.append([model, *(f"{found[band][name]:.3f}" for band in bands for name in names)])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def sheet(pipelines: Mapping[str, Pipeline], asked: Sequence[Case], side: int = 192) -> Image.Image:
    """A row a case: damaged, each model's answer, the photo; cut to squares of ``side`` pixels."""
    rows = []
    for case in asked:
        mask = Image.fromarray(case.hole.astype(np.uint8) * 255)
        damaged = Image.composite(Image.new("RGB", case.photo.size, "white"), case.photo, mask)
        made = [drain(p.stream(InpaintRequest(image=case.photo, mask=mask))).output for p in pipelines.values()]
        left, top = (case.photo.width - side) // 2, (case.photo.height - side) // 2
        box = (left, top, left + side, top + side)
        rows.append(np.concatenate([np.asarray(i.crop(box)) for i in (damaged, *made, case.photo)], 1))
    return Image.fromarray(np.concatenate(rows))


def looking() -> dict[str, Look]:
    """The two feature networks by the name of their metric."""
    vgg = vgg16.load()
    vgg.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    lite = efficientnet_lite.fuse(efficientnet_lite.load(efficientnet_lite.fetch()))
    return {"vgg16": lambda x: vgg.pyramid(x, DEPTH), "lite0": lite.pyramid}


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``python -m aigc_core.evaluation inpaint``."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation inpaint", description=__doc__)
    parser.add_argument("models", nargs="*", help="registry names")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="zips or folders of photos")
    parser.add_argument("--split", default="val")
    parser.add_argument("--count", type=int, default=100, help="photos; each gets a hole of every band")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="folder of a network of ours")
    parser.add_argument("--sheet", type=Path, help="PNG to draw the first photos into")
    parser.add_argument("--out", type=Path, help="eval.json to write into")
    args = parser.parse_args(argv)

    pipelines: dict[str, Pipeline] = {name: registry.load(name) for name in args.models}
    for folder in args.checkpoint:
        pipelines[str(folder)] = NeuralInpaint(_unlisted(folder), [folder])
    if not pipelines:
        parser.error("name a model or give --checkpoint")
    asked = cases(Photos(args.data, args.split), args.count)
    if args.sheet is not None:
        sheet(pipelines, asked[: 3 * 8]).save(args.sheet)
    results = evaluate(pipelines, asked, looking())
    print(table(results))
    if args.out is not None:
        known = json.loads(args.out.read_text("utf-8")) if args.out.exists() else {}
        written = {**known, "photos": args.count, "inpaint": {**known.get("inpaint", {}), **results}}
        args.out.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


def _unlisted(folder: Path) -> ModelSpec:
    return ModelSpec(
        name="inpaint-unlisted", task="inpaint", title=folder.name, source=Local(folder=folder), license="MIT",
        target="aigc_core.pipelines.images.neural_inpaint:NeuralInpaint", summary=folder.name, summary_zh=folder.name,
    )  # fmt: skip
