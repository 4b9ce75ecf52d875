"""Train the vocoder: ``python -m aigc_core.training.speech_vocoder --data speech_en_kokoro.zip speech_zh_kokoro.zip``.

Stretches of sound are made anew from their own spectra and the teacher's pitch (:mod:`aigc_core.models.source_filter_vocoder`);
``val_…`` are the same losses on held-out sentences. The same command goes on with an interrupted run; a run is finished as in
:mod:`aigc_core.training.speech_acoustic`.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aigc_core import checkpoint, terminal
from aigc_core.models import source_filter_vocoder
from aigc_core.models.features.log_mel import log_mel
from aigc_core.models.source_filter_vocoder import SourceFilterVocoder, VocoderConfig
from aigc_core.training import command, images, speech, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.speech import Corpus, Segments
from aigc_core.types import Events, Progress, Result

TERMS = ("convergence", "logarithm", "mel")
JUDGED = 32
"""Held-out stretches that the log judges by."""


@dataclass(frozen=True, kw_only=True)
class Config(speech.Config):
    frames: int = 64
    """Length of a training stretch, 12.5 ms a frame."""
    mel: float = 1.0
    """Weight of the log-mel spectra's mean absolute error."""
    width: int = VocoderConfig.width
    blocks: int = VocoderConfig.blocks


def train(config: Config) -> Events:
    """Yield ``Progress`` after every step, then the averaged network.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    corpus, held = Corpus(config.data, config.cache, "train"), Corpus(config.data, config.cache, "val")
    with images.seeded(config.seed, 0, "cpu"):
        model = SourceFilterVocoder(VocoderConfig(width=config.width, blocks=config.blocks))
    average = copy.deepcopy(model).train(False).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        model.parameters(), config.lr, betas=(0.9, 0.98), weight_decay=config.weight_decay, fused=True
    )
    modules = {"model": model, "average": average}
    step, seconds = state.resume(config.begun, modules, {"optimizer": optimizer})
    journal = speech.journal_of(config, TERMS, seconds)

    while step < journal.total:
        drawn = corpus.segments(np.random.default_rng((config.seed, step)), config.batch, config.frames)
        terms = losses_of(model, drawn, images.step_rng(config.seed, step, "cpu"), config.bfloat16)
        loss = terms[0] + terms[1] + config.mel * terms[2]
        for group in optimizer.param_groups:
            group["lr"] = config.rate(step)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()

        step += 1
        update_ema(average, model, config.decay(step))
        due = journal.due(step, terms.detach())
        if due:
            state.save(config.out, modules, {"optimizer": optimizer}, {"step": step, "seconds": journal.seconds})
            checkpoint.save(config.out / "model", average, average.config)
            journal.write(step, judged(average, held, config.frames))
        yield Progress(step=step, total=journal.total)
        if due and journal.out_of_time:
            break
    yield Result(output=average, info=journal.info(step))


def losses_of(model: SourceFilterVocoder, drawn: Segments, rng: torch.Generator, bfloat16: bool = False) -> Tensor:
    """Spectral convergence, log magnitudes, log-mel spectra: the :data:`TERMS`, (3,)."""
    noise = torch.randn(drawn.samples.shape, generator=rng)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        made = model(drawn.mel, drawn.f0, noise)
    convergence, logarithm = source_filter_vocoder.spectral_loss(made, drawn.samples)
    return torch.stack([convergence, logarithm, (log_mel(made) - log_mel(drawn.samples)).abs().mean()])


@torch.no_grad()
def judged(model: SourceFilterVocoder, held: Corpus, frames: int) -> dict[str, float]:
    """Losses on held-out stretches, the same ones every time."""
    drawn = held.segments(np.random.default_rng(0), JUDGED, frames)
    terms = losses_of(model, drawn, images.step_rng(0, 0, "cpu"))
    return {f"val_{name}": value for name, value in zip(TERMS, terms.tolist(), strict=True)}


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.speech_vocoder", description=__doc__)
    command.add_fields(parser, Config, int, "frames", "width", "blocks")
    command.add_fields(parser, Config, float, "mel")
    speech.train_as_asked(parser, argv, Config, train, out="runs/speech-vocoder")


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
