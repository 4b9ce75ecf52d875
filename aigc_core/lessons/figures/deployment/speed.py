"""Ways to make our models faster on this machine, measured now: seconds of one item, and the ratio to the plain way.

The measuring has a process of its own: another number of threads holds for a whole process, and in the server's it would change
the last bits of what other visitors are given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import aigc_core
from aigc_core.errors import AigcError
from aigc_core.lessons import plot
from aigc_core.lessons.figure import Frame, Mark
from aigc_core.lessons.words import Words

MEASURE = "aigc_core.lessons.figures.deployment.measure"
"""The module that the other process runs."""


def frames(values: Mapping[str, Any], seed: int) -> Iterator[Frame]:
    """One way after another; ``values``: ``work`` (``text`` or ``faces``)."""
    measured: list[tuple[Words, float]] = []
    with closing(measurements(values["work"])) as lines:
        for line in lines:
            measured.append((Words(line["en"], line["zh"]), line["seconds"]))
            yield _frame(measured, line["ways"])


def measurements(work: str) -> Generator[Mapping[str, Any], None, None]:
    """Yield what :mod:`~aigc_core.lessons.figures.deployment.measure` prints, as it prints it; closing this ends its process.

    Raises:
        AigcError: the process failed; it has told why on standard error.
    """
    root = str(Path(aigc_core.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
    command = [sys.executable, "-m", MEASURE, work]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield from map(json.loads, process.stdout)
        except GeneratorExit:
            process.kill()
            raise
    if process.returncode != 0:
        raise AigcError("The measurement failed; the server's log says why.", "测量失败，原因见服务器日志。")


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
