"""Seconds a picture: our style network against the package's 26-style network.

    python -m benchmarks.style [--checkpoint FOLDER] [--side 512] [--rounds 5] [--threads 2]

The contestants take turns in one process, on the same picture, and the best round counts; without a checkpoint ours has random
weights, which cost the same. Bar: ours no slower.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from aigc_core import checkpoint, registry, runtime, weights
from aigc_core.models.style_net import StyleConfig, StyleNet

THEIRS = "style-multi-26"
STYLES = 16


def ours(folder: Path | None, side: int) -> Callable[[], object]:
    """A call that paints one picture."""
    if folder is None:
        model = StyleNet(StyleConfig(styles=tuple(map(str, range(STYLES))))).train(False)
    else:
        model = checkpoint.load(folder, StyleNet(checkpoint.load_config(folder, StyleConfig)))
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.rand(1, 3, side, side).contiguous(memory_format=torch.channels_last) * 2 - 1
    chosen = torch.full((1, len(model.config.styles)), 1 / len(model.config.styles))
    return lambda: model(x, chosen)


def theirs(side: int) -> Callable[[], object]:
    """The same through ONNX Runtime."""
    spec = registry.find(THEIRS)
    fetching = weights.ensure(spec.source)
    while True:
        try:
            next(fetching)
        except StopIteration as done:
            session = runtime.onnx_session(str(done.value[0] / spec.settings["network"]))
            break
    chosen = np.zeros(len(spec.settings["styles"]), np.float32)
    chosen[0] = 1
    feeds = {"image": np.random.default_rng(0).random((1, 3, side, side), np.float32), "style_weights": chosen}
    return lambda: session.run(None, feeds)


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=runtime.threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f"{args.threads} threads for ours, {runtime.threads()} for ONNX Runtime; {args.side}×{args.side} pixels")
    runs = {THEIRS: theirs(args.side), "ours": ours(args.checkpoint, args.side)}
    best = dict.fromkeys(runs, float("inf"))
    for round_ in range(args.rounds + 1):  # the first warms up
        for who, run in runs.items():
            began = time.perf_counter()
            run()
            best[who] = min(best[who], time.perf_counter() - began) if round_ else best[who]
    for who, seconds in best.items():
        print(f"{who:<16} {seconds:6.3f} s   {best[THEIRS] / seconds:4.2f}×")


if __name__ == "__main__":
    main()
