"""Train the acoustic model: ``python -m aigc_core.training.speech_acoustic --data speech_en_kokoro.zip speech_zh_kokoro.zip``.

Both languages, a sentence at a time, with the teacher's durations, pitch and energy (:mod:`aigc_core.models.fastspeech`). The log's
``val_…`` are the same losses on held-out sentences. The same command goes on with an interrupted run. At a constant rate it has no
natural end; ``--branch RUN --cooldown 300 --steps N`` makes a finished model of any state in a folder of its own.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from aigc_core import checkpoint, terminal
from aigc_core.models import fastspeech
from aigc_core.models.fastspeech import FastSpeech, FastSpeechConfig, Losses
from aigc_core.tokenizers import phoneme_tokens
from aigc_core.training import command, images, speech, state
from aigc_core.training.averaging import update_ema
from aigc_core.training.speech import Corpus, Sentences
from aigc_core.types import Events, Progress, Result

WEIGHTS = Losses(mel=1.0, duration=0.5, pitch=0.2, voiced=0.2, energy=0.2)  # type: ignore[arg-type]
"""Weights of the loss terms."""
JUDGED = 24
"""Held-out sentences that the log judges by."""


@dataclass(frozen=True, kw_only=True)
class Config(speech.Config):
    width: int = FastSpeechConfig.width
    decoder_blocks: int = FastSpeechConfig.decoder_blocks


def train(config: Config) -> Events:
    """Yield ``Progress`` after every step, then the averaged network.

    Raises:
        FloatingPointError: a loss is not finite; names the step.
    """
    corpus, held = Corpus(config.data, config.cache, "train"), Corpus(config.data, config.cache, "val")
    with images.seeded(config.seed, 0, "cpu"):
        model = FastSpeech(
            FastSpeechConfig(
                vocabulary=phoneme_tokens.VOCABULARY, width=config.width, decoder_blocks=config.decoder_blocks
            )
        )
    average = copy.deepcopy(model).train(False).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        model.parameters(), config.lr, betas=(0.9, 0.98), weight_decay=config.weight_decay, fused=True
    )
    modules = {"model": model, "average": average}
    step, seconds = state.resume(config.begun, modules, {"optimizer": optimizer})
    journal = speech.journal_of(config, Losses._fields, seconds)

    while step < journal.total:
        terms = losses_of(model, corpus.draw(np.random.default_rng((config.seed, step)), config.batch), config.bfloat16)
        loss = torch.stack([weight * term for weight, term in zip(WEIGHTS, terms, strict=True)]).sum()
        for group in optimizer.param_groups:
            group["lr"] = config.rate(step)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()

        step += 1
        update_ema(average, model, config.decay(step))
        due = journal.due(step, torch.stack([term.detach() for term in terms]))
        if due:
            state.save(config.out, modules, {"optimizer": optimizer}, {"step": step, "seconds": journal.seconds})
            checkpoint.save(config.out / "model", average, average.config)
            journal.write(step, judged(average, held))
        yield Progress(step=step, total=journal.total)
        if due and journal.out_of_time:
            break
    yield Result(output=average, info=journal.info(step))


def losses_of(model: FastSpeech, sentences: Sentences, bfloat16: bool = False) -> Losses:
    """The terms of the loss on a batch."""
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        return fastspeech.losses(
            model, sentences.ids, sentences.language, sentences.durations, sentences.prosody, sentences.mel
        )


@torch.no_grad()
def judged(model: FastSpeech, held: Corpus, batch: int = 8) -> dict[str, float]:
    """Mean losses on held-out sentences spread over the split, those of similar length together."""
    numbers = np.linspace(0, len(held.sentences) - 1, min(JUDGED, len(held.sentences))).astype(int).tolist()
    numbers.sort(key=lambda i: len(held.sentences[i].f0))
    parts = [torch.stack(losses_of(model, held.batch(numbers[i : i + batch]))) for i in range(0, len(numbers), batch)]
    means = torch.stack(parts).mean(0).tolist()
    return {f"val_{name}": value for name, value in zip(Losses._fields, means, strict=True)}


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aigc_core.training.speech_acoustic", description=__doc__)
    command.add_fields(parser, Config, int, "width", "decoder_blocks")
    speech.train_as_asked(parser, argv, Config, train, out="runs/speech-acoustic")


if __name__ == "__main__":
    sys.exit(terminal.guarded(main))
