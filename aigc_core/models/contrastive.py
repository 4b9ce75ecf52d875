"""Two networks that put pictures and captions that belong together in the same place.

Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision" (CLIP), arXiv 2103.00020, figure 3:
both sides are brought to unit length, and each picture must find its caption among all of the batch, and the other way round:

    L = ½·[CE(S/τ, i) + CE(Sᵀ/τ, i)]           S_ij = picture_i · caption_j

Small enough to learn within a second: layers on pixels, the mean of word vectors on captions.

Shapes: B batch, P numbers a picture, W words a caption, D dimensions of the common space.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class TwoTowers(nn.Module):
    """Pictures (B, P) and captions (B, W) of word numbers -> points of unit length (B, D) each."""

    def __init__(self, pixels: int, words: int, dimensions: int = 24, width: int = 96) -> None:
        super().__init__()
        self.pictures = nn.Sequential(
            nn.Linear(pixels, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, dimensions)
        )
        self.captions = nn.Sequential(nn.EmbeddingBag(words, width), nn.Linear(width, dimensions))

    def forward(self, pictures: Tensor, captions: Tensor) -> tuple[Tensor, Tensor]:
        return F.normalize(self.pictures(pictures), dim=1), F.normalize(self.captions(captions), dim=1)


def loss(pictures: Tensor, captions: Tensor, temperature: float) -> Tensor:
    """L of unit vectors (B, D), row i of each belonging together."""
    similarity = pictures @ captions.T / temperature  # (B, B)
    right = torch.arange(len(similarity), device=similarity.device)
    return (F.cross_entropy(similarity, right) + F.cross_entropy(similarity.T, right)) / 2
