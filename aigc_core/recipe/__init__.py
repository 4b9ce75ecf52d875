"""Recipes: how an output was made, written into the output itself.

A recipe is plain JSON: task, model, weights, every parameter, inputs by hash, versions, date, and "AI-generated". Files
carry it as a PNG text chunk, WAV/FLAC comment, MIDI text event, MP4/GIF comment, or a ``recipe`` key in JSON (text).

    python -m aigc_core.recipe FILE                      print the recipe
    python -m aigc_core.recipe FILE --replay OUT         make the output again (same machine, versions and threads: same bytes)
           [--input image=PHOTO.jpg …]                   files the recipe names by hash only (the app's examples are found)
           [--anyway]                                    although settings or weights differ from the recipe's

A file comes from anybody: :mod:`aigc_core.recipe.reading` bounds what is read, and nobody may take a value of a recipe for a
path. :mod:`aigc_core.recipe.compare` names what a recipe asks for that would not be run.
"""

from __future__ import annotations

from aigc_core.recipe.compare import Difference, differences
from aigc_core.recipe.plain import known, plain
from aigc_core.recipe.reading import MAX_BYTES, Document, read, read_document, read_record
from aigc_core.recipe.record import (
    FIELDS,
    GENERATED,
    KEY,
    Recipe,
    dumps,
    make,
    picture_hash,
    to_request,
    versions,
)

__all__ = [
    "FIELDS", "GENERATED", "KEY", "MAX_BYTES", "Difference", "Document", "Recipe", "differences", "dumps", "known",
    "make", "picture_hash", "plain", "read", "read_document", "read_record", "to_request", "versions",
]  # fmt: skip
