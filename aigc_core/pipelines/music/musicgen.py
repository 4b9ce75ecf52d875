"""MusicGen (arXiv 2306.05284) through transformers: a text prompt to audio tokens to sound.

EnCodec (arXiv 2210.13438) writes a frame of sound as one token from each of K codebooks. Predicting the K tokens of a frame
at once would ignore what they owe each other, one after the other would take K times the steps; the delay pattern
(section 2.2) lies between: codebook k lags k steps, so at step s the model writes token k of frame s - k::

    step        1    2    3    4    5
    codebook 0  f0   f1   f2   f3   …
    codebook 1  pad  f0   f1   f2   …
    codebook 2  pad  pad  f0   f1   …

Classifier-free guidance (section 2.4): logits = uncond + γ (cond - uncond), both from one batch of two.

Shapes: K codebooks, F frames, V codes in a codebook.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.errors import CheckpointError, InvalidRequestError
from aigc_core.media import mel
from aigc_core.pipelines import interruptible
from aigc_core.tasks.audio import MAX_AUDIO_S, Audio
from aigc_core.tasks.compose import ComposeRequest, Music
from aigc_core.types import Events, ModelSpec, Progress, Result

FIRST_PREVIEW_S = 0.5
"""Length of the first preview; each further one comes at twice the length, so that decoding stays a small part of
the work."""
T = TypeVar("T")


class MusicGen:
    """``settings``: ``guidance_scale`` γ, ``top_k`` codes to draw from, ``prompt`` for an empty request."""

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        runtime.torchaudio()  # before transformers, which imports it
        from transformers import AutoTokenizer, MusicgenForConditionalGeneration

        folder = str(folders[0])
        try:
            with runtime.quiet_transformers():
                self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model = MusicgenForConditionalGeneration.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
                )
        except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise CheckpointError(
                f"{folders[0].name} could not be loaded as a MusicGen: {reason}",
                f"{folders[0].name} 无法作为 MusicGen 加载：{reason}",
            ) from error
        if model.decoder.config.audio_channels != 1:
            raise CheckpointError(f"{folders[0].name} is a stereo MusicGen; only mono ones are supported.")
        self._spec = spec
        self._model: Any = model.eval().to(runtime.device())
        codec = self._model.config.audio_encoder
        self._frame_rate, self._sample_rate = float(codec.frame_rate), int(codec.sampling_rate)

    @torch.inference_mode()
    def stream(self, request: ComposeRequest) -> Events:
        """One event per step of the decoder; previews are the sound so far."""
        self._check(request)
        prompt = request.prompt.strip() or str(self._spec.settings["prompt"])
        text = f"{prompt}, {request.tempo} bpm"
        frames = max(1, round(duration(request) * self._frame_rate))
        generator = runtime.generator(request.seed)
        yield Progress(step=0, total=frames)
        states, mask = yield from _beat(self._encode(text), 0, frames)
        codes = torch.zeros((self._model.decoder.num_codebooks, frames), dtype=torch.long)
        next_preview = FIRST_PREVIEW_S * self._frame_rate
        for done in self._decode(codes, states, mask, request.temperature, generator):
            yield Progress(step=done, total=frames)
            if next_preview <= done < frames:
                next_preview = 2 * done
                music = yield from _beat(self._sound(codes[:, :done]), done, frames)
                yield Progress(step=done, total=frames, preview=music)
        music = yield from _beat(self._sound(codes), frames, frames)
        info = {
            "prompt": text,
            "frames": frames,
            "codebooks": len(codes),
            "audio_seconds": round(music.audio.duration_s, 2),
        }
        yield Result(output=music, info=info)

    def _check(self, request: ComposeRequest) -> None:
        title = self._spec.title
        seconds = duration(request)
        if seconds > MAX_AUDIO_S:
            most = int(MAX_AUDIO_S * request.tempo / 240)
            raise InvalidRequestError(
                f"{title} makes at most {MAX_AUDIO_S} s; {request.bars} bars at {request.tempo} quarter notes a minute last "
                f"{seconds:.0f} s. Ask for at most {most} bars, or a faster tempo.",
                f"{title} 最长生成 {MAX_AUDIO_S} 秒；{request.bars} 小节、每分钟 {request.tempo} 拍共 {seconds:.0f} 秒。"
                f"请改为最多 {most} 小节，或加快速度。",
            )

    def _encode(self, text: str) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """The prompt's hidden states above zeros, for guidance, and their mask; (2, L, D) and (2, L)."""
        model = self._model
        inputs = self._tokenizer(text, return_tensors="pt").to(runtime.device())

        def forward() -> tuple[Tensor, Tensor]:
            states = model.text_encoder(**inputs).last_hidden_state
            mask = inputs["attention_mask"]
            states, mask = torch.cat([states, torch.zeros_like(states)]), torch.cat([mask, torch.zeros_like(mask)])
            if hasattr(model, "enc_to_dec_proj"):
                states = model.enc_to_dec_proj(states)
            return states * mask[..., None], mask

        return (yield from interruptible.call(model.text_encoder, forward))

    def _decode(
        self, codes: Tensor, states: Tensor, mask: Tensor, temperature: float, generator: torch.Generator
    ) -> Generator[int, None, None]:
        """Fill ``codes`` (K, F) and yield after each step how many frames are complete."""
        from transformers import DynamicCache, EncoderDecoderCache

        count, frames = codes.shape
        pad = int(self._model.config.decoder.pad_token_id)
        guidance = float(self._spec.settings["guidance_scale"])
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        column = torch.full((count, 1), pad)  # what each codebook wrote at the step before
        for step in range(frames + count - 1):
            output = self._model.decoder(
                input_ids=column.repeat(2, 1).to(states.device), encoder_hidden_states=states, encoder_attention_mask=mask,
                past_key_values=cache, use_cache=True,
            )  # fmt: skip
            logits = output.logits[:, -1].float().cpu()  # (2K, V)
            conditional, unconditional = logits[:count], logits[count:]
            drawn = pick(
                unconditional + guidance * (conditional - unconditional),
                temperature,
                self._spec.settings["top_k"],
                generator,
            )
            column = torch.full((count, 1), pad)
            for k in range(count):
                if 0 <= step - k < frames:
                    codes[k, step - k] = drawn[k]
                    column[k] = drawn[k]
            yield max(0, step - count + 2)

    def _sound(self, codes: Tensor) -> Generator[None, None, Music]:
        codec = self._model.audio_encoder

        def decode() -> Tensor:
            values: Tensor = codec.decode(codes[None, None].to(runtime.device()), [None]).audio_values
            return values

        values = yield from interruptible.call(codec, decode)
        samples = values[0, 0].float().cpu().numpy().astype(np.float32)
        peak = float(np.abs(samples).max(initial=0.0))
        audio = Audio(samples=samples / peak if peak > 1 else samples, sample_rate=self._sample_rate)
        return Music(audio=audio, midi=b"", piano_roll=mel.picture(audio))


def duration(request: ComposeRequest) -> float:
    """Seconds that the bars last in four-four time."""
    return request.bars * 4 * 60 / request.tempo


def pick(logits: Tensor, temperature: float, top_k: int, generator: torch.Generator) -> Tensor:
    """One code per codebook from (K, V) logits; the likeliest at temperature 0."""
    if temperature == 0:
        return logits.argmax(dim=-1)
    values, indices = logits.topk(min(top_k, logits.shape[-1]), dim=-1)
    chosen = torch.multinomial((values / temperature).softmax(dim=-1), 1, generator=generator)
    return indices.gather(-1, chosen)[:, 0]


def _beat(work: Generator[None, None, T], step: int, total: int) -> Generator[Progress, None, T]:
    """Run ``work`` to its value, yielding a progress event each time it yields."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            value: T = done.value
            return value
        finished = False
        try:
            yield Progress(step=step, total=total)
            finished = True
        finally:
            if not finished:
                with suppress(RuntimeError):
                    work.close()
