"""SpeechT5 (arXiv 2110.07205) through transformers, with its HiFi-GAN vocoder (arXiv 2010.05646).

An encoder reads characters; a decoder writes ``reduction_factor`` mel frames a step under a speaker vector, until it
predicts the stop; a postnet corrects the frames; the vocoder turns them into sound.

The published speakers are x-vectors of a data set. Here the speaker is a direction drawn from the seed instead: nothing
to fetch, and every seed is somebody else, but not every direction is a natural voice. The prenet keeps its dropout at
inference (Tacotron 2, §2.2); it is drawn from the seed, too.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aigc_core import runtime, weights
from aigc_core.errors import CheckpointError
from aigc_core.media import speech
from aigc_core.pipelines import interruptible
from aigc_core.pipelines.seeded import seeded
from aigc_core.pipelines.speech import readable
from aigc_core.tasks.speak import SpeakRequest
from aigc_core.types import Events, Hub, ModelSpec, Progress

if TYPE_CHECKING:
    from torch import Tensor

STOP_PROBABILITY = 0.5
MAX_FRAMES_PER_CHARACTER = 20
STEPS_PER_BEAT = 4
LONGEST_SENTENCE = 300  # characters; the encoder has 450 positions and drifts well before them


class SpeechT5:
    """SpeechT5 for text to speech; the vocoder is fetched with the first request unless ``vocoder/`` is in the folder."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        runtime.torchaudio()  # before transformers, which imports it
        from transformers import SpeechT5ForTextToSpeech, SpeechT5Tokenizer

        self._spec = spec
        self._folder = folders[0]
        self._tokenizer: Any = _load(SpeechT5Tokenizer, folders[0])
        self._model: Any = _load(SpeechT5ForTextToSpeech, folders[0]).eval().to(runtime.device())
        self._vocoder: Any = None

    def stream(self, request: SpeakRequest) -> Events:
        """One event per sentence, and a beat every few mel frames in between."""
        texts, dropped = readable.normalized_sentences(self._spec, request, LONGEST_SENTENCE)
        if self._vocoder is None:
            self._vocoder = yield from self._load_vocoder()
        rate = self._vocoder.config.sampling_rate
        with closing(self._synthesize(texts, request)) as synthesis:
            yield from readable.speak(texts, dropped, rate, synthesis, {"language": "en"})

    def _load_vocoder(self) -> Generator[Progress, None, Any]:
        from transformers import SpeechT5HifiGan

        folder = self._folder / "vocoder"
        if not folder.is_dir():
            source: Hub = self._spec.settings["vocoder"]
            folder = (yield from weights.ensure(source))[0]
        return _load(SpeechT5HifiGan, folder).eval().to(runtime.device())

    def _synthesize(self, texts: list[str], request: SpeakRequest) -> Generator[speech.Samples | None, None, None]:
        import torch
        from torch.nn.functional import interpolate

        generator = runtime.generator(request.seed)
        speaker = torch.randn(1, self._model.config.speaker_embedding_dim, generator=generator)
        for text in texts:
            ids = self._tokenizer(text, return_tensors="pt")["input_ids"].to(runtime.device())
            frames = yield from self._mel(ids, speaker.to(runtime.device()), generator)  # (frames, bins)
            if request.speed != 1.0:  # the model knows no speed: stretch the frames in time
                frames = interpolate(frames.T[None], scale_factor=1 / request.speed, mode="linear")[0].T

            def vocode(frames: Any = frames) -> Tensor:
                sound: Tensor = self._vocoder(frames)
                return sound

            waveform = yield from interruptible.call(self._vocoder, vocode)
            yield waveform.float().cpu().numpy()

    def _mel(self, ids: Tensor, speaker: Tensor, generator: Any) -> Generator[None, None, Tensor]:
        """Mel frames of one sentence, (frames, bins); yields every few decoder steps."""
        import torch

        config, net = self._model.config, self._model.speecht5
        mask = torch.ones_like(ids)
        encoded = (yield from interruptible.call(net.encoder, lambda: net.encoder(input_values=ids, attention_mask=mask)))[0]  # fmt: skip
        written = encoded.new_zeros(1, 1, config.num_mel_bins)  # what the decoder sees: the last frame of each step
        blocks: list[Tensor] = []
        cache: Any = None

        @torch.inference_mode()
        def step() -> Tensor:
            nonlocal cache, written
            hidden = seeded(generator, lambda: net.decoder.prenet(written, speaker))()
            decoded = net.decoder.wrapped_decoder(
                hidden_states=hidden[:, -1:],
                encoder_hidden_states=encoded,
                encoder_attention_mask=mask,
                past_key_values=cache,
                use_cache=True,
                return_dict=True,
            )
            cache = decoded.past_key_values
            last = decoded.last_hidden_state[:, 0]  # (1, D)
            block = self._model.speech_decoder_postnet.feat_out(last).view(1, config.reduction_factor, -1)
            blocks.append(block)
            written = torch.cat([written, block[:, -1:]], dim=1)
            return torch.sigmoid(self._model.speech_decoder_postnet.prob_out(last)).sum()

        for i in range(max(1, ids.shape[1] * MAX_FRAMES_PER_CHARACTER // config.reduction_factor)):
            if step() >= STOP_PROBABILITY:
                break
            if i % STEPS_PER_BEAT == 0:
                yield
        with torch.inference_mode():
            refined: Tensor = self._model.speech_decoder_postnet.postnet(torch.cat(blocks, dim=1))
            return refined[0]


def _load(cls: Any, folder: Path) -> Any:
    options = {} if "Tokenizer" in cls.__name__ else {"use_safetensors": True}
    try:
        with runtime.quiet_transformers():
            return cls.from_pretrained(str(folder), local_files_only=True, **options)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise CheckpointError(
            f"{folder.name} could not be loaded as {cls.__name__}: {str(error).splitlines()[0][:200]}",
            f"{folder.name} 无法作为 {cls.__name__} 加载。",
        ) from error
