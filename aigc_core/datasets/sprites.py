"""Clips of small figures: a zip or folder of frame strips with ``metadata.csv``, as pictures with transparency and labels.

A strip holds the frames of a clip side by side on a flat ground; the colour of its first pixel is taken to be the ground, and
made transparent. The project's own runs use 1,400 clips of figures of the Universal LPC Spritesheet (CC BY-SA 3.0 or GPL 3),
whose authors ``AUTHORS.txt`` names.

Shapes: N clips, T frames, S side, A attributes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aigc_core.datasets.faces import opened, rows_of
from aigc_core.errors import InvalidRequestError
from aigc_core.files import PICTURE_FORMATS

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "action": ("walk", "spellcast", "thrust"),
    "direction": ("up", "left", "down", "right"),
    "sex": ("female", "male"),
    "body": ("light", "tanned", "tanned2", "dark", "dark2", "darkelf", "darkelf2", "orc", "red_orc", "skeleton"),
    "hair": (
        "none", "bangs", "bangslong", "bangslong2", "bangsshort", "bedhead", "bunches", "jewfro", "long", "longhawk", "longknot",
        "loose", "messy1", "messy2", "mohawk", "page", "page2", "parted", "pixie", "plain", "ponytail", "ponytail2", "princess",
        "shorthawk", "shortknot", "shoulderl", "shoulderr", "swoop", "unkempt", "xlong", "xlongknot",
    ),
    "hair_color": (
        "none", "black", "blonde", "blue", "brown", "brunette", "dark-blonde", "gold", "gray", "green", "light-blonde", "pink",
        "purple", "raven", "redhead", "ruby-red", "white", "white-blonde", "white-cyan",
    ),
    "torso": (
        "leather", "jacket", "mail", "longsleeve/teal", "longsleeve/maroon", "longsleeve/brown", "longsleeve/white",
        "tunic/maroon", "tunic/white", "tunic/brown", "tunic/teal", "pirate/maroon", "pirate/white", "pirate/brown", "pirate/teal",
        "sleeveless/white", "sleeveless/maroon", "sleeveless/teal", "sleeveless/brown", "overskirt", "blue_vest", "underdress",
        "dress_w_sash",
    ),
    "legs": ("pants/red", "pants/magenta", "pants/teal", "pants/white", "armor/golden", "armor/metal", "skirt"),
    "feet": (
        "boots/metal", "boots/golden", "shoes/black", "shoes/maroon", "shoes/brown", "slippers/gray", "slippers/black",
        "slippers/white", "slippers/brown",
    ),
}  # fmt: skip
"""Classes of each attribute, in the data set's own words; a label is the position in the list plus 1, and 0 is "not told"."""
CLASSES = tuple(len(classes) for classes in ATTRIBUTES.values())
HELD_OUT_EVERY = 20
"""Every so many rows one belongs to the split ``val``."""
FRAMES, SIDE = 8, 64


@dataclass(frozen=True)
class Clips:
    frames: NDArray[np.uint8]
    """(N, T, S, S, 4), RGB and opacity, the ground black and transparent."""
    labels: NDArray[np.int64]
    """(N, A)."""


def load(data: Path, split: str) -> Clips:
    """All clips of the split ``train`` or ``val``.

    Raises:
        InvalidRequestError: no clips of that split, or a strip of another size.
    """
    read, names = opened(data)
    held_out = slice(HELD_OUT_EVERY - 1, None, HELD_OUT_EVERY)
    rows = rows_of(read, names)
    if split == "val":
        rows = rows[held_out]
    else:
        del rows[held_out]
    if not rows:
        raise InvalidRequestError(f"{data} holds no clips of split {split!r}.", f"{data} 中没有 {split!r} 部分的片段。")
    clips = np.stack([_clip(row["file"], read(row["file"])) for row in rows])
    return Clips(clips, np.array([labels(row) for row in rows], np.int64))


def labels(row: dict[str, str]) -> list[int]:
    """The labels of a row of ``metadata.csv``, in the order of :data:`ATTRIBUTES`; 0 for what its lists do not have."""
    told = _told(row)
    return [
        classes.index(told[name]) + 1 if told[name] in classes else 0 for name, classes in ATTRIBUTES.items()
    ]  # fmt: skip


def _told(row: dict[str, str]) -> dict[str, str]:
    """Paths of the sprite sheet's layers ("legs/pants/male/red_pants_male") as the words of :data:`ATTRIBUTES`."""
    hair = row.get("hair", "").split("/")
    color = hair[-1].rstrip("2") if not hair[-1].startswith("shadows") else ""  # a second shade of the same colour
    torso, legs, feet = (_words(row.get(part, "")) for part in ("torso", "legs", "feet"))
    return {
        **{name: row.get(name, "") for name in ("action", "direction", "sex")},
        "body": row.get("body", "").rpartition("/")[2],
        "hair": hair[-2] if len(hair) > 1 else "none",
        "hair_color": color if len(hair) > 1 else "none",
        "torso": _named(torso, ATTRIBUTES["torso"]),
        "legs": _named(legs, ATTRIBUTES["legs"]),
        "feet": _named(feet, ATTRIBUTES["feet"]),
    }


def _words(path: str) -> set[str]:
    last = path.split("/")
    words = {word for part in last for word in part.split("_")} | set(last)
    return words | {word.rstrip("s") for word in words}


def _named(words: set[str], classes: tuple[str, ...]) -> str:
    """The class all of whose words are among ``words``; words of several parts ("blue_vest") count as one or by parts."""
    for name in classes:
        if all(part.rstrip("s") in words or set(part.split("_")) <= words for part in name.split("/")):
            return name
    return ""


def _clip(name: str, file: bytes) -> NDArray[np.uint8]:
    """One strip as frames (T, S, S, 4)."""
    with Image.open(io.BytesIO(file), formats=PICTURE_FORMATS) as image:
        if image.size != (FRAMES * SIDE, SIDE):
            wanted = f"{FRAMES * SIDE}×{SIDE}"
            raise InvalidRequestError(
                f"{name}: a strip must be {wanted} pixels; got {image.size[0]}×{image.size[1]}.",
                f"{name}：帧条须为 {wanted} 像素，实为 {image.size[0]}×{image.size[1]}。",
            )
        pixels = np.asarray(image.convert("RGB"))
    solid = (pixels != pixels[0, 0]).any(-1, keepdims=True)
    strip = np.concatenate([pixels * solid, solid * np.uint8(255)], -1)  # (S, T·S, 4)
    return strip.reshape(SIDE, FRAMES, SIDE, 4).swapaxes(0, 1)
