"""DNSMOS (Reddy et al. 2021, arXiv 2010.15258): a network's guess at the opinion of listeners, from 1 (bad) to 5 (excellent)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aigc_core import runtime, weights
from aigc_core.evaluation.bits_per_byte import finish
from aigc_core.types import Archive, Package

SOURCE = Package(
    archives=(
        Archive(
            name="speechmos",
            version="0.0.1.1",
            sha256="31c4c9d3234f6ee10102edff74333014c50006a3f389daf7ecacae34e68ebbf7",
            members=("speechmos/dnsmos_models/sig_bak_ovr.onnx", "*/LICENSE*"),
            size=9_439_732,
        ),
    )
)
"""MIT."""
SAMPLE_RATE = 16_000
WINDOW = int(9.01 * SAMPLE_RATE)
_OVERALL = (-0.06766283, 1.11546468, 0.04602535)
"""The published polynomial from the network's third output to an opinion score."""


class DNSMOS:
    """The network, loaded once."""

    def __init__(self) -> None:
        folder = finish(weights.ensure(SOURCE))[0]
        self._session = runtime.onnx_session(str(folder / "speechmos" / "dnsmos_models" / "sig_bak_ovr.onnx"))

    def __call__(self, samples: NDArray[np.float32], sample_rate: int) -> float:
        """Overall score of a sound; windows of 9 s, one each second, of a shorter one its repetitions."""
        sound = resampled(samples, sample_rate, SAMPLE_RATE)
        sound = np.tile(sound, -(-WINDOW // max(1, len(sound))))
        starts = range(0, len(sound) - WINDOW + 1, SAMPLE_RATE)
        name = self._session.get_inputs()[0].name
        raw = [float(self._session.run(None, {name: sound[None, at : at + WINDOW]})[0][0][2]) for at in starts]
        return float(np.mean(np.polyval(_OVERALL, raw)))


def resampled(samples: NDArray[np.float32], before: int, after: int) -> NDArray[np.float32]:
    """Another sample rate, by cutting or padding the whole sound's spectrum."""
    length = round(len(samples) * after / before)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, length) * (length / max(1, len(samples))), np.float32)
