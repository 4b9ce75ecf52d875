"""VITS (arXiv 2106.06103) through transformers: text to waveform in one network, a variational autoencoder with a flow.

Also the MMS voices (arXiv 2305.13516), which are VITS on letters. Durations and latents are drawn at random, so every
seed is another rendition.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aigc_core import runtime
from aigc_core.errors import CheckpointError
from aigc_core.media import speech
from aigc_core.nlp import phonemes
from aigc_core.pipelines import interruptible
from aigc_core.pipelines.seeded import seeded
from aigc_core.pipelines.speech import readable
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.types import Events, ModelSpec

if TYPE_CHECKING:
    from torch import Tensor


class Vits:
    """A VITS checkpoint in transformers' layout."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        runtime.torchaudio()  # before transformers, which imports it
        from transformers import VitsModel, VitsTokenizer

        phonemes.use_packaged_espeak()
        folder = str(folders[0])
        try:
            with runtime.quiet_transformers():
                self._tokenizer: Any = VitsTokenizer.from_pretrained(folder, local_files_only=True)
                model = VitsModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
            raise CheckpointError(
                f"{folders[0].name} could not be loaded as a VITS voice: {str(error).splitlines()[0][:200]}",
                f"{folders[0].name} 无法作为 VITS 模型加载。",
            ) from error
        self._spec = spec
        self._model: Any = model.eval().to(runtime.device())

    def stream(self, request: SpeakRequest) -> Events:
        """One event per sentence, and a beat every 0.2 s in between."""
        texts, dropped = readable.normalized_sentences(self._spec, request)
        with closing(self._synthesize(texts, request)) as synthesis:
            yield from readable.speak(texts, dropped, self._model.config.sampling_rate, synthesis, {"language": "en"})

    def _synthesize(self, texts: list[str], request: SpeakRequest) -> Generator[speech.Samples | None, None, None]:
        generator = runtime.generator(request.seed)
        for text in texts:
            inputs = self._tokenizer(text, return_tensors="pt").to(runtime.device())

            def forward(inputs: Any = inputs) -> Tensor:
                waveform: Tensor = self._model(**inputs, speaking_rate=request.speed).waveform  # (1, samples)
                return waveform

            waveform = yield from interruptible.call(self._model, seeded(generator, forward))
            yield waveform[0].float().cpu().numpy()
