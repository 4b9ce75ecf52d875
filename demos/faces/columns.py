"""The table of *Same seed, different models* as HTML: a column per model, a row per seed, then the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aigc_core import weights
from aigc_core.types import ModelSpec
from demos.ui import models
from demos.ui.i18n import Text, both, both_text

FACTS: tuple[tuple[str, Text], ...] = (
    ("seconds", Text("Time a face", "每张用时")),
    ("steps", Text("Steps", "步数")),
    ("parameters", Text("Parameters", "参数量")),
    ("kid-lite0", Text("KID×1000 ↓", "KID×1000 ↓")),
    ("precision", Text("Precision ↑", "精确率 ↑")),
    ("recall", Text("Recall ↑", "召回率 ↑")),
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One model of the comparison."""

    spec: ModelSpec
    scores: Mapping[str, Any] = field(default_factory=dict)
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    pictures: tuple[str, ...] = ()
    """Addresses, encoded once."""
    seeds: tuple[int, ...] = ()
    seconds: float | None = None
    """A face, on this machine, without loading."""
    steps: int | None = None
    message: Text | None = None

    def to_json(self) -> dict[str, Any]:
        """Everything but the pictures."""
        return {
            "model": self.spec.name,
            "parameters": self.spec.parameters,
            "seconds": self.seconds,
            "steps": self.steps,
            "seeds": list(self.seeds),
            "scores": {k: v for k, v in self.scores.items() if k != "from"},
        }


def html(columns: Sequence[Column]) -> str:
    """All columns; rows of pictures as long as the longest one."""
    seeds = max((column.seeds for column in columns), key=len, default=())
    names = '<div class="ss-l"></div>' + "".join(
        f'<div class="ss-n"><b>{_name(c.spec)}</b>{_state(c)}</div>' for c in columns
    )
    pictures = "".join(
        f'<div class="ss-l">{both("seed", "种子")} {seed}</div>' + "".join(_face(column, i) for column in columns)
        for i, seed in enumerate(seeds)
    )
    facts = "".join(
        f'<div class="ss-l">{both_text(*name)}</div>'
        + "".join(f'<div class="ss-f">{_fact(c, key)}</div>' for c in columns)
        for key, name in FACTS
    )
    return f'<div class="ss" style="--n: {len(columns)}">{names}{pictures}{facts}</div>'


def _name(spec: ModelSpec) -> str:
    """The title, its size on a line of its own."""
    kinds, sizes = zip(*(title.partition(" · ")[::2] for title in spec.titles), strict=True)
    return f"{both_text(*kinds)}<small>{both_text(*sizes)}</small>" if sizes[0] else both_text(*kinds)


def _state(column: Column) -> str:
    if column.message is not None:
        return f'<span class="ss-bad">{both_text(*column.message)}</span>'
    now = weights.state(column.spec.source)
    fetch = f"↓ {now.size / 1e6:.0f} MB" if now.kind == "fetch" else ""
    words = {"waiting": fetch, "running": both("drawing…", "生成中…"), "done": "", "failed": ""}
    return f"<span>{words[column.state]}</span>"


def _face(column: Column, i: int) -> str:
    inside = f'<img alt="" src="{column.pictures[i]}">' if i < len(column.pictures) else ""
    return f'<div class="ss-p">{inside}</div>'


def _fact(column: Column, key: str) -> str:
    if key == "parameters":
        return models.count(column.spec.parameters) if column.spec.parameters else "–"
    if key == "seconds":
        return "–" if column.seconds is None else _time(column.seconds)
    if key == "steps":
        return "–" if column.steps is None else str(column.steps)
    value = column.scores.get(key)
    return "–" if value is None else f"{value:.0f}" if key.startswith("kid") else f"{value:.2f}"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
