"""Put measured figures into a face model's card: ``python -m scripts.face_card faces-gan-128 [--log runs/faces-gan/log.jsonl]``.

The tables between ``<!-- scores -->``, ``<!-- curve -->``, ``<!-- steps -->`` and ``<!-- log -->`` and their closing marks are made
anew, the last from the training's log, the others from the checkpoint's ``eval.json`` (``python -m aigc_core.evaluation faces``,
``faces_curve`` and ``faces_steps``). Nothing in them is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aigc_core import registry, weights
from aigc_core.types import Shipped

Row = Mapping[str, Any]
MOST_LINES = 16
"""Of the log's table."""
NOT_SHOWN = ("images_per_s", "kl")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def scores(rows: Sequence[Row], name: str) -> str:
    """One line a set, both spaces in it."""
    second = {row["model"]: row for row in rows if row["space"] == "vgg16" and row["truncation"] == 1}
    head = ["set", "kid-lite0", "precision", "recall", "density", "coverage", "diversity", "nearest ratio"]
    head += ["closer than 99 % of the held-out", "detector", "kid-vgg16", "precision, recall (vgg16)"]
    lines = []
    for row in rows:
        if row["space"] != "lite0" or row["truncation"] != 1:
            continue
        other = second.get(row["model"])
        shown = f"**{row['model']}**" if row["model"] == name else str(row["model"])
        line = [shown, f"{row['kid-lite0']:.1f} ± {row['error']:.1f}"]
        line += [f"{row[key]:.2f}" for key in ("precision", "recall", "density", "coverage", "diversity")]
        line += [f"{row['nearest_ratio']:.2f}", f"{row['suspicious']:.1%}", f"{row['accepted']:.1%}"]
        line += [f"{other['kid-vgg16']:.1f}", f"{other['precision']:.2f}, {other['recall']:.2f}"] if other else ["", ""]
        lines.append(line)
    return table(head, lines)


def curve(points: Sequence[Row]) -> str:
    """One line a setting."""
    head = [str(points[0]["setting"]), "kid-lite0", "precision", "recall", "faces"]
    return table(
        head,
        [
            [
                f"{p['value']:g}",
                f"{p['kid-lite0']:.1f} ± {p['error']:.1f}",
                f"{p['precision']:.2f}",
                f"{p['recall']:.2f}",
                str(p["pictures"]),
            ]
            for p in points
        ],
    )


def steps(rows: Sequence[Row], denoising: Row) -> str:
    """One line a number of steps, then the losses."""
    lines = [
        [
            str(row["steps"]),
            f"closed form down to σ = {row['teleport']:g}" if row["teleport"] else "from σ = 80, ρ = 7",
            f"{row['kid-lite0']:.1f} ± {row['error']:.1f}",
            f"{row['precision']:.2f}",
            f"{row['recall']:.2f}",
        ]
        for row in rows
    ]
    told = " · ".join(f"{key.replace('_', ', ')} {denoising[key]:.3f}" for key in denoising if key != "faces")
    return f"{table(['steps', 'way', 'kid-lite0', 'precision', 'recall'], lines)}\n\nDenoising loss: {told}."


def log(lines: Sequence[Row]) -> str:
    """Every so many lines of a run, and its last."""
    every = -(-len(lines) // MOST_LINES)
    kept = [line for i, line in enumerate(lines) if (len(lines) - 1 - i) % every == 0]
    keys = [key for key in kept[-1] if key not in NOT_SHOWN]
    return table(keys, [[f"{line[key]:g}" for key in keys] for line in kept])


def joined(files: Sequence[Path]) -> list[Row]:
    """The lines of runs that went on from each other; pictures and seconds count on."""
    lines: list[dict[str, Any]] = []
    for file in files:
        before = lines[-1] if lines else {}
        for text in file.read_text("utf-8").splitlines():
            line = json.loads(text)
            for key in ("kimg", "seconds"):
                line[key] = round(line[key] + before.get(key, 0), 2)
            lines.append(line)
    return lines


def put(text: str, mark: str, made: str) -> str:
    """``text`` with what stands between the marks replaced.

    Raises:
        ValueError: the card has no such marks.
    """
    pattern = rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)"
    if not re.search(pattern, text, re.DOTALL):
        raise ValueError(f"the card has no <!-- {mark} --> … <!-- /{mark} -->")
    return re.sub(pattern, lambda found: f"{found[1]}{made}\n{found[2]}", text, flags=re.DOTALL)


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m scripts.face_card", description=__doc__)
    parser.add_argument("model", help="registry name of one of our face models")
    parser.add_argument("--log", type=Path, nargs="+", help="log.jsonl of its training; several that went on in turn")
    args = parser.parse_args(argv)
    source = registry.find(args.model, "faces").source
    if not isinstance(source, Shipped):
        parser.error(f"{args.model} has no card here")
    folder = weights.CHECKPOINTS / source.folder
    known = json.loads((folder / "eval.json").read_text("utf-8"))
    card = (folder / "README.md").read_text("utf-8")
    card = put(card, "scores", scores(known["rows"], args.model))
    if known.get("curve"):
        card = put(card, "curve", curve(known["curve"]))
    if known.get("steps"):
        card = put(card, "steps", steps(known["steps"], known["denoising"]))
    if args.log is not None:
        card = put(card, "log", log(joined(args.log)))
    (folder / "README.md").write_text(card, "utf-8")


if __name__ == "__main__":
    main()
