"""Encoder-decoder summarizers through transformers: BART, T5, mT5, Pegasus.

The encoder reads a passage once; the decoder writes a token at a time, attending to all of the encoder's states. Beam
search is our own (:mod:`aigc_core.sampling.text.beam`), so that every token is an event and Stop works between two of them;
what it needs to know (beams, length penalty, forced tokens) is in the model's ``generation_config.json``. Longer texts go
through :mod:`aigc_core.pipelines.text.map_reduce`.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aigc_core import runtime
from aigc_core.errors import CheckpointError
from aigc_core.nlp.grounding import Source
from aigc_core.pipelines import interruptible
from aigc_core.pipelines.text.map_reduce import Plan, summarize
from aigc_core.pipelines.text.prompts import PlainText
from aigc_core.sampling.text.beam import BeamConfig, beam_search
from aigc_core.tasks.summarize import SummarizeRequest
from aigc_core.types import Events, ModelSpec, Result

TOKENS_PER_SENTENCE = 40
DEFAULT_BEAMS = 4
DEFAULT_WINDOW = 512


class Seq2SeqSummary:
    """One loaded model.

    Settings of the row: ``prefix`` (put before every passage), ``window`` (tokens read at once), ``num_beams``.
    """

    def __init__(self, spec: ModelSpec, folders: list[Path]) -> None:
        runtime.torchaudio()  # transformers imports it, and beside a CPU torch it needs our stub
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        folder = folders[0]
        try:
            with runtime.quiet_transformers():
                self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
                model = AutoModelForSeq2SeqLM.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
                )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
            raise CheckpointError(
                f"{spec.name} could not be loaded from {folder.name}: {reason}",
                f"无法从 {folder.name} 加载 {spec.name}：{reason}",
            ) from error
        self._plain = PlainText(self._tokenizer)
        self._model = model.to(runtime.device())
        self._model.train(False)
        self._prefix = str(spec.settings.get("prefix", ""))
        self._beams = spec.settings.get("num_beams")
        self._window = int(spec.settings.get("window", 0)) or self._positions()

    def _positions(self) -> int:
        """Tokens the encoder was made for."""
        config = self._model.config
        for name in ("max_position_embeddings", "n_positions"):
            if value := getattr(config, name, None):
                return int(value)
        return min(int(self._tokenizer.model_max_length), DEFAULT_WINDOW)

    def stream(self, request: SummarizeRequest) -> Events:
        """Yield after each token, with the leading hypothesis grounded in the source."""
        source = Source(request.text)
        spare = self._cost("") + self._cost(self._prefix) + 2
        plan = Plan(cost=self._cost, window=max(16, self._window - spare))
        summary, info = yield from summarize(source, request, plan, self._write)
        yield Result(output=summary, info={**info, "window_tokens": self._window})

    def _cost(self, text: str) -> int:
        return len(self._plain.ids(text))

    @torch.inference_mode()
    def _write(self, passage: str, sentences: int) -> Generator[str, None, str]:
        read = self._plain.ids(self._prefix + passage.strip(), framed=True, limit=self._window)
        ids = torch.tensor([read], device=self._model.device)  # (1, T)
        mask = torch.ones_like(ids)
        encoder = self._model.get_encoder()
        reading = interruptible.call(encoder, lambda: encoder(input_ids=ids, attention_mask=mask).last_hidden_state)
        try:
            while True:
                next(reading)
                yield ""
        except StopIteration as end:
            states: Tensor = end.value  # (1, T, D)
        finally:
            reading.close()
        config = self._search(sentences)
        search = beam_search(_Decoder(self._model, states, mask, config.num_beams), config)
        while True:
            try:
                yield self._decode(next(search))
            except StopIteration as end:
                return self._decode(end.value)

    def _decode(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def _search(self, sentences: int) -> BeamConfig:
        """The model's own way of generating, with a length that suits ``sentences``."""
        given = self._model.generation_config
        limit = min(TOKENS_PER_SENTENCE * sentences, given.max_length if (given.max_length or 0) > 20 else 10_000)
        ends = given.eos_token_id
        return BeamConfig(
            num_beams=int(self._beams or (given.num_beams if (given.num_beams or 1) > 1 else DEFAULT_BEAMS)),
            max_new_tokens=limit,
            min_new_tokens=min(given.min_length or 0, limit // 2),
            length_penalty=float(1.0 if given.length_penalty is None else given.length_penalty),
            no_repeat_ngram_size=int(given.no_repeat_ngram_size or 3),
            start_token=int(self._model.config.decoder_start_token_id),
            end_tokens=tuple(ends) if isinstance(ends, list) else (int(ends),),
            first_token=given.forced_bos_token_id,
            last_token=given.forced_eos_token_id,
        )


class _Decoder:
    """Logits of the next token for all hypotheses, with their keys and values kept."""

    def __init__(self, model: Any, states: Tensor, mask: Tensor, beams: int) -> None:
        from transformers.modeling_outputs import BaseModelOutput

        self._model = model
        self._states = BaseModelOutput(last_hidden_state=states.expand(beams, -1, -1))  # (B, T, D)
        self._mask = mask.expand(beams, -1)
        self._cache: Any = None

    def __call__(self, tokens: Tensor, order: Tensor) -> Tensor:
        """(B,), (B,) -> (B, V)."""
        device = self._model.device
        if self._cache is not None:
            self._cache.self_attention_cache.reorder_cache(order.to(device))  # cross-attention is the same for all
        out = self._model(
            encoder_outputs=self._states,
            attention_mask=self._mask,
            decoder_input_ids=tokens[:, None].to(device),
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = out.past_key_values
        logits: Tensor = out.logits[:, -1]
        return logits
