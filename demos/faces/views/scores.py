"""Measurements of the face models, from ``eval.json`` of their checkpoints: a table, and quality against diversity.

Written by ``python -m aigc_core.evaluation faces`` and ``… faces_curve``; nothing here computes a score.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from aigc_core import registry, weights
from aigc_core.errors import UnknownModelError
from demos.ui import models
from demos.ui.i18n import Text, bilingual, both, both_text

Row = Mapping[str, Any]
NAMES = {
    "real training faces": Text("Real faces (training)", "真实人脸（训练集）"),
    "real faces, blurred 1.5 px": Text("Real faces, blurred", "真实人脸（模糊）"),
}
COLUMNS = (
    ("kid-lite0", Text("KID×1000 ↓", "KID×1000 ↓")),
    ("kid-vgg16", Text("KID, VGG16 ↓", "KID（VGG16）↓")),
    ("precision", Text("Precision ↑", "精确率 ↑")),
    ("recall", Text("Recall ↑", "召回率 ↑")),
    ("coverage", Text("Coverage ↑", "覆盖率 ↑")),
    ("accepted", Text("Detector ↑", "检测通过率 ↑")),
    ("nearest_ratio", Text("Nearest ratio", "最近邻距离比")),
)
DEFAULTS = {"truncation": 1.0, "guidance_scale": 2.0}
"""The point of a curve that stands for a model whose table was not measured yet."""
COLOURS = ("c0", "c1", "c2", "c3")


def records() -> list[tuple[str, Mapping[str, Any]]]:
    """``eval.json`` of every face checkpoint, by folder name."""
    found = sorted(weights.CHECKPOINTS.glob("faces-*/eval.json"))
    return [(file.parent.name, json.loads(file.read_text("utf-8"))) for file in found]


def scores() -> dict[str, dict[str, Any]]:
    """Every model and reference set measured at its default setting, both feature spaces in one row."""
    merged: dict[str, dict[str, Any]] = {}
    for owner, record in records():
        for row in record.get("rows", ()):
            name = str(row.get("model", owner))
            if row.get("truncation", 1.0) == 1.0 and (name == owner or merged.get(name, {}).get("from") != name):
                kept = dict(row) if row.get("space") != "vgg16" else {"kid-vgg16": row.get("kid-vgg16")}
                merged.setdefault(name, {}).update({**kept, "from": owner})
        point = next((p for p in record.get("curve", ()) if p["value"] == DEFAULTS.get(p["setting"])), None)
        if owner not in merged and point is not None:
            merged[owner] = {**point, "from": owner}
    return merged


def title(name: str) -> str:
    """A model's title, or what a reference set is called; HTML."""
    if name in NAMES:
        return both_text(*NAMES[name])
    try:
        return html.escape(models.name_of(registry.find(name, "faces")))
    except UnknownModelError:
        return html.escape(name)


def table(rows: Mapping[str, Row]) -> str:
    """The scores side by side; a column that no row has is left out."""
    columns = [(key, name) for key, name in COLUMNS if any(row.get(key) is not None for row in rows.values())]
    head = "".join(f"<th>{both_text(*name)}</th>" for _, name in columns)
    body = ""
    for name, row in rows.items():
        cells = "".join(f"<td>{_cell(key, row)}</td>" for key, _ in columns)
        body += f'<tr><th scope="row">{title(name)}</th>{cells}</tr>'
    return f'<div class="wide"><table class="models scores"><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(key: str, row: Row) -> str:
    value = row.get(key)
    if value is None:
        return "–"
    if key.startswith("kid"):
        error = f" ± {row['error']:.1f}" if key == "kid-lite0" and "error" in row else ""
        return f"{value:.1f}{error}"
    return f"{value:.2f}"


def curves() -> dict[str, list[Row]]:
    """The measured curve of every checkpoint that has one, by row name."""
    return {name: list(record["curve"]) for name, record in records() if record.get("curve")}


def plot(found: Mapping[str, Sequence[Row]], reference: Row | None = None) -> str:
    """Precision over recall, one line a model, its setting written at every point; SVG that follows the theme."""
    width, height, left, bottom, top, right = 560, 400, 46, 44, 14, 16

    most = max(p["recall"] for points in (*found.values(), [reference] if reference else []) for p in points)
    ticks = (
        [i * 0.05 for i in range(math.ceil((most + 0.02) / 0.05) + 1)] if most < 0.4 else [i * 0.2 for i in range(6)]
    )

    def x(value: float) -> float:
        return left + value / ticks[-1] * (width - left - right)

    def y(value: float) -> float:
        return height - bottom - value * (height - bottom - top)

    grid = "".join(
        f'<line x1="{x(v):.1f}" x2="{x(v):.1f}" y1="{y(0)}" y2="{y(1)}"/><text x="{x(v):.1f}" y="{y(0) + 18}" text-anchor="middle">{v:.2g}</text>'
        for v in ticks
    ) + "".join(
        f'<line x1="{left}" x2="{width - right}" y1="{y(v):.1f}" y2="{y(v):.1f}"/><text x="{left - 8}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>'
        for v in (0, 0.2, 0.4, 0.6, 0.8, 1)
    )
    labelled: list[tuple[float, float]] = []
    drawn = ""
    for colour, points in zip(COLOURS, found.values(), strict=False):
        line = " ".join(f"{x(p['recall']):.1f},{y(p['precision']):.1f}" for p in points)
        drawn += f'<g class="{colour}"><polyline points="{line}"/>'
        for p in points:
            near = f'cx="{x(p["recall"]):.1f}" cy="{y(p["precision"]):.1f}"'
            kid = f", KID {p['kid-lite0']:.0f}" if p.get("kid-lite0") is not None else ""
            said = f"{p['setting']} {p['value']:g}: precision {p['precision']:.2f}, recall {p['recall']:.2f}{kid}"
            drawn += f'<circle r="4.5" {near}><title>{html.escape(said)}</title></circle>'
            at = x(p["recall"]) + 8, y(p["precision"]) - 7
            if all(abs(at[0] - other[0]) > 28 or abs(at[1] - other[1]) > 13 for other in labelled):
                labelled.append(at)
                drawn += f'<text x="{at[0]:.1f}" y="{at[1]:.1f}">{p["value"]:g}</text>'
        drawn += "</g>"
    if reference is not None:
        rx, ry = x(reference["recall"]), y(reference["precision"])
        drawn += f'<g class="real"><path d="M{rx - 6:.1f} {ry:.1f}h12M{rx:.1f} {ry - 6:.1f}v12"/></g>'
    axes = (
        f'<text class="axis" x="{x(ticks[-1] / 2):.1f}" y="{height - 6}" text-anchor="middle">{bilingual("recall", "召回率")} →</text>'
        f'<text class="axis" transform="translate(13 {y(0.5):.1f}) rotate(-90)" text-anchor="middle">{bilingual("precision", "精确率")} →</text>'
    )
    return f'<svg class="pr" viewBox="0 0 {width} {height}" role="img" aria-label="{bilingual("precision and recall", "精确率与召回率")}"><g class="grid">{grid}</g>{axes}{drawn}</svg>{_legend(found, reference)}'


def _legend(found: Mapping[str, Sequence[Row]], reference: Row | None) -> str:
    settings = {"truncation": Text("truncation ψ", "截断 ψ"), "guidance_scale": Text("guidance scale", "引导强度")}
    items = "".join(
        f'<span class="{colour}"><i></i>{title(name)}: {both_text(*settings.get(points[0]["setting"], Text(points[0]["setting"], points[0]["setting"])))}</span>'
        for colour, (name, points) in zip(COLOURS, found.items(), strict=False)
    )
    real = f'<span class="real"><b>+</b> {both("real training faces", "真实训练人脸")}</span>' if reference else ""
    return f'<div class="pr-legend">{items}{real}</div>'
