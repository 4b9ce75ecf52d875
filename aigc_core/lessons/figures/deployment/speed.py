"""What makes our models faster on this machine, measured now: seconds of one item, and the ratio to the plain way."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from aigc_core import checkpoint, runtime
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.figures.sound import walk
from aigc_core.lessons.figures.text import gpt
from aigc_core.lessons.words import Words
from aigc_core.models.gan import sphere
from aigc_core.models.llama import Llama, LlamaConfig
from aigc_core.weights import CHECKPOINTS

BUDGET_S = 0.3
"""Time to measure each way: the fastest run that fits in, or the first."""
NEW_TOKENS = 12
BATCH = 8


class Way(NamedTuple):
    """A way to do the same work."""

    words: Words
    run: Callable[[], object]
    items: int = 1
    threads: int = 1


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """One way after another; ``values``: ``work`` (``text`` or ``faces``)."""
    ways = _text() if values["work"] == "text" else _faces()
    measured: list[tuple[Words, float]] = []
    for way in ways:
        measured.append((way.words, _seconds(way)))
        yield _frame(measured, len(ways))


@torch.inference_mode()
def _seconds(way: Way) -> float:
    """The fastest of several runs, of one item. The number of threads is torch's own again afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(way.threads)
    try:
        best, end = math.inf, time.perf_counter() + BUDGET_S
        while best == math.inf or time.perf_counter() < end:
            start = time.perf_counter()
            way.run()
            best = min(best, time.perf_counter() - start)
        return best / way.items
    finally:
        torch.set_num_threads(before)


# --- the work ---


def _text() -> list[Way]:
    """Write :data:`NEW_TOKENS` tokens, the likeliest each time."""
    return [
        Way(Words("plain: the whole text read again for every token", "原样：每个 token 都重读全文"), _reread),
        Way(Words(f"{BATCH} texts at once", f"一次写 {BATCH} 篇"), lambda: _reread(BATCH), items=BATCH),
        Way(Words("keys and values kept (KV cache), float16 weights", "保留键和值（KV 缓存），float16 权重"), _cached),
    ]  # fmt: skip


def _reread(batch: int = 1) -> Tensor:
    reader = gpt.english()
    ids = torch.tensor([reader.encode("Once upon a time there was")] * batch)
    for _ in range(NEW_TOKENS):
        ids = torch.cat([ids, reader.network(ids)[:, -1].argmax(-1, keepdim=True)], dim=1)
    return ids


@cache
def _llama() -> Llama:
    folder = CHECKPOINTS / "text-gpt-en"
    reader = gpt.english()
    config = LlamaConfig.from_json(checkpoint.load_config(folder, dict))
    return Llama(config, reader.network.state_dict(), torch.device("cpu"))


def _cached() -> list[int]:
    network = _llama()
    ids = gpt.english().encode("Once upon a time there was")
    cache_ = network.cache(len(ids) + NEW_TOKENS)
    logits = network(torch.tensor(ids), cache_)
    for _ in range(NEW_TOKENS):
        ids.append(int(logits.argmax()))
        logits = network(torch.tensor(ids[-1:]), cache_)
    return ids


def _faces() -> list[Way]:
    """Draw a face with the GAN of 64×64."""
    generator = walk.generator()
    z = sphere(runtime.noise(tuple(range(BATCH)), (generator.config.latent,)))
    one = z[:1]
    last = _channels_last()
    threads = runtime.threads()
    return [
        Way(Words("plain: one face, one thread", "原样：一张脸，单线程"), lambda: generator(one)),
        Way(Words("channels_last", "channels_last 内存布局"), lambda: last(one)),
        Way(Words(f"{threads} threads", f"{threads} 线程"), lambda: generator(one), threads=threads),
        Way(Words(f"{BATCH} faces at once", f"一次生成 {BATCH} 张"), lambda: generator(z), items=BATCH),
        Way(Words("all three", "三者合用"), lambda: last(z), items=BATCH, threads=threads),
    ]


@cache
def _channels_last() -> Any:
    return copy.deepcopy(walk.generator()).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _frame(measured: list[tuple[Words, float]], count: int) -> Frame:
    figure, axes = plot.canvas(height=0.8 + 0.45 * count)
    base = measured[0][1]
    for place, (_, seconds) in enumerate(measured):
        axes.barh(-place, 1000 * seconds, color=plot.COLOURS[place % len(plot.COLOURS)], height=0.7)
        axes.text(1000 * seconds, -place, f"  {1000 * seconds:.1f} ms  ×{base / seconds:.2f}", va="center", fontsize=9)
    axes.set(xlabel="ms", ylim=(-count + 0.5, 0.5), xlim=(0, 1350 * max(s for _, s in measured)))
    axes.set_yticks([-i for i in range(count)], labels=[str(i + 1) for i in range(count)])
    words, seconds = measured[-1]
    return Frame(
        svg=plot.svg(figure),
        caption=Words(
            f"{len(measured)}: {words.en}: {1000 * seconds:.1f} ms, {base / seconds:.2f} times as fast as 1. Measured just now on this machine.",
            f"{len(measured)}：{words.zh}：{1000 * seconds:.1f} 毫秒，速度是 1 的 {base / seconds:.2f} 倍。刚刚在本机测得。",
        ),
        legend=tuple(
            Mark(colour=plot.COLOURS[i % len(plot.COLOURS)], words=Words(f"{i + 1} {w.en}", f"{i + 1} {w.zh}"))
            for i, (w, _) in enumerate(measured)
        ),
        facts={f"ms_{i + 1}": 1000 * s for i, (_, s) in enumerate(measured)},
    )
