"""Audio, the output of music and speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


MAX_AUDIO_S = 30


@dataclass(frozen=True, kw_only=True)
class Audio:
    """Mono or stereo sound; ``samples`` float32 in [-1, 1], shape (T,) or (T, 2)."""

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate
