"""An 8×8 sheet of samples for a face model's card: ``python -m scripts.face_sheet faces-gan-64 --out samples.png``.

Face i has seed 1000 + i; nothing is picked.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from aigc_core import registry
from aigc_core.evaluation.faces import generate

ROWS, SEED = 8, 1000


def sheet(name: str, seed: int = SEED) -> Image.Image:
    """The model's faces at 64 px in rows of eight."""
    pictures = generate(registry.load(name), ROWS * ROWS, seed)  # (64, 3, 64, 64)
    side = pictures.shape[-1]
    cells = pictures.reshape(ROWS, ROWS, 3, side, side).transpose(0, 3, 1, 4, 2)
    return Image.fromarray(np.ascontiguousarray(cells).reshape(ROWS * side, ROWS * side, 3))


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
