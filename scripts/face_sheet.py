"""An 8×8 sheet of samples for a face model's card: ``python -m scripts.face_sheet faces-gan-128 --out samples.png``.

Face i has seed 1000 + i; nothing is picked.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from aigc_core import registry
from aigc_core.engine import drain
from aigc_core.tasks.faces import FacesRequest

ROWS, SEED = 8, 1000


def sheet(name: str, seed: int = SEED) -> Image.Image:
    """The model's faces at their own size in rows of eight."""
    pipeline = registry.load(name)
    faces: list[Image.Image] = []
    while len(faces) < ROWS * ROWS:
        faces += drain(pipeline.stream(FacesRequest(seed=seed + len(faces), count=16))).output.images
    side = faces[0].width
    made = Image.new("RGB", (ROWS * side, ROWS * side))
    for i, face in enumerate(faces):
        made.paste(face, (i % ROWS * side, i // ROWS * side))
    return made


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m scripts.face_sheet", description=__doc__)
    parser.add_argument("model", help="registry name")
    parser.add_argument("--out", type=Path, default=Path("samples.png"))
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args(argv)
    sheet(args.model, args.seed).save(args.out)


if __name__ == "__main__":
    main()
