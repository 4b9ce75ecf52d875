"""The face models that stand side by side, before a run and in the run that the view opens with."""

from __future__ import annotations

from dataclasses import replace

from aigc_core import registry
from aigc_core.types import ModelSpec
from demos.faces import kept as faces_kept
from demos.faces.columns import Column
from demos.faces.views import scores as faces_scores
from demos.ui.contact_sheet import address

FAMILIES = ("faces-vae-64", "faces-gan-128", "faces-diffusion-128", "faces-fastgan-64", "faces-dcgan-64")
OURS = FAMILIES[:3]


def families() -> list[ModelSpec]:
    """The rows to compare, as far as they are there."""
    known = {spec.name: spec for spec in registry.list_models("faces")}
    return [known[name] for name in FAMILIES if name in known]


def waiting() -> list[Column]:
    """All columns before their turn, with what is known of each."""
    measured = faces_scores.scores()
    return [Column(spec=spec, scores=measured.get(spec.name, {})) for spec in families()]


def opening() -> list[Column]:
    """The kept run, as far as its models are still there; else all columns before their turn."""
    kept, columns = faces_kept.record("same_seed"), waiting()
    if kept is None:
        return columns
    seeds, made = tuple(kept["seeds"]), kept["columns"]
    pictures = faces_kept.read("seeds", len(made), len(seeds))
    known = {facts["model"]: (facts, row) for facts, row in zip(made, pictures, strict=True)}
    for at, column in enumerate(columns):
        if column.spec.name in known:
            facts, row = known[column.spec.name]
            columns[at] = replace(
                column,
                state="done",
                pictures=tuple(map(address, row)),
                seeds=seeds,
                seconds=facts["seconds"],
                steps=facts["steps"],
            )
    return columns
