"""Measure ways to do the same work, and print each as a line of JSON: its ``en`` and ``zh`` words, ``seconds`` of one item, how many ``ways`` there are.

::

    python -m aigc_core.lessons.figures.deployment.measure text
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.lessons.figures.sound import walk
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words
from aigc_core.models.gan import Generator, sphere
from aigc_core.models.llama import Llama, LlamaConfig
from aigc_core.weights import CHECKPOINTS

BUDGET_S = 0.3
"""Time to measure each way: the fastest run that fits in, or the first after one that is not counted."""
NEW_TOKENS = 12
BATCH = 8


class Way(NamedTuple):
    """A way to do the same work."""

    words: Words
    run: Callable[[], object]
    items: int = 1
    threads: int = 1


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", choices=WORK)
    ways = WORK[parser.parse_args(argv).work]()
    for way in ways:
        line = {"en": way.words.en, "zh": way.words.zh, "seconds": seconds(way), "ways": len(ways)}
        print(json.dumps(line), flush=True)


@torch.inference_mode()
def seconds(way: Way) -> float:
    """The fastest of several runs, of one item."""
    torch.set_num_threads(way.threads)
    way.run()  # loads what it needs
    best, end = math.inf, time.perf_counter() + BUDGET_S
    while best == math.inf or time.perf_counter() < end:
        start = time.perf_counter()
        way.run()
        best = min(best, time.perf_counter() - start)
    return best / way.items


def text() -> list[Way]:
    """Write :data:`NEW_TOKENS` tokens, the likeliest each time."""
    return [
        Way(Words("plain: the whole text read again for every token", "原样：每个 token 都重读全文"), reread),
        Way(Words(f"{BATCH} texts at once", f"一次写 {BATCH} 篇"), lambda: reread(BATCH), items=BATCH),
        Way(Words("keys and values kept (KV cache), float16 weights", "保留键和值（KV 缓存），float16 权重"), cached),
    ]


def reread(batch: int = 1) -> Tensor:
    reader = gpt.english()
    ids = torch.tensor([reader.encode("Once upon a time there was")] * batch)
    for _ in range(NEW_TOKENS):
        ids = torch.cat([ids, reader.network(ids)[:, -1].argmax(-1, keepdim=True)], dim=1)
    return ids


@cache
def llama() -> Llama:
    """The same weights with a cache for keys and values."""
    config = LlamaConfig.from_json(checkpoint.load_config(CHECKPOINTS / "text-gpt-en", dict))
    return Llama(config, gpt.english().network.state_dict(), torch.device("cpu"))


def cached() -> list[int]:
    network = llama()
    ids = gpt.english().encode("Once upon a time there was")
    kept = network.cache(len(ids) + NEW_TOKENS)
    logits = network(torch.tensor(ids), kept)
    for _ in range(NEW_TOKENS):
        ids.append(int(logits.argmax()))
        logits = network(torch.tensor(ids[-1:]), kept)
    return ids


def faces() -> list[Way]:
    """Draw a face with the GAN of 64×64."""
    generator = walk.generator()
    z = sphere(runtime.noise(tuple(range(BATCH)), (generator.config.latent,)))
    one = z[:1]
    last: Generator = copy.deepcopy(generator).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    threads = runtime.threads()
    return [
        Way(Words("plain: one face, one thread", "原样：一张脸，单线程"), lambda: generator(one)),
        Way(Words("channels_last", "channels_last 内存布局"), lambda: last(one)),
        Way(Words(f"{threads} threads", f"{threads} 线程"), lambda: generator(one), threads=threads),
        Way(Words(f"{BATCH} faces at once", f"一次生成 {BATCH} 张"), lambda: generator(z), items=BATCH),
        Way(Words("all three", "三者合用"), lambda: last(z), items=BATCH, threads=threads),
    ]


WORK: Mapping[str, Callable[[], list[Way]]] = {"text": text, "faces": faces}
"""The function that measures, by the value of the figure's control."""

if __name__ == "__main__":
    main()
