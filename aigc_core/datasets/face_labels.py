"""Class labels of faces (age group, gender, mouth), read from ``metadata.csv`` or from the words of a prompt.

Class 0 means "unspecified". The groups are FairFace's, with its two genders; they are labels that annotators gave to photos, and
no statement about the people. How far a mouth is open was measured on landmarks, in distances between the eyes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

AGES = ("20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
GENDERS = ("Female", "Male")
MOUTHS = ("closed", "parted", "open")
MOUTH_EDGES = (0.05, 0.15)
"""``mouth_open`` at which parted and open begin: two fifths of the training faces are closed, a third open."""

CLASSES = (len(AGES), len(GENDERS), len(MOUTHS))
COUNTS = (
    ((559, 389, 906), (479, 267, 403)),
    ((317, 247, 565), (533, 288, 292)),
    ((157, 110, 247), (333, 179, 142)),
    ((119, 69, 102), (243, 108, 71)),
    ((69, 27, 22), (111, 53, 15)),
    ((50, 11, 9), (34, 12, 5)),
)
"""Training faces of each age group, gender and mouth, those with all three known."""
NULL = (0, 0, 0)
"""No label given."""
DIRECTIONS_FILE = "directions.safetensors"
"""File beside a checkpoint's weights with the latent directions of age, mouth, gender and brightness."""

_WORDS: tuple[tuple[tuple[int, str], ...], ...] = (
    ((6, r"\b(very old|7\d|8\d|9\d)|七十|八十|老人"), (5, r"\b(old|elderly|senior|6\d)|六十|年老|老"), (4, r"\b5\d|五十"),
     (3, r"\b(middle[- ]aged|4\d)|中年|四十"), (2, r"\b3\d|三十"), (1, r"\b(young|youthful|2\d)|年轻|青年|二十")),
    ((1, r"\b(wom[ae]n|females?|girls?|lad(y|ies))\b|女"), (2, r"\b(m[ae]n|males?|boys?|guys?)\b|男")),
    ((3, r"open[- ]mouth|mouth (wide )?open|laugh|张嘴|张开嘴|大笑"), (1, r"closed[- ]mouth|mouth closed|serious|闭嘴|严肃"),
     (2, r"smil|parted|微笑|笑")),
)  # fmt: skip


KNOWN = (
    "an age (young, middle-aged, old, or a number from 20 to 89), woman or man, serious, smiling, laughing",
    "年龄（年轻、中年、老，或二十至八十几岁）、女或男、严肃、微笑、大笑",
)
"""The words that a prompt may use, in English and Chinese."""
_ASIDE = re.compile(
    r"\b(an?|the|of|and|or|with|in|on|at|is|are|his|her|very|years?|aged?|portraits?|photos?|photographs?|pictures?|faces?|persons?"
    r"|people|humans?|adults?|someone)\b|一[位个张名]|[的是在有和与岁人像脸性子士]|照片|肖像|人像|成年"
)
"""Words that ask for nothing beyond a face."""


def encode(rows: Sequence[Mapping[str, str]]) -> NDArray[np.int64]:
    """Labels (N, 3) of metadata rows; 0 where a column is missing or holds something else."""
    labels = np.zeros((len(rows), len(CLASSES)), np.int64)
    for label, row in zip(labels, rows, strict=True):
        label[0] = AGES.index(row["age"]) + 1 if row.get("age") in AGES else 0
        label[1] = GENDERS.index(row["gender"]) + 1 if row.get("gender") in GENDERS else 0
        label[2] = 1 + sum(float(row["mouth_open"]) >= edge for edge in MOUTH_EDGES) if row.get("mouth_open") else 0
    return labels


def parse(prompt: str) -> tuple[int, ...]:
    """Read labels from a description in English or Chinese: "a smiling woman, 35" is (2, 1, 2); 0 where it says
    nothing."""
    text = prompt.lower()
    return tuple(next((c for c, words in attribute if re.search(words, text)), 0) for attribute in _WORDS)


def ignored(prompt: str) -> tuple[str, ...]:
    """The words of a prompt that set no label: "a smiling woman with red hair" gives ("red", "hair")."""
    rest = prompt.lower()
    for attribute in _WORDS:
        for _, words in attribute:
            rest = re.sub(rf"(?:{words})[a-z0-9]*", " ", rest)
    return tuple(dict.fromkeys(re.findall(r"[^\W\d_][\w'-]*", _ASIDE.sub(" ", rest))))


def draw(labels: Sequence[int], rng: np.random.Generator, avoided: Sequence[int] = NULL) -> tuple[int, ...]:
    """Sample unspecified labels from the training distribution, given the specified ones.

    Args:
        avoided: Labels that are not drawn; labels of the prompt win over them.
    """
    counts = np.array(COUNTS, np.float64)
    for axis, (label, unwanted) in enumerate(zip(labels, avoided, strict=True)):
        kept = np.ones(counts.shape[axis])
        if label:
            kept = np.eye(len(kept))[label - 1]
        elif unwanted:
            kept[unwanted - 1] = 0
        counts *= np.expand_dims(kept, [i for i in range(counts.ndim) if i != axis])
    place = rng.choice(counts.size, p=(counts / counts.sum()).ravel())
    return tuple(int(i) + 1 for i in np.unravel_index(place, counts.shape))


def describe(labels: Sequence[int]) -> str:
    """The labels in words: ``30-39, Female, mouth parted``; empty when there are none."""
    names = (AGES, GENDERS, tuple(f"mouth {mouth}" for mouth in MOUTHS))
    return ", ".join(group[label - 1] for group, label in zip(names, labels, strict=True) if label)
