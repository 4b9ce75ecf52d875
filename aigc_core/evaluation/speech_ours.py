"""``python -m aigc_core.evaluation speech_ours --acoustic DIR --vocoder DIR --data speech_en_kokoro.zip …``: our speech beside its teacher.

On held-out sentences of each language, in this order:

- *copy*: the vocoder alone, from the teacher's spectrum and pitch;
- *led*: the acoustic model under the teacher's durations, so that frames can be compared, and the vocoder;
- *free*: phonemes to sound, all our own. Durations are compared phoneme by phoneme.

Mel-cepstral distortion in dB, F0 error in cents, share of frames wrongly voiced, error of durations in ms, DNSMOS (beside the
teacher's), real-time factor (processor time over duration). ``--recogniser`` adds word error rates by pocketsphinx for English.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aigc_core import checkpoint, terminal
from aigc_core.datasets import speech as dataset
from aigc_core.datasets.speech import Sentence
from aigc_core.errors import MissingDependencyError
from aigc_core.evaluation.dnsmos import DNSMOS, resampled
from aigc_core.metrics import speech as metrics
from aigc_core.models import fastspeech
from aigc_core.models.fastspeech import FastSpeech, FastSpeechConfig
from aigc_core.models.features.log_mel import HOP, SAMPLE_RATE, log_mel
from aigc_core.models.source_filter_vocoder import SourceFilterVocoder, VocoderConfig
from aigc_core.tokenizers.phoneme_tokens import LANGUAGES

Samples = NDArray[np.float32]
UNIT_MS = 25.0


class Models(NamedTuple):
    acoustic: FastSpeech
    vocoder: SourceFilterVocoder

    @classmethod
    def load(cls, acoustic: Path, vocoder: Path) -> Models:
        """Both checkpoints, strictly."""
        return cls(
            checkpoint.load(acoustic, FastSpeech(checkpoint.load_config(acoustic, FastSpeechConfig))),
            checkpoint.load(vocoder, SourceFilterVocoder(checkpoint.load_config(vocoder, VocoderConfig))),
        )

    @torch.no_grad()
    def sound(self, mel: Tensor, f0: Tensor) -> Samples:
        """The vocoder's samples of a spectrum (M, N_MELS) and a pitch (M,)."""
        noise = torch.randn(1, HOP * len(mel), generator=torch.Generator().manual_seed(0))
        return np.asarray(self.vocoder(mel[None], f0[None], noise)[0].clamp(-1, 1).numpy(), np.float32)

    @torch.no_grad()
    def led(self, sentence: Sentence) -> tuple[Tensor, Tensor, Tensor]:
        """Spectrum and pitch under the teacher's durations, and our own durations in units of 25 ms, (L,)."""
        ids, mask = torch.from_numpy(sentence.ids)[None], torch.ones(1, len(sentence.ids))
        h = self.acoustic.encode(ids, torch.tensor([LANGUAGES.index(sentence.language)]), mask)
        x, frames = self.acoustic.expand(h, torch.from_numpy(sentence.durations)[None])
        said = self.acoustic.predict(x, frames)
        said = said._replace(voiced=(said.voiced > 0).float())
        own = self.acoustic.log_durations(h, mask)[0].exp() - 1
        return self.acoustic.decode(x, frames, said)[0], fastspeech.hertz(said)[0], own


def judged(
    models: Models, sentence: Sentence, teacher: Samples, opinion: Callable[[Samples], float]
) -> dict[str, float]:
    """All figures of one sentence."""
    mel = log_mel(torch.from_numpy(teacher)[None])[0]
    copy = models.sound(mel, torch.from_numpy(sentence.f0))
    led, f0, durations = models.led(sentence)
    cents, misvoiced = metrics.pitch_error(f0.numpy(), sentence.f0)
    began = time.process_time()
    own_mel, own_f0 = models.acoustic.speak(torch.from_numpy(sentence.ids), LANGUAGES.index(sentence.language))
    between = time.process_time()
    free = models.sound(own_mel, own_f0)
    done = time.process_time()
    seconds = len(free) / SAMPLE_RATE
    return {
        "copy MCD dB": metrics.cepstral_distortion(_mel(copy), mel.numpy()),
        "led MCD dB": metrics.cepstral_distortion(_mel(models.sound(led, f0)), mel.numpy()),
        "F0 cents": cents,
        "misvoiced": misvoiced,
        "duration ms": UNIT_MS * float(np.abs(durations.numpy() - sentence.durations)[1:-1].mean()),
        "DNSMOS teacher": opinion(teacher),
        "DNSMOS copy": opinion(copy),
        "DNSMOS free": opinion(free),
        "RTF acoustic": (between - began) / seconds,
        "RTF vocoder": (done - between) / seconds,
    }


def _mel(samples: Samples) -> Samples:
    return np.asarray(log_mel(torch.from_numpy(samples)[None])[0].numpy(), np.float32)


def recogniser() -> Callable[[Samples], str]:
    """English speech to words.

    Raises:
        MissingDependencyError: pocketsphinx is not installed.
    """
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise MissingDependencyError(
            "Word error rates need pocketsphinx: pip install pocketsphinx==5.1.1",
            "计算词错误率需要 pocketsphinx：pip install pocketsphinx==5.1.1",
        ) from error
    decoder = Decoder(samprate=16_000.0, loglevel="FATAL")

    def words(samples: Samples) -> str:
        sound = resampled(samples, SAMPLE_RATE, 16_000)
        decoder.start_utt()
        decoder.process_raw((sound.clip(-1, 1) * 32767).astype(np.int16).tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return "" if found is None else str(found.hypstr)

    return words


def plain(text: str) -> str:
    """Lower case, letters and apostrophes alone."""
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.evaluation speech_ours", description=__doc__)
    parser.add_argument("--acoustic", type=Path, required=True, help="checkpoint folder")
    parser.add_argument("--vocoder", type=Path, required=True, help="checkpoint folder")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="speech_*_kokoro.zip, alignments beside them"
    )
    parser.add_argument("--sentences", type=int, default=20, help="of each language's held-out ones")
    parser.add_argument("--recogniser", action="store_true", help="also word error rates for English")
    parser.add_argument("--sounds", type=Path, help="write what is judged into this folder, as FLAC")
    parser.add_argument("--out", type=Path, help="write everything as JSON, too")
    args = parser.parse_args(argv)
    models, network = Models.load(args.acoustic, args.vocoder), DNSMOS()
    words = recogniser() if args.recogniser else None
    rows: list[dict[str, Any]] = []
    for archive in args.data:
        alignment = archive.with_name(archive.name.replace("_kokoro.zip", "_alignment.npz"))
        held = [s for s in dataset.read(archive, alignment) if s.split == "val"][: args.sentences]
        figures: defaultdict[str, list[float]] = defaultdict(list)
        for sentence, teacher in zip(held, dataset.sounds(archive, held), strict=True):
            found = judged(models, sentence, teacher, lambda samples: network(samples, SAMPLE_RATE))
            free = models.sound(
                *models.acoustic.speak(torch.from_numpy(sentence.ids), LANGUAGES.index(sentence.language))
            )
            if words is not None and sentence.language == "en":
                said = plain(sentence.text)
                found["WER teacher"] = metrics.edit_rate(said, plain(words(teacher)))
                found["WER free"] = metrics.edit_rate(said, plain(words(free)))
            for name, value in found.items():
                figures[name].append(value)
            if args.sounds:
                _write(args.sounds / f"{sentence.language}-{Path(sentence.file).stem}.flac", free)
        row = {"language": held[0].language, "sentences": len(held)}
        rows.append(row | {name: round(float(np.mean(values)), 4) for name, values in figures.items()})
        terminal.say(json.dumps(rows[-1]))
    if args.out:
        args.out.write_text(json.dumps({"split": "val", "rows": rows}, indent=1) + "\n", "utf-8")
    return 0


def _write(file: Path, samples: Samples) -> None:
    from aigc_core.media import audio
    from aigc_core.tasks.audio import Audio

    file.parent.mkdir(parents=True, exist_ok=True)
    audio.write(file, Audio(samples=samples, sample_rate=SAMPLE_RATE))
