"""Replay the files of ``docs/gallery``: ``python scripts/gallery.py OUT [NAME …]`` makes them again in the folder OUT and says which differ.

Bytes depend on the machine, see ``python -m aigc_core.recipe --help``. What was made in other ways has its own script:
``faces_examples.py``, ``inside_examples.py``, ``python -m demos.ui.pictures``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image

from aigc_core import cli, recipe, resources
from aigc_core.errors import InvalidRequestError
from aigc_core.media import audio, image

GALLERY = resources.folder("docs") / "gallery"
ENLARGED = {"faces-photo.png": 4}
"""Pictures that are a replayed face, so many times larger; see ``faces_examples.py``."""

BESIDE = ("speak-words.json", "speak-words-zh.json")
"""Words and times of a sound, which ``openings.py`` keeps beside it."""


def files() -> Iterator[Path]:
    """The files that carry a recipe."""
    for file in sorted(file for file in GALLERY.iterdir() if file.is_file()):
        try:
            recipe.read(file)
        except InvalidRequestError:
            continue
        yield file


def replay(file: Path, folder: Path) -> Path:
    """Make a file of the gallery again in ``folder``; its place there."""
    made, found = folder / file.name, recipe.read(file)
    if file.suffix == ".flac":  # a task writes WAV
        sound = made.with_suffix(".wav")
        cli.replay(found, sound, force=True)
        audio.write(made, audio.read(sound, max_seconds=60), comment=recipe.dumps(found))
    elif file.name in ENLARGED:
        cli.replay(found, made, force=True)
        (face,) = folder.glob(f"{file.stem}-00-*.png")
        text = {recipe.KEY: recipe.dumps(found), "Comment": recipe.GENERATED}
        image.write_png(made, image.enlarge(Image.open(face), ENLARGED[file.name]), text)
    else:
        cli.replay(found, made, force=True)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for file in files():
        if file.name not in BESIDE and (not args.names or file.name in args.names):
            same = replay(file, args.out).read_bytes() == file.read_bytes()
            print(f"{file.name}: {'the same bytes' if same else 'differs'}", flush=True)


if __name__ == "__main__":
    main()
